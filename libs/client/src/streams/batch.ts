import type { ClientLimits, Place, StreamName } from '#libs/core';

/** A stream to be named in a command. */
export interface Nameable {
  readonly stream: StreamName;
  /** The place to say with it, if there is one. */
  readonly resumeFrom?: Place | undefined;
}

/** The text of the longest command around its names. */
const ENVELOPE = JSON.stringify({
  event: 'unsubscribe',
  data: {
    streams: [],
    since: {},
    last: Number.MAX_SAFE_INTEGER,
    delivery: 'latest',
    perSecond: Number.MAX_SAFE_INTEGER,
  },
  id: Number.MAX_SAFE_INTEGER,
});

const encoder = new TextEncoder();

/** What a value takes in the text of a list or an object, with the comma or colon behind it. */
const bytesOf = (value: unknown): number => encoder.encode(JSON.stringify(value)).length + 1;

/** Whether a name is too long for the gateway to read it in any command. */
export const isTooLong = (stream: StreamName, { messageBytes }: ClientLimits): boolean =>
  ENVELOPE.length + bytesOf(stream) > messageBytes;

/** As many of these as one command may name, each with its place; a place is left out where it alone would be too much. */
export function fitting<T extends Nameable>(
  wanted: readonly T[],
  { messageBytes, namesPerCommand }: ClientLimits,
): { streams: StreamName[]; since: Record<StreamName, Place>; taken: T[] } {
  const since = new Map<StreamName, Place>();
  const taken: T[] = [];
  let room = messageBytes - ENVELOPE.length;
  for (const one of wanted.slice(0, namesPerCommand)) {
    const { stream, resumeFrom } = one;
    const placeBytes = resumeFrom ? bytesOf(stream) + bytesOf(resumeFrom) : 0;
    const isAlone = taken.length === 0;
    room -= bytesOf(stream);
    if (room < 0 || (placeBytes > room && !isAlone)) break;
    taken.push(one);
    if (!resumeFrom || placeBytes > room) continue;
    room -= placeBytes;
    since.set(stream, resumeFrom);
  }
  return { streams: taken.map(({ stream }) => stream), since: Object.fromEntries(since), taken };
}
