import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Book, type BookEvent, type Depth, type StreamName, millisOf, stamp } from '#libs/core';
import { systemClock } from '#libs/runtime';
import { HandUpstream } from '../../../test/support/hand-upstream.js';
import { MarketBook } from '../../../test/support/market-book.js';
import { type TestEdge, startEdge } from '../../../test/support/start-edge.js';
import { TcpPath } from '../../../test/support/tcp-path.js';
import { until } from '../../../test/support/until.js';
import { WsClient } from '../../../test/support/ws-client.js';

const TOP = 'btcusdt@bookTicker';
const TRADE = 'btcusdt@trade';
const DEPTH = 'btcusdt@depth';
const BACKLOG = 262_144;

/** About 300 bytes in all. */
const top = (updateId: number) =>
  ({ type: 'bookTicker', symbol: 'BTCUSDT', updateId, bid: `${'1'.repeat(180)}.0` }) as const;
const trade = (id: number) => ({ type: 'trade', symbol: 'BTCUSDT', id, price: '1.00' }) as const;

interface Told {
  type: string;
  stream: StreamName;
  seq: number;
  receivedAt: number;
  conflated?: number;
}

/** Events of a stream that came to a client: its own type alone. */
const eventsOf = (client: WsClient, stream: StreamName, type: string): Told[] =>
  (client.messages as unknown as Told[]).filter((one) => one.stream === stream && one.type === type);

/** How many messages came, or were left out and told. */
const accounted = (told: readonly Told[]): number => told.reduce((sum, { conflated = 0 }) => sum + conflated + 1, 0);

interface ClientStatus {
  wire: string;
  backlogBytes: number;
  conflated: number;
}

describe('the contracts of clients', () => {
  let edge: TestEdge;
  let upstream: HandUpstream;
  let clients: WsClient[];
  beforeEach(async () => {
    edge = await startEdge({ maxClientBacklogBytes: BACKLOG });
    upstream = new HandUpstream(edge.bus).start();
    clients = [];
  });
  afterEach(async () => {
    for (const { socket } of clients) socket.terminate();
    upstream.stop();
    await edge.stop();
  });
  const connect = async (path = '/v1', url = edge.wsUrl): Promise<WsClient> => {
    const client = await WsClient.open(`${url}${path}`);
    clients.push(client);
    return client;
  };
  const subscribe = (client: WsClient, streams: StreamName[], more: object = {}): Promise<Record<string, unknown>> =>
    client.ask({ event: 'subscribe', id: 1, data: { streams, ...more } });
  /** A client that has subscribed and been told how the streams stand. */
  const listening = async (streams: StreamName[], more: object = {}, url = edge.wsUrl): Promise<WsClient> => {
    const client = await connect('/v1', url);
    await subscribe(client, streams, more);
    await client.take(streams.length);
    return client;
  };
  const status = async (): Promise<ClientStatus[]> =>
    ((await (await fetch(`${edge.opsUrl}/status`)).json()) as { clients: { clients: ClientStatus[] } }).clients.clients;

  it('are acknowledged, listed, and may differ on one socket', async () => {
    const client = await connect();
    expect(await subscribe(client, [TOP], { delivery: 'latest' })).toEqual({
      event: 'subscribed',
      id: 1,
      data: { streams: { [TOP]: null }, delivery: 'latest' },
    });
    expect(await client.take(1)).toMatchObject([{ type: 'feed', stream: TOP, state: 'live' }]);
    await subscribe(client, [TRADE], { delivery: 'rate', perSecond: 2 });
    await client.take(1);
    await subscribe(client, [DEPTH]);
    await client.take(1);
    expect(await client.ask({ event: 'list' })).toEqual({
      event: 'list',
      data: {
        streams: [TOP, TRADE, DEPTH],
        contracts: { [TOP]: { delivery: 'latest' }, [TRADE]: { delivery: 'rate', perSecond: 2 } },
      },
    });
    for (const [stream, event] of [
      [TOP, top(1)],
      [TRADE, trade(1)],
    ] as const) {
      const text = upstream.publish(stream, event);
      await until(() => client.texts.length === 1);
      expect(client.texts.splice(0)).toEqual([text]);
    }
    await client.ask({ event: 'unsubscribe', data: { streams: [TOP, TRADE, DEPTH] } });
    upstream.publish(TOP, top(2));
    expect(await client.ask({ event: 'list' })).toEqual({ event: 'list', data: { streams: [] } });
  });

  it('change in order: what waits goes out, then the reply, and nothing is missed or twice behind it', async () => {
    const client = await listening([TRADE], { delivery: 'rate', perSecond: 1 });
    for (let id = 1; id <= 3; id += 1) {
      upstream.publish(TRADE, trade(id));
      await until(() => client.texts.length > 0);
    }
    client.send({ event: 'subscribe', data: { streams: [TRADE], delivery: 'all' } });
    await until(() => client.texts.length === 4);
    upstream.publish(TRADE, trade(4));
    upstream.publish(TRADE, trade(5));
    expect(await client.take(6)).toMatchObject([
      { type: 'trade', id: 1 },
      { type: 'trade', id: 3, conflated: 1 },
      { event: 'subscribed', data: { streams: { [TRADE]: { epoch: 7, seq: 3 } } } },
      { type: 'feed', seq: 3 },
      { type: 'trade', id: 4 },
      { type: 'trade', id: 5 },
    ]);
    await subscribe(client, [TRADE], { delivery: 'latest' });
    await client.take(1);
    upstream.publish(TRADE, trade(6));
    upstream.publish(TRADE, trade(7));
    expect(await client.take(1)).toMatchObject([{ id: 7, conflated: 1 }]);
  });

  it.each([
    [{ delivery: 'latest', since: { [TOP]: { epoch: 7, seq: 1 } } }, 'since'],
    [{ delivery: 'latest', last: 1 }, 'last'],
    [{ delivery: 'latest', perSecond: 1 }, 'perSecond'],
    [{ perSecond: 1 }, 'perSecond'],
    [{ delivery: 'rate' }, 'perSecond'],
    [{ delivery: 'rate', perSecond: 0 }, 'perSecond'],
    [{ delivery: 'rate', perSecond: 1.5 }, 'perSecond'],
    [{ delivery: 'some' }, 'delivery'],
  ])('are refused where they contradict themselves: %j', async (more, field) => {
    const client = await connect();
    expect(await subscribe(client, [TOP], more)).toMatchObject({
      event: 'error',
      id: 1,
      data: { code: 'bad-command', message: expect.stringMatching(`^${field}: `) },
    });
    expect(await client.ask({ event: 'list' })).toEqual({ event: 'list', data: { streams: [] } });
  });

  it(
    'give a client that reads 50 kB a second nothing old, count what they leave out, and leave the others alone',
    { timeout: 60_000 },
    async () => {
      const names = Array.from({ length: 10 }, (_, at) => `s${at}usdt@bookTicker`);
      const path = await TcpPath.lay(Number(new URL(edge.wsUrl).port));
      path.behave({ drip: { bytes: 1_000, everyMs: 20 } });
      const slow = await listening(names, { delivery: 'latest' }, `ws://127.0.0.1:${path.nearPort}`);
      const stopped = await listening(names, { delivery: 'latest' });
      const healthy = await Promise.all(['all', 'all', 'latest'].map((delivery) => listening(names, { delivery })));
      const ages: number[] = [];
      slow.socket.on('message', (data: Buffer) => {
        const { receivedAt } = JSON.parse(data.toString()) as Told;
        ages.push(stamp(systemClock) - millisOf(receivedAt));
      });
      stopped.socket.pause();
      let rounds = 0;
      const waiting: number[] = [];
      // About 600 kB a second, for some seconds.
      await until(
        async () => {
          rounds += 1;
          for (const name of names) upstream.publish(name, top(rounds));
          if (rounds % 50 === 0) waiting.push(...(await status()).map(({ backlogBytes }) => backlogBytes));
          return rounds === 1_000;
        },
        { deadlineMs: 50_000 },
      );
      const isWhole = (client: WsClient): boolean =>
        accounted(client.messages as unknown as Told[]) === rounds * names.length;
      await until(() => [slow, ...healthy].every(isWhole), { deadlineMs: 20_000 });
      for (const name of names) expect(accounted(eventsOf(slow, name, 'bookTicker'))).toBe(rounds);
      expect(Math.max(...ages)).toBeLessThan(1_500);
      expect(slow.texts.length).toBeLessThan(5_000);
      for (const all of healthy.slice(0, 2)) {
        for (const name of names)
          expect(eventsOf(all, name, 'bookTicker').map(({ seq }) => seq)).toEqual(seqsTo(rounds));
      }
      // The one that stopped was given hardly anything to keep, and gets the newest of each as soon as it reads.
      expect(eventsOf(stopped, names[0] ?? '', 'bookTicker').length).toBeLessThan(50);
      stopped.socket.resume();
      await until(() => isWhole(stopped), { deadlineMs: 10_000 });
      expect(stopped.texts.length).toBeLessThan(300);
      expect(Math.max(...waiting)).toBeLessThan(BACKLOG);
      const left = (await status()).map(({ conflated }) => conflated);
      expect(Math.max(...left)).toBe(10_000 - stopped.texts.length);
      expect(clients.map(({ closed }) => closed)).toEqual(clients.map(() => undefined));
      await path.remove();
    },
  );

  it('lead to the same book whoever reads how', { timeout: 30_000 }, async () => {
    const market = new MarketBook(7);
    upstream.knowBook(DEPTH, () => market.book());
    const readers = await Promise.all(
      [{}, { delivery: 'latest' }, { delivery: 'rate', perSecond: 4 }, { delivery: 'latest' }].map(async (more) => {
        const client = await connect();
        await subscribe(client, [DEPTH], more);
        await until(() => client.texts.length === 2);
        return client;
      }),
    );
    const [, , , stopped] = readers;
    stopped?.socket.pause();
    let published = 0;
    await until(
      () => {
        for (let times = 0; times < 5; times += 1) upstream.publish(DEPTH, market.diff());
        published += 5;
        return published === 1_000;
      },
      { deadlineMs: 20_000 },
    );
    stopped?.socket.resume();
    for (const reader of readers) {
      await until(() => accounted(eventsOf(reader, DEPTH, 'depth')) === published);
      const book = new Book();
      for (const one of reader.messages as unknown as (Depth | BookEvent)[]) {
        if (one.type === 'book') book.take(one);
        if (one.type !== 'depth') continue;
        expect(one.firstUpdateId).toBe(book.id + 1);
        book.apply(one);
      }
      const { lastUpdateId, bids, asks } = market.book();
      expect([book.id, book.levels()]).toEqual([lastUpdateId, { bids, asks }]);
    }
    expect(eventsOf(stopped ?? clients[0]!, DEPTH, 'depth').length).toBeLessThan(100);
  });

  it(
    'close a client of states that wants the latest never, and one of what must not be left out with 4001 at the bound',
    { timeout: 30_000 },
    async () => {
      const client = await listening([TOP], { delivery: 'latest' });
      client.socket.pause();
      const waited: number[] = [];
      await until(
        async () => {
          for (let times = 0; times < 10; times += 1) upstream.publish(TOP, { type: 'unknown', raw: 'x'.repeat(500) });
          const here = await status();
          waited.push(...here.map(({ backlogBytes }) => backlogBytes));
          return here.length === 0;
        },
        { deadlineMs: 20_000 },
      );
      expect(Math.max(...waited)).toBeGreaterThan(BACKLOG / 2);
      expect(Math.max(...waited)).toBeLessThan(2 * BACKLOG);
      client.socket.resume();
      await until(() => client.closed);
      expect(client.closed?.code).toBe(4001);
    },
  );
});

const seqsTo = (last: number): number[] => Array.from({ length: last }, (_, at) => at + 1);
