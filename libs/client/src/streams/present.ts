import {
  type FeedEvent,
  type MarketEvent,
  type Place,
  type StreamEvent,
  type StreamName,
  type UnknownEvent,
  isMarketEvent,
} from '#libs/core';

/** What somebody is told who begins to listen to a stream that is served already. */
export interface Present {
  place: Place | null;
  feed?: FeedEvent;
  newest?: MarketEvent;
}

type KnownEvent = Exclude<MarketEvent, UnknownEvent>;

/** Whether the newest event of such a stream says all; PROTOCOL.md, section 1. */
const KEEPS_NEWEST: Record<KnownEvent['type'], boolean> = {
  trade: false,
  aggTrade: false,
  blockTrade: false,
  kline: true,
  miniTicker: true,
  ticker: true,
  rollingTicker: true,
  bookTicker: true,
  avgPrice: true,
  partialDepth: true,
  depth: false,
  referencePrice: true,
};

/** One more event has come. */
export function remember(present: Present, event: StreamEvent): void {
  if (event.type === 'feed') present.feed = event.state === 'gap' ? liveAfter(event) : stateOf(event);
  else if (isMarketEvent(event) && keepsNewest(event.type, event.stream)) present.newest = event;
}

/** The state as it stands at the present place, then the newest event. */
export const eventsOf = ({ place, feed, newest }: Present): StreamEvent[] => [
  ...(feed ? [{ ...feed, ...place }] : []),
  ...(newest ? [newest] : []),
];

/** Arrays come every second, in parts of which one alone says little. */
const keepsNewest = (type: MarketEvent['type'], stream: StreamName): boolean =>
  type !== 'unknown' && KEEPS_NEWEST[type] && !stream.startsWith('!');

/** What holds wherever the stream is by now: what a message follows is true of that message alone. */
function stateOf({ follows: _follows, ...state }: FeedEvent): FeedEvent {
  return state;
}

/** A gap is over as soon as it is told. */
const liveAfter = ({ stream, epoch, seq, since, by }: FeedEvent): FeedEvent => ({
  type: 'feed',
  stream,
  epoch,
  seq,
  state: 'live',
  since,
  cause: 'resumed',
  by,
});
