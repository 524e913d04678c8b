import { type Market, normalizeFrame } from '#libs/binance';
import type { Clock, MarketEvent, Millis } from '#libs/core';
import type { Series } from '../streams/series.js';
import { keyOfStream } from './frame-key.js';
import type { Ring } from './ring.js';

/** Where kept frames come from, and how they are read. */
export interface Kept {
  ring: Ring;
  market: Market;
  clock: Clock;
  /** How far one line may be behind the other. */
  lagMs: Millis;
}

/**
 * Events of kept frames that a stream may lack, in their order, one list for each frame. Read from the newest backwards, and no further
 * than where the stream is: by its ids, or, where it has none, by the time at which it was last heard on any line.
 */
export function keptEvents({ name, reached, activity, continuity }: Series, kept: Kept, now: Millis): MarketEvent[][] {
  const found: MarketEvent[][] = [];
  // What came before a stream's first event was not missed.
  if (!continuity.wasLive || activity.heardAt === undefined) return found;
  const { ordering } = name.known;
  const since = activity.heardAt - kept.lagMs;
  for (const { bytes, at } of kept.ring.backwards(keyOfStream(name.name), now)) {
    const events = eventsOf(bytes, at, kept);
    const [event] = events;
    if (!event) continue;
    const isThere = ordering.rule === 'chain' ? reached !== undefined && ordering.last(event) <= reached : at < since;
    if (isThere) break;
    found.push(events);
  }
  return found.reverse();
}

/** A frame that is not the market's to the letter is left to those who can ask again. */
function eventsOf(bytes: Buffer, at: Millis, { market, clock }: Kept): MarketEvent[] {
  const decoded = market.decode(bytes);
  return decoded.ok && decoded.value.kind === 'market' ? normalizeFrame(decoded.value, clock.wallAt(at)) : [];
}
