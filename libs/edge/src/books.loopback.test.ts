import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HandUpstream } from '../../../test/support/hand-upstream.js';
import { LocalBook, type WireDiff } from '../../../test/support/local-book.js';
import { MarketBook } from '../../../test/support/market-book.js';
import { type TestEdge, startEdge } from '../../../test/support/start-edge.js';
import { until } from '../../../test/support/until.js';
import { WsClient } from '../../../test/support/ws-client.js';
import { NativeReader } from './streams/book-stage.contract.js';

const DEPTH = 'btcusdt@depth@100ms';
const OTHER = 'ethusdt@depth@100ms';

const sorted = (side: Iterable<readonly [number | string, string]>): [number, string][] =>
  [...side].map(([price, quantity]): [number, string] => [Number(price), quantity]).sort(([a], [b]) => a - b);

describe('books on an edge', () => {
  let edge: TestEdge;
  let upstream: HandUpstream;
  let market: MarketBook;
  const clients: WsClient[] = [];
  const start = async (settings: Parameters<typeof startEdge>[0]): Promise<void> => {
    edge = await startEdge(settings);
    upstream = new HandUpstream(edge.bus).start();
    upstream.knowBook(DEPTH, () => market.book());
  };
  const connect = async (path: string): Promise<WsClient> => {
    const client = await WsClient.open(`${edge.wsUrl}${path}`);
    clients.push(client);
    return client;
  };
  /** A client of Binance's wire that keeps its book by the recipe and never reconnects. */
  const local = async (path: string): Promise<LocalBook> => {
    const client = await connect(path);
    const book = new LocalBook(() => market.book());
    client.socket.on('message', (data: Buffer) => {
      const message = JSON.parse(data.toString()) as WireDiff & { data?: WireDiff };
      book.take(message.data ?? message);
    });
    return book;
  };
  const reader = async (): Promise<NativeReader> => {
    const client = await connect('/v1');
    const reads = new NativeReader();
    client.socket.on('message', (data: Buffer) => reads.take(data.toString()));
    client.send({ event: 'subscribe', data: { streams: [DEPTH] } });
    return reads;
  };
  const diff = (): void => void upstream.publish(DEPTH, market.diff());
  const wanted = (): Promise<unknown> => until(() => upstream.questions.flat().includes(DEPTH));

  beforeEach(() => (market = new MarketBook(7)));
  afterEach(async () => {
    await Promise.all(clients.splice(0).map((client) => client.close()));
    upstream.stop();
    await edge.stop();
  });

  it('are right for clients of either kind after holes, lost messages and a new upstream, and nobody reconnects', async () => {
    await start({ bookOwnSnapshotMs: 1 });
    const wire = [await local(`/ws/${DEPTH}`), await local(`/stream?streams=${DEPTH}&timeUnit=MICROSECOND`)];
    const native = await reader();
    await wanted();
    const caughtUp = (): Promise<unknown> =>
      until(() => native.known?.id === market.id && wire.every(({ id }) => id === market.id));
    // Each waits for sockets, so that more than a millisecond goes by: then they are bridged.
    for (let warm = 0; warm < 3; warm += 1) {
      diff();
      await caughtUp();
    }
    const before = wire.map(({ resyncs }) => resyncs);
    for (let round = 0; round < 5; round += 1) {
      diff();
      market.diff(5);
      upstream.publish(DEPTH, market.book(10));
      diff();
      upstream.lose(DEPTH, market.diff());
      diff();
      await caughtUp();
      upstream.publish(DEPTH, market.book());
    }
    upstream.stop();
    upstream = new HandUpstream(edge.bus, { epoch: 8 }).start();
    upstream.knowBook(DEPTH, () => market.book());
    market.diff(9);
    diff();
    await caughtUp();
    diff();
    await caughtUp();
    const { bids, asks } = market.book();
    for (const book of wire) {
      expect(sorted(book.bids)).toEqual(sorted(bids));
      expect(sorted(book.asks)).toEqual(sorted(asks));
    }
    expect(wire.map(({ resyncs }) => resyncs)).toEqual(before);
    expect(native.known?.levels()).toEqual({ bids, asks });
    expect(native.faults).toEqual([]);
  });

  it('miss nothing and have nothing twice where a client ceases to be a newcomer within one burst', async () => {
    await start({ bookOwnSnapshotMs: 2 });
    const clients = [await connect(`/ws/${DEPTH}`), await connect(`/ws/${DEPTH}`)];
    await wanted();
    for (let burst = 0; burst < 3; burst += 1) {
      const end = performance.now() + 6;
      while (performance.now() < end) diff();
      for (const client of clients) await until(() => client.messages.at(-1)?.['u'] === market.id);
    }
    market.diff(5);
    upstream.publish(DEPTH, market.book());
    for (const client of clients) {
      await until(() => client.messages.at(-1)?.['u'] === market.id);
      const diffs = client.messages as unknown as WireDiff[];
      expect(diffs.slice(1).filter(({ U }, at) => U !== diffs[at]!.u + 1)).toEqual([]);
    }
  });

  it('come to a native newcomer right behind its state, and no faster than it may be sent', async () => {
    await start({ maxClientBacklogBytes: 16_384 });
    const first = await connect('/v1');
    first.send({ event: 'subscribe', data: { streams: [DEPTH, OTHER] } });
    upstream.knowBook(OTHER, () => ({ ...market.book(), symbol: 'ETHUSDT' }));
    await until(() => first.texts.filter((text) => text.includes('"book"')).length === 2);
    diff();
    const second = await connect('/v1');
    second.send({ event: 'subscribe', id: 1, data: { streams: [DEPTH] } });
    await until(() => second.texts.length === 3);
    diff();
    await until(() => second.texts.length === 4);
    expect(second.messages).toMatchObject([
      { event: 'subscribed', data: { streams: { [DEPTH]: { seq: 1 } } } },
      { type: 'feed', seq: 1 },
      { type: 'book', seq: 1 },
      { type: 'depth', seq: 2 },
    ]);
    const [, , book, next] = second.messages;
    expect(next?.['firstUpdateId']).toBe(Number(book?.['lastUpdateId']) + 1);
  });

  it('are no bridge for a client that has just come, whatever form it takes meanwhile', async () => {
    await start({ bookOwnSnapshotMs: 600_000 });
    const client = await connect(`/ws/${DEPTH}`);
    await wanted();
    diff();
    expect(await client.take(1)).toMatchObject([{ u: market.id }]);
    await client.ask({ method: 'SET_PROPERTY', params: ['combined', true], id: 1 });
    market.diff(5);
    upstream.publish(DEPTH, market.book());
    const firstUpdateId = market.id + 1;
    diff();
    expect(await client.take(1)).toMatchObject([{ stream: DEPTH, data: { U: firstUpdateId } }]);
    await client.ask({ method: 'UNSUBSCRIBE', params: [DEPTH], id: 2 });
    diff();
    expect(await client.ask({ method: 'LIST_SUBSCRIPTIONS', id: 3 })).toEqual({ result: [], id: 3 });
  });
});
