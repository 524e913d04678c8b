import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Level } from '#libs/core';
import { HandUpstream } from '../../../../test/support/hand-upstream.js';
import { LocalBook, type WireDiff } from '../../../../test/support/local-book.js';
import { MarketBook } from '../../../../test/support/market-book.js';
import { type TestEdge, startEdge } from '../../../../test/support/start-edge.js';
import { until } from '../../../../test/support/until.js';
import { WsClient } from '../../../../test/support/ws-client.js';

const FAST = 'btcusdt@depth@100ms';
const SLOW = 'btcusdt@depth';

interface Depth {
  lastUpdateId: number;
  bids: Level[];
  asks: Level[];
}

/** What Binance says when it is asked: nothing of ours has this id. */
const BINANCES: Depth = { lastUpdateId: 9_999_999, bids: [['1', '1']], asks: [['2', '1']] };

describe('the book of a symbol whose diffs an edge carries', () => {
  let edge: TestEdge;
  let upstream: HandUpstream;
  let market: MarketBook;
  const asked: string[] = [];
  const binance = createServer((request, response) => {
    asked.push(request.url ?? '');
    response.end(JSON.stringify(BINANCES));
  });
  const clients: WsClient[] = [];
  const connect = async (path: string): Promise<WsClient> => {
    const client = await WsClient.open(`${edge.wsUrl}${path}`);
    clients.push(client);
    return client;
  };
  const depth = async (query = 'symbol=BTCUSDT'): Promise<Depth> => {
    const response = await fetch(`${edge.wsUrl.replace('ws:', 'http:')}/api/v3/depth?${query}`);
    return (await response.json()) as Depth;
  };
  /** Waits until the book that is answered has this id. */
  const comes = (id: number, deadlineMs = 5_000): Promise<unknown> =>
    until(async () => (await depth()).lastUpdateId === id, { deadlineMs });
  const knows = (stream: string, levels = Infinity): void => upstream.knowBook(stream, () => market.book(levels));
  const diff = (...streams: string[]): void => {
    const event = market.diff();
    for (const stream of streams) upstream.publish(stream, event);
  };
  /** A client that has what was published last. */
  const follow = async (stream: string): Promise<WsClient> => {
    const client = await connect(`/ws/${stream}`);
    await until(() => upstream.questions.flat().includes(stream));
    await until(() => {
      if (client.messages.at(-1)?.['u'] !== market.id) diff(stream);
      return client.messages.length > 0;
    });
    return client;
  };

  beforeEach(async () => {
    market = new MarketBook(7);
    asked.length = 0;
    await new Promise<void>((resolve) => void binance.listen(0, '127.0.0.1', resolve));
    const restUrl = `http://127.0.0.1:${(binance.address() as AddressInfo).port}`;
    edge = await startEdge({ bookOwnSnapshotMs: 1 }, { binance: { restUrl } });
    upstream = new HandUpstream(edge.bus).start();
  });
  afterEach(async () => {
    await Promise.all(clients.splice(0).map((client) => client.close()));
    upstream.stop();
    await edge.stop();
    binance.closeAllConnections();
    await new Promise((resolve) => void binance.close(resolve));
  });

  it('is what its clients hold, at the id that they have reached, and nobody is asked', async () => {
    knows(FAST);
    const client = await follow(FAST);
    await comes(market.id);
    asked.length = 0;
    for (let round = 0; round < 20; round += 1) {
      diff(FAST);
      const [whole, near] = [await depth(), await depth('limit=3&symbol=BTCUSDT')];
      const { lastUpdateId, bids, asks } = market.book();
      expect(whole).toEqual({ lastUpdateId, bids, asks });
      expect(near).toEqual({ lastUpdateId, bids: bids.slice(0, 3), asks: asks.slice(0, 3) });
    }
    await until(() => client.messages.at(-1)?.['u'] === market.id);
    expect(asked).toEqual([]);
  });

  it('joins what comes next, for a client that keeps a book by the recipe', async () => {
    knows(FAST);
    await follow(FAST);
    const client = await connect(`/ws/${FAST}`);
    let snapshot = await depth();
    const book = new LocalBook(() => snapshot);
    client.socket.on('message', (data: Buffer) => book.take(JSON.parse(data.toString()) as WireDiff));
    for (let round = 0; round < 10; round += 1) {
      diff(FAST);
      await until(() => book.id === market.id);
      if (round === 4) snapshot = await depth();
    }
    const { bids, asks } = market.book();
    expect([...book.bids].sort(([one], [other]) => other - one)).toEqual(bids.map(([p, q]) => [Number(p), q]));
    expect([...book.asks].sort(([one], [other]) => one - other)).toEqual(asks.map(([p, q]) => [Number(p), q]));
    expect([book.resyncs, asked]).toEqual([0, []]);
  });

  it('is the one that is furthest where two streams have it, so that both go on from there', async () => {
    knows(FAST);
    knows(SLOW);
    await follow(SLOW);
    await follow(FAST);
    diff(FAST);
    diff(FAST);
    await comes(market.id);
    expect(asked).toEqual([]);
  });

  it('is asked of Binance where one of the streams of the symbol does not know it', async () => {
    knows(FAST);
    await follow(FAST);
    expect((await depth()).lastUpdateId).toBe(market.id);
    await follow(SLOW);
    expect(await depth()).toEqual(BINANCES);
  });

  it('is asked of Binance deeper than it is known, and as deep as that it is not', async () => {
    knows(FAST, 5);
    await follow(FAST);
    expect((await depth('symbol=BTCUSDT&limit=2')).lastUpdateId).toBe(market.id);
    expect(await depth('symbol=BTCUSDT&limit=50')).toEqual(BINANCES);
    expect(await depth('symbol=BTCUSDT&limit=5000')).toEqual(BINANCES);
    expect(asked).toHaveLength(2);
  });

  it('is asked of Binance while diffs are missing, and is ours again behind the book that comes', async () => {
    await follow(FAST);
    upstream.publish(FAST, market.book());
    await comes(market.id);
    upstream.lose(FAST, market.diff());
    diff(FAST);
    await comes(BINANCES.lastUpdateId);
    upstream.publish(FAST, market.book());
    diff(FAST);
    await comes(market.id);
    expect((await depth()).bids).toEqual(market.book().bids);
  });

  it.each(['recovering', 'stale'] as const)('is asked of Binance while the stream is %s', async (state) => {
    knows(FAST);
    await follow(FAST);
    upstream.feed(FAST, state, 'connection-lost');
    await comes(BINANCES.lastUpdateId);
    upstream.feed(FAST, 'live', 'resumed');
    await comes(market.id);
    expect((await depth()).bids).toEqual(market.book().bids);
  });

  it('is asked of Binance while no upstream is heard', async () => {
    knows(FAST);
    await follow(FAST);
    upstream.stop();
    await comes(BINANCES.lastUpdateId, 10_000);
    expect(await depth()).toEqual(BINANCES);
  });

  it.each(['symbol=btcusdt', 'symbol=BTCUSDT&limit=0', 'symbol=BTCUSDT&limit=x', 'symbol=BTCUSDT&symbolStatus=HALT'])(
    'is left to Binance where it is asked for with %s',
    async (query) => {
      knows(FAST);
      await follow(FAST);
      expect(await depth(query)).toEqual(BINANCES);
    },
  );
});
