import { beforeEach, describe, expect, it } from 'vitest';
import type { BookEvent, Depth, FeedEvent, Level } from '#libs/core';
import type { StreamListener } from '../streams/listeners.js';
import type { StreamState } from '../streams/states.js';
import { type DepthStream, OrderBook } from './order-book.js';

const HEAD = { stream: 'btcusdt@depth', epoch: 1, seq: 1, symbol: 'BTCUSDT', receivedAt: 5 } as const;

const bookOf = (lastUpdateId: number, bids: Level[], asks: Level[], reach: Partial<BookEvent> = {}): BookEvent => ({
  type: 'book',
  ...HEAD,
  lastUpdateId,
  bids,
  asks,
  ...reach,
});

const diff = (firstUpdateId: number, lastUpdateId: number, bids: Level[], asks: Level[] = []): Depth => ({
  type: 'depth',
  ...HEAD,
  firstUpdateId,
  lastUpdateId,
  bids,
  asks,
});

const GAP: FeedEvent = {
  type: 'feed',
  stream: HEAD.stream,
  epoch: 1,
  seq: 2,
  state: 'gap',
  since: 1,
  cause: 'bus-lost',
  by: 'edge',
};
const LIVE: StreamState = { state: 'live', since: 1, why: 'first-event', by: 'upstream' };

describe('the book of a stream of diffs', () => {
  let listener: StreamListener<DepthStream>;
  let state: StreamState | undefined;
  let tellState: (state: StreamState) => void;
  let left: number;
  let seen: string[];
  let book: OrderBook;

  beforeEach(() => {
    state = LIVE;
    left = 0;
    seen = [];
    const ports = {
      subscribe: (one: StreamListener<DepthStream>) => {
        listener = one;
        return () => (left += 1);
      },
      state: () => state,
      watchState: (tell: typeof tellState) => {
        tellState = tell;
        return () => (left += 1);
      },
    };
    book = new OrderBook(ports, { changed: ({ why, lastUpdateId }) => seen.push(`${lastUpdateId} ${why ?? 'live'}`) });
  });

  const start = (): void =>
    listener.book?.(
      bookOf(
        10,
        [
          ['9.50', '1'],
          ['9', '2'],
        ],
        [
          ['10.0', '3'],
          ['11', '4'],
        ],
      ),
    );

  it('keeps the texts of the exchange, sorted as numbers, best first', () => {
    start();
    listener.event?.(
      diff(
        11,
        12,
        [
          ['9.500', '5.10'],
          ['9.75', '0.00000001'],
          ['9', '0.000'],
        ],
        [['100', '6']],
      ),
    );
    expect(book.top(2)).toEqual({
      bids: [
        ['9.75', '0.00000001'],
        ['9.50', '5.10'],
      ],
      asks: [
        ['10.0', '3'],
        ['11', '4'],
      ],
      asksTo: '11',
    });
    expect(book.top().asks.map(([price]) => price)).toEqual(['10.0', '11', '100']);
    expect(book.lastUpdateId).toBe(12);
  });

  it('is live from its first book on, and drops diffs that are in it', () => {
    listener.event?.(diff(8, 9, [['1', '1']]));
    expect([book.isWhole, book.isLive, book.why, book.top(1)]).toEqual([
      false,
      false,
      'no-book',
      { bids: [], asks: [] },
    ]);
    start();
    listener.event?.(diff(9, 10, [['9.50', '7']]));
    listener.event?.(diff(10, 11, [['9.50', '8']]));
    expect(book.top(1).bids).toEqual([['9.50', '8']]);
    expect(seen).toEqual(['10 live', '11 live']);
  });

  it.each<[string, () => void]>([
    ['a gap is told', () => listener.feed?.(GAP)],
    ['a diff does not join', () => listener.event?.(diff(12, 13, [['9.50', '7']]))],
    ['something went by between two connections', () => listener.started?.({ place: null, hasMissed: true })],
  ])('is not whole from when %s until the next book', (_what, happens) => {
    start();
    happens();
    listener.event?.(diff(14, 15, [['9.50', '99']]));
    expect([book.isWhole, book.why, book.top(1).bids]).toEqual([false, 'hole', [['9.50', '1']]]);
    listener.book?.(bookOf(20, [['9.60', '1']], [['10.0', '1']]));
    listener.event?.(diff(21, 21, [['9.60', '2']]));
    expect([book.isWhole, book.why, book.top(1).bids]).toEqual([true, undefined, [['9.60', '2']]]);
    expect(seen).toEqual(['10 live', '10 hole', '20 live', '21 live']);
  });

  it('goes on where nothing was missed between two connections', () => {
    start();
    listener.started?.({ place: null, hasMissed: false });
    listener.feed?.({ ...GAP, state: 'live', cause: 'resumed' });
    listener.event?.(diff(11, 11, [['9.50', '7']]));
    expect([book.isLive, book.top(1).bids]).toEqual([true, [['9.50', '7']]]);
  });

  it('is joined by the ids that a market names where they have holes', () => {
    start();
    listener.event?.({ ...diff(14, 15, [['9.50', '7']]), previousUpdateId: 10 });
    expect([book.isWhole, book.lastUpdateId]).toEqual([true, 15]);
  });

  it('is whole but not live while its stream is not, and says why', () => {
    start();
    state = { state: 'stale', since: 2, why: 'gateway-lost', by: 'client' };
    tellState(state);
    tellState({ ...state, state: 'gap' });
    expect([book.isWhole, book.isLive, book.why]).toEqual([true, false, 'gateway-lost']);
    expect(seen).toEqual(['10 live', '10 gateway-lost']);
  });

  it('ends with the client, or when it is closed, and keeps what it knew', () => {
    start();
    listener.ended?.();
    expect([left, book.why, book.isWhole, book.top(1).bids]).toEqual([2, 'closed', true, [['9.50', '1']]]);
    expect(seen).toEqual(['10 live', '10 closed']);
  });

  it.each([0, -1, 1.5, Number.NaN])('has no top of %d levels', (most) => {
    expect(() => book.top(most)).toThrow('top: expected a whole number above 0');
  });
});
