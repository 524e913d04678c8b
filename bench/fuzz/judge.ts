import { Buffer } from 'node:buffer';
import { isDeepStrictEqual } from 'node:util';
import { type Frame, normalizeFrame, spot } from '#libs/binance';
import { encode } from '#libs/core';
import { exactly } from '../../test/support/exact-json.js';

/** A frame that should not be able to exist: what it did, and its bytes. */
export class Finding extends Error {
  constructor(message: string, bytes: Buffer) {
    super(`${message}\nbytes (hex): ${bytes.toString('hex')}\ntext: ${JSON.stringify(bytes.toString())}`);
    this.name = 'Finding';
  }
}

type Decoded = ReturnType<typeof spot.decode>;

/** Longer than this for a few thousand bytes is a hang in the making. */
const PATIENCE_MS = 250;

/**
 * Sends one input through decode, normalize, encode and back.
 *
 * @returns the kind of frame or the code of the problem, to be counted.
 * @throws Finding when something was thrown, took too long, or came back changed.
 */
export function judge(bytes: Buffer): string {
  const before = performance.now();
  let outcome: string;
  try {
    const decoded = spot.decode(bytes);
    outcome = decoded.ok ? decoded.value.kind : decoded.problem.code;
    if (decoded.ok) {
      checkReturn(decoded.value, bytes);
      checkWays(decoded, bytes);
    } else if (decoded.problem.at === undefined) throw new Finding('a problem without a place', bytes);
  } catch (error) {
    if (error instanceof Finding) throw error;
    throw new Finding(`threw ${String(error)}`, bytes);
  }
  if (performance.now() - before > PATIENCE_MS) checkSpeed(bytes);
  return outcome;
}

/** Once more, in CPU time: the clock on the wall also counts what other processes did meanwhile. */
function checkSpeed(bytes: Buffer): void {
  const before = process.cpuUsage();
  spot.decode(bytes);
  const { user, system } = process.cpuUsage(before);
  if ((user + system) / 1000 > PATIENCE_MS) throw new Finding(`took ${(user + system) / 1000} ms of CPU`, bytes);
}

const SPACE = Buffer.from(' ');

/** A space behind it means nothing in JSON, but no documented frame has one, so it is read the careful way: it must say the same. */
function checkWays(decoded: Decoded, bytes: Buffer): void {
  const careful = spot.decode(Buffer.concat([bytes, SPACE]));
  if (!isDeepStrictEqual(careful, decoded)) throw new Finding('read differently the careful way', bytes);
}

/** What passes must come back as it was, whatever it is. */
function checkReturn(frame: Frame, bytes: Buffer): void {
  if (frame.kind !== 'market' && frame.kind !== 'unknown') return;
  const events = normalizeFrame(frame, 1_700_000_000_000);
  for (const event of events) encode(event);
  const isArray = frame.kind === 'market' && frame.name.isArray;
  const back = JSON.stringify(isArray ? spot.rebuildArray(events) : events.map((event) => spot.rebuild(event))[0]);
  const sent: unknown = JSON.parse(bytes.toString());
  const isBare = typeof sent !== 'object' || sent === null || !('stream' in sent && 'data' in sent);
  const { stream } = frame;
  const whole = isBare ? back : `{"stream":${JSON.stringify(stream)},"data":${back}}`;
  const drifted = 'drift' in frame && frame.drift?.some(({ what }) => what === 'envelope');
  if (!drifted && exactly(whole) !== exactly(bytes.toString())) throw new Finding(`came back changed: ${back}`, bytes);
}
