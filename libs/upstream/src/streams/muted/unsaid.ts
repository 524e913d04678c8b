import { type ParsedStream, isNewer } from '#libs/binance';
import type { BookEvent, MarketEvent, Place } from '#libs/core';

/** What somebody else has said of a stream, as far as it is known. */
export interface SaidSoFar {
  /** Of his newest message. */
  place: Place;
  /** The newest event of his that is known, of the stream's own type or a book, with its place; absent where he has said none. */
  event?: MarketEvent | BookEvent | undefined;
  /** Whether he may have said a newer one. */
  isEventLost?: boolean | undefined;
  /** His newest events that nobody has a word for, the oldest first, each as the text of its payload. */
  unknowns?: readonly string[] | undefined;
}

/** The text by which events are told from one another that nothing numbers. */
export const textOf = (event: MarketEvent): string | undefined =>
  event.type === 'unknown' ? JSON.stringify(event.raw) : undefined;

/** The event behind which a stream goes on; undefined where what is known does not order it. */
export function eventBehind({ type }: ParsedStream, { event }: SaidSoFar): MarketEvent | BookEvent | undefined {
  return event?.type === type || event?.type === 'book' ? event : undefined;
}

/** Whether there may be an event behind which the stream is to go on, and nobody knows it. */
export const isBehindUnknown = (stream: ParsedStream, said: SaidSoFar): boolean =>
  said.isEventLost === true || (said.event !== undefined && !eventBehind(stream, said));

/**
 * Where a newer event may have been said than is known, what is known of it: as far as that one. Who has heard more leaves out what is said
 * again, of all but arrays.
 */
export function surelySaid(stream: ParsedStream, said: SaidSoFar): SaidSoFar {
  const event = eventBehind(stream, said);
  if (!said.isEventLost || !event || stream.isArray) return said;
  return { event, place: { epoch: event.epoch, seq: event.seq }, unknowns: said.unknowns };
}

/** What of these, which we would have said in this order, he has not said. */
export function unsaidOf(stream: ParsedStream, events: readonly MarketEvent[], said: SaidSoFar): MarketEvent[] {
  const { newest } = lastUnknownOf(events, said.unknowns);
  const event = eventBehind(stream, said);
  const isUnsaid = !event
    ? () => true
    : stream.isArray
      ? behindElement(stream, events, event)
      : newerThan(stream, event);
  return events.filter((one, at) => (one.type === 'unknown' ? at > newest : isUnsaid(one, at)));
}

/** Those of his that nobody has a word for, and that are not among ours: they may still come on our own lines. */
export function unknownsAhead(events: readonly MarketEvent[], unknowns: readonly string[] = []): readonly string[] {
  return unknowns.slice(lastUnknownOf(events, unknowns).index + 1);
}

/** The newest of them that is among ours: which of them it is, and where it stands among ours. */
function lastUnknownOf(
  events: readonly MarketEvent[],
  unknowns: readonly string[] = [],
): { index: number; newest: number } {
  if (unknowns.length > 0) {
    const texts = events.map(textOf);
    for (let index = unknowns.length - 1; index >= 0; index -= 1) {
      const newest = texts.lastIndexOf(unknowns[index]);
      if (newest >= 0) return { index, newest };
    }
  }
  return { index: -1, newest: -1 };
}

type IsUnsaid = (event: MarketEvent, at: number) => boolean;

const newerThan =
  ({ known }: ParsedStream, before: MarketEvent | BookEvent): IsUnsaid =>
  (event) =>
    isNewer(known, event, before);

/**
 * Arrays come as they are, element by element, and no order tells whether an element that was not heard came before. Behind the one
 * that was said is what he had still to say of that very array; where none of ours has it, arrays that are newer altogether.
 */
function behindElement(stream: ParsedStream, events: readonly MarketEvent[], said: MarketEvent | BookEvent): IsUnsaid {
  const { ordering } = stream.known;
  if (ordering.rule !== 'rising' || said.type === 'book' || said.type === 'unknown') return () => true;
  const mark = ordering.mark(said);
  const isElement = (event: MarketEvent): boolean =>
    event.type !== 'unknown' && event.symbol === said.symbol && ordering.mark(event) === mark;
  const found = events.findLastIndex(isElement);
  const cut = found >= 0 ? found : lastOlder(events, (event) => ordering.mark(event), mark);
  return (_, at) => at > cut;
}

/** Where the last array ends of which nothing is newer than this. */
function lastOlder(events: readonly MarketEvent[], markOf: (event: MarketEvent) => number, mark: number): number {
  let cut = -1;
  let last = -1;
  let isOlder = true;
  for (const [at, event] of events.entries()) {
    if (event.type === 'unknown') continue;
    if (event.part?.[0] === 0) {
      if (isOlder) cut = last;
      isOlder = true;
    }
    isOlder &&= markOf(event) <= mark;
    last = at;
  }
  return isOlder ? last : cut;
}
