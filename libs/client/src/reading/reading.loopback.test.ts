import { afterEach, beforeEach, describe, expect, expectTypeOf, it, vi } from 'vitest';
import { WebSocket as WsWebSocket } from 'ws';
import { FakeClock } from '../../../../test/support/fake-clock.js';
import { FakeGateway } from '../../../../test/support/fake-gateway.js';
import { until } from '../../../../test/support/until.js';
import { connected } from '../connected.rig.js';
import {
  type BookEvent,
  type ClientOptions,
  type Depth,
  type FeedEvent,
  HoldfastClient,
  type Kline,
  type MarketEvent,
  type OrderBook,
  type StreamState,
  type Trade,
  type UnknownEvent,
} from '../index.js';

const TRADE = 'btcusdt@trade';
const DEPTH = 'btcusdt@depth';

describe('reading by a client', () => {
  let gateway: FakeGateway;
  let client: HoldfastClient;
  let errors: string[];

  const connect = (options: Partial<ClientOptions> = {}): void => {
    client = connected(gateway, errors, options);
  };
  const served = (count = 1): Promise<unknown> => until(() => gateway.commands.length === count);
  const feed = (more: Partial<FeedEvent> = {}): void =>
    gateway.say({
      type: 'feed',
      stream: TRADE,
      epoch: 1,
      seq: 7,
      state: 'live',
      since: 5,
      cause: 'resumed',
      by: 'upstream',
      ...more,
    });
  const fails = (): never => {
    throw new Error('mine');
  };

  beforeEach(async () => {
    gateway = new FakeGateway();
    await gateway.listening();
    errors = [];
  });
  afterEach(async () => {
    await client.stop();
    await gateway.close();
  });

  it('is told events by callback until it is left, and none of that stops another one', async () => {
    connect();
    const ids: number[] = [];
    client.on(TRADE, fails);
    const leave = client.on(TRADE, ({ id }) => {
      ids.push(id);
      if (id === 9) leave();
    });
    const others: number[] = [];
    client.on(TRADE, ({ id }) => others.push(id));
    await served();
    for (const seq of [8, 9, 10]) gateway.trade(seq);
    await until(() => others.length === 3);
    expect(ids).toEqual([8, 9]);
    expect(errors).toEqual(['event: mine', 'event: mine', 'event: mine']);
  });

  it('reads in a loop, and leaves the stream with it', async () => {
    connect();
    const reader = client.stream(TRADE);
    await served();
    for (const seq of [8, 9, 10]) gateway.trade(seq);
    const ids: number[] = [];
    for await (const { id } of reader) {
      ids.push(id);
      if (id === 9) break;
    }
    await served(2);
    expect(ids).toEqual([8, 9]);
    expect(gateway.commands[1]).toMatchObject({ event: 'unsubscribe', data: { streams: [TRADE] } });
  });

  it('reads everything in its place where that is wanted', async () => {
    connect();
    const reader = client.stream(TRADE, { everything: true });
    await served();
    feed();
    gateway.trade(8);
    feed({ seq: 9, state: 'gap', cause: 'ids-missing', missing: { from: 9, to: 10 } });
    const types: string[] = [];
    for await (const { type } of reader) if (types.push(type) === 3) break;
    expect(types).toEqual(['feed', 'trade', 'feed']);
  });

  it('loops over a reconnect, and throws what ends it: a refusal, or the end of the client', async () => {
    connect();
    const reader = client.stream(TRADE);
    await served();
    gateway.trade(8);
    await reader.next();
    gateway.socket.terminate();
    await served(2);
    gateway.trade(9);
    expect((await reader.next()).value).toMatchObject({ id: 9 });
    await expect(client.stream('nonsense').next()).rejects.toMatchObject({ code: 'bad-stream' });
    const asked = reader.next();
    gateway.socket.close(4501, 'too many errors');
    await expect(asked).rejects.toThrow('the gateway closed the connection for good: 4501 too many errors');
    expect(() => client.stream(TRADE)).toThrow('subscribe() does nothing on this client');
  });

  it('may close the client from inside a loop, a callback, a state and a book, which ends them all', async () => {
    const ways: ((end: () => void) => unknown)[] = [
      (end) => client.on(TRADE, end),
      (end) => client.onState(TRADE, ({ state }) => state === 'live' && end()),
      (end) => client.book(DEPTH, { changed: ({ isWhole }) => isWhole && end() }),
    ];
    for (const way of ways) {
      connect();
      const reader = client.stream(TRADE);
      const book = client.book(DEPTH);
      let ended: Promise<void> | undefined;
      way(() => {
        ended ??= client.stop();
      });
      const before = gateway.commands.length;
      await served(before + 1);
      feed();
      gateway.trade(8);
      gateway.say({ type: 'book', stream: DEPTH, epoch: 1, seq: 7, lastUpdateId: 1, bids: [], asks: [] });
      await until(() => ended !== undefined);
      await ended;
      for await (const event of reader) expect(event).toBeUndefined();
      expect([book.why, client.state(TRADE)]).toEqual(['closed', undefined]);
    }
    connect();
    const reader = client.stream(TRADE);
    await served(gateway.commands.length + 1);
    gateway.trade(8);
    gateway.trade(9);
    const ids: number[] = [];
    for await (const { id } of reader) {
      ids.push(id);
      await client.stop();
    }
    expect(ids).toEqual([8]);
    expect(errors).toEqual([]);
  });

  it('knows how a stream is, also while the gateway is away', async () => {
    connect();
    const told: string[] = [];
    client.on(TRADE, () => undefined);
    client.onState(TRADE, ({ state, why }) => told.push(`${state} ${why}`));
    client.onState(TRADE, fails);
    expect(client.state(TRADE)).toMatchObject({ state: 'recovering', why: 'connecting', by: 'client' });
    await served();
    feed({ message: 'well' });
    await until(() => client.state(TRADE)?.state === 'live');
    expect(client.state(TRADE)).toEqual({ state: 'live', since: 5, why: 'resumed', by: 'upstream', message: 'well' });
    gateway.socket.terminate();
    await until(() => client.state(TRADE)?.state === 'stale');
    await served(2);
    // What it said before is said again, which is no news to who listens; it is news to who asks.
    feed();
    await until(() => told.length === 4);
    expect(told).toEqual(['recovering connecting', 'live resumed', 'stale gateway-lost', 'live resumed']);
    expect(errors).toEqual(told.map(() => 'state: mine'));
    expect(client.state('ethusdt@trade')).toBeUndefined();
  });

  it('is told that something was missed while the gateway was away, as a state too, and not that all is well before that is said', async () => {
    connect();
    const told: unknown[] = [];
    const feeds: unknown[] = [];
    client.subscribe(TRADE, { feed: ({ state, cause, message }) => feeds.push([state, cause, message]) });
    client.onState(TRADE, ({ state, why, message }) => told.push([state, why, message, client.state(TRADE)?.state]));
    await served();
    feed();
    gateway.trade(8);
    await until(() => client.state(TRADE)?.state === 'live');
    gateway.resumed = { [TRADE]: false };
    gateway.reasons = { [TRADE]: 'out-of-history' };
    gateway.place = { epoch: 1, seq: 20 };
    gateway.socket.terminate();
    await served(2);
    await until(() => told.length === 4);
    const message = 'what came between the last connection and this one cannot be had: out-of-history';
    expect(told.slice(2)).toEqual([
      ['stale', 'gateway-lost', undefined, 'stale'],
      ['gap', 'bus-lost', message, 'stale'],
    ]);
    expect(feeds).toEqual([
      ['live', 'resumed', undefined],
      ['gap', 'bus-lost', message],
    ]);
    feed({ seq: 20 });
    await until(() => told.length === 5);
    expect(told[4]).toEqual(['live', 'resumed', undefined, 'live']);
  });

  it('knows the state of a stream that is dropped and wanted again in one turn', async () => {
    connect();
    const leave = client.on(TRADE, () => undefined);
    await served();
    feed();
    await until(() => client.state(TRADE)?.state === 'live');
    leave();
    expect(client.state(TRADE)).toBeUndefined();
    client.on(TRADE, () => undefined);
    expect(client.state(TRADE)).toMatchObject({ state: 'live', since: 5 });
  });

  it('keeps a book that says when it is not whole', async () => {
    connect();
    const seen: string[] = [];
    const note = ({ why, isWhole }: OrderBook): unknown => seen.push(`${why ?? 'live'}${isWhole ? '' : ' in part'}`);
    const book = client.book(DEPTH, { changed: note });
    client.book(DEPTH, { changed: fails });
    await served();
    const head = { stream: DEPTH, epoch: 1, symbol: 'BTCUSDT', receivedAt: 5 };
    feed({ stream: DEPTH });
    gateway.say({ type: 'book', ...head, seq: 7, lastUpdateId: 10, bids: [['9.10', '1']], asks: [['10', '1']] });
    gateway.say({
      type: 'depth',
      ...head,
      seq: 8,
      firstUpdateId: 11,
      lastUpdateId: 12,
      bids: [['9.20', '2.00']],
      asks: [],
    });
    await until(() => book.lastUpdateId === 12);
    expect([book.isLive, book.top(1)]).toEqual([
      true,
      { bids: [['9.20', '2.00']], asks: [['10', '1']], bidsTo: '9.20' },
    ]);
    gateway.socket.terminate();
    await served(2);
    await until(() => !book.isWhole);
    feed({ stream: DEPTH, seq: 9 });
    gateway.say({ type: 'book', ...head, seq: 9, lastUpdateId: 20, bids: [['9.30', '1']], asks: [['10', '1']] });
    await until(() => book.isLive);
    expect(book.top(1).bids).toEqual([['9.30', '1']]);
    book.close();
    const begun = ['connecting in part', 'no-book in part', 'live', 'live'];
    expect(seen).toEqual([...begun, 'gateway-lost', 'gateway-lost in part', 'hole in part', 'live']);
    expect(new Set(errors)).toEqual(new Set(['state: mine', 'book: mine', 'event: mine', 'started: mine']));
  });

  it('keeps no book of a stream that has none', () => {
    connect();
    for (const stream of [TRADE, 'btcusdt@depth5', 'depth'] as unknown as 'a@depth'[]) {
      expect(() => client.book(stream)).toThrow(`expected a stream of diffs, like btcusdt@depth, not ${stream}`);
    }
  });

  it.each([undefined, WsWebSocket])(
    'leaves no timer when it has been closed, whatever its WebSocket is',
    async (webSocket) => {
      const clock = new FakeClock();
      connect({ clock, ...(webSocket && { webSocket }) });
      const reader = client.stream(TRADE);
      await served();
      gateway.trade(8);
      expect((await reader.next()).value).toMatchObject({ id: 8 });
      expect(clock.pending).toBeGreaterThan(0);
      await client.stop();
      expect(clock.pending).toBe(0);
      await until(() => gateway.sockets.every(({ readyState }) => readyState === WsWebSocket.CLOSED));
    },
  );

  it('does not wait for ever for a gateway that does not answer its goodbye', async () => {
    const clock = new FakeClock();
    connect({ clock });
    // A socket that the gateway has need not be open here yet, and then there is nobody to say goodbye to.
    client.on(TRADE, () => undefined);
    await served();
    gateway.socket.pause();
    const stopped = client.stop();
    await until(() => clock.pending === 1);
    clock.advance(3_000);
    await stopped;
    expect(clock.pending).toBe(0);
  });

  it('says so where the host has no WebSocket', () => {
    connect();
    vi.stubGlobal('WebSocket', undefined);
    expect(() => new HoldfastClient({ url: gateway.url })).toThrow('this host has no WebSocket: hand one in');
    vi.unstubAllGlobals();
  });

  it('has types by the names of streams', () => {
    connect();
    // Only for the compiler.
    const typed = (): void => {
      client.on('btcusdt@trade', (event) => expectTypeOf(event).toEqualTypeOf<Trade>());
      client.on('btcusdt@kline_1m', (event) => expectTypeOf(event).toEqualTypeOf<Kline>());
      client.on('btcusdt@new', (event) => expectTypeOf(event).toEqualTypeOf<Exclude<MarketEvent, UnknownEvent>>());
      expectTypeOf(client.stream('btcusdt@trade').next()).resolves.toEqualTypeOf<IteratorResult<Trade, undefined>>();
      expectTypeOf(client.stream('btcusdt@depth', { everything: true }).next()).resolves.toEqualTypeOf<
        IteratorResult<Depth | BookEvent | FeedEvent | UnknownEvent, undefined>
      >();
      expectTypeOf(client.state('btcusdt@trade')).toEqualTypeOf<StreamState | undefined>();
      // @ts-expect-error -- there is no book of trades
      client.book('btcusdt@trade');
    };
    expect(typed).toBeTypeOf('function');
  });
});
