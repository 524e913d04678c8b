import { type FeedState, type Millis, millisOf } from '#libs/core';
import type { EdgeStream } from './streams/edge-stream.js';
import type { MarketStreams } from './streams/market-streams.js';
import { isDoubted } from './streams/table.js';

/** The streams that an edge serves, as operators see them. */
export const servedBy = ({ market, wanted }: MarketStreams): unknown[] =>
  wanted.streams.map((stream) => ({
    market: market.name,
    stream: stream.name,
    clients: stream.audience.size,
    ...stream.place,
    state: stateOf(stream),
    ...whyOf(stream),
    lagMs: lagOf(stream.last),
    ...(stream.book && { bookLevels: stream.book.size }),
  }));

const stateOf = ({ phase, feed }: EdgeStream): FeedState | 'not heard of yet' =>
  isDoubted(phase) ? 'stale' : (feed?.state ?? 'not heard of yet');

/** What clients are told of it: what this edge says where it hears nothing, else what the upstream does. */
function whyOf({ phase, feed, deafness }: EdgeStream): { cause: string | null; message: string | null } {
  const said = isDoubted(phase) ? deafness : feed;
  return { cause: said?.cause ?? null, message: said?.message ?? null };
}

/** How long after Binance sent it the newest event came to the upstream, by two machines' clocks; null where it does not say. */
function lagOf(text: string | undefined): Millis | null {
  const [eventAt, receivedAt] = ['eventAt', 'receivedAt'].map((name) => instantIn(text ?? '', name));
  return eventAt === undefined || receivedAt === undefined ? null : Math.round(receivedAt - eventAt);
}

function instantIn(text: string, name: string): Millis | undefined {
  const at = text.lastIndexOf(`"${name}":`);
  const value = at === -1 ? Number.NaN : Number.parseFloat(text.slice(at + name.length + 3, at + name.length + 23));
  return value > 0 ? millisOf(value) : undefined;
}
