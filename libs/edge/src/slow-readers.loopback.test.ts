import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HandUpstream } from '../../../test/support/hand-upstream.js';
import { type TestEdge, startEdge } from '../../../test/support/start-edge.js';
import { until } from '../../../test/support/until.js';
import { WsClient } from '../../../test/support/ws-client.js';

const TOP = 'btcusdt@bookTicker';
const TRADE = 'btcusdt@trade';
const BACKLOG = 262_144;

/** About 300 bytes in all. */
const top = (updateId: number) =>
  ({ type: 'bookTicker', symbol: 'BTCUSDT', updateId, bid: `${'1'.repeat(180)}.0` }) as const;
const trade = (id: number) => ({ type: 'trade', symbol: 'BTCUSDT', id, price: '1.00' }) as const;

describe('slow readers of Binance’s wire', () => {
  let edge: TestEdge;
  let upstream: HandUpstream;
  beforeEach(async () => {
    edge = await startEdge({ maxClientBacklogBytes: BACKLOG });
    upstream = new HandUpstream(edge.bus).start();
  });
  afterEach(async () => {
    upstream.stop();
    await edge.stop();
  });
  const full = { bidQuantity: '1', ask: '1', askQuantity: '1' };
  const waiting = async (): Promise<number> => {
    const body = (await (await fetch(`${edge.opsUrl}/status`)).json()) as { clients: { backlogBytes: number } };
    return body.clients.backlogBytes;
  };

  it(
    'get of states the newest when they read again, are never closed, and then everything as it comes',
    { timeout: 60_000 },
    async () => {
      const client = await WsClient.open(`${edge.wsUrl}/stream?streams=${TOP}`);
      client.socket.pause();
      let id = 0;
      const most: number[] = [];
      const metric = async (): Promise<number> => {
        const text = await (await fetch(`${edge.opsUrl}/metrics`)).text();
        return Number(/^holdfast_edge_conflated_total (\d+)/m.exec(text)?.[1]);
      };
      await until(
        async () => {
          for (let times = 0; times < 500; times += 1) upstream.publish(TOP, { ...top((id += 1)), ...full });
          most.push(await waiting());
          return (await metric()) > 5_000;
        },
        { deadlineMs: 50_000 },
      );
      client.socket.resume();
      await until(() => client.messages.some(({ data }) => (data as { u?: number } | undefined)?.u === id), {
        deadlineMs: 20_000,
      });
      expect(client.texts.length).toBeLessThan(id - 4_000);
      expect(Math.max(...most)).toBeLessThan(BACKLOG);
      expect(client.closed).toBeUndefined();
      // It is a client like any other again.
      await until(async () => {
        const before = await metric();
        client.texts.length = 0;
        for (let times = 0; times < 20; times += 1) upstream.publish(TOP, { ...top((id += 1)), ...full });
        await until(() => client.texts.some((text) => text.includes(`"u":${id}`)));
        return client.texts.length === 20 && (await metric()) === before;
      });
      await client.close();
    },
  );

  it('get of an array of states each symbol’s newest, as one array', { timeout: 60_000 }, async () => {
    const ARRAY = '!miniTicker@arr';
    const client = await WsClient.open(`${edge.wsUrl}/ws/${ARRAY}`);
    client.socket.pause();
    let at = 1_700_000_000_000;
    const ticker = (symbol: string, part: [number, number]) =>
      ({
        type: 'miniTicker',
        symbol,
        part,
        open: '1',
        high: '1',
        low: '1',
        last: '1',
        volume: '1',
        quoteVolume: '1',
        eventAt: at,
      }) as const;
    const metric = async (): Promise<number> => {
      const text = await (await fetch(`${edge.opsUrl}/metrics`)).text();
      return Number(/^holdfast_edge_conflated_total (\d+)/m.exec(text)?.[1]);
    };
    await until(
      async () => {
        for (let times = 0; times < 300; times += 1) {
          at += 1;
          // Every array has the first symbol, and one of a hundred others.
          upstream.publish(ARRAY, ticker('A', [0, 2]));
          upstream.publish(ARRAY, ticker(`S${at % 100}`, [1, 2]));
        }
        return (await metric()) > 5_000;
      },
      { deadlineMs: 50_000 },
    );
    client.socket.resume();
    interface Element {
      s: string;
      E: number;
    }
    const arrays = (): Element[][] => client.messages as unknown as Element[][];
    await until(
      () =>
        arrays()
          .at(-1)
          ?.some(({ E }) => E === at),
      { deadlineMs: 20_000 },
    );
    const newest = new Map(arrays().flatMap((array) => array.map(({ s, E }) => [s, E] as const)));
    expect(newest.size).toBe(101);
    for (const [symbol, E] of newest) expect(E, symbol).toBeGreaterThan(at - 101);
    expect(arrays().some((array) => array.length === 101)).toBe(true);
    await client.close();
  });

  it('of events are ended as Binance ends who answers no pings', { timeout: 30_000 }, async () => {
    const client = await WsClient.open(`${edge.wsUrl}/ws/${TRADE}`);
    client.socket.pause();
    let id = 0;
    const filler = {
      price: '1'.repeat(2_000),
      quantity: '1',
      taker: 'buy',
      tradedAt: 1,
      eventAt: 1,
      bestMatch: true,
    } as const;
    const isTold = async (): Promise<boolean> =>
      (await (await fetch(`${edge.opsUrl}/metrics`)).text()).includes('slow_clients_closed_total{how="told"} 1');
    await until(
      () => {
        for (let times = 0; times < 20; times += 1) upstream.publish(TRADE, { ...trade((id += 1)), ...filler });
        return isTold();
      },
      { deadlineMs: 20_000 },
    );
    client.socket.resume();
    await until(() => client.closed);
    expect(client.closed).toEqual({ code: 1008, reason: 'Pong timeout' });
  });
});

describe('a burst', () => {
  it(
    'of six hundred backlogs within one turn reaches who reads, whole and in order, on either wire',
    { timeout: 30_000 },
    async () => {
      const edge = await startEdge({ maxClientBacklogBytes: 65_536 });
      const upstream = new HandUpstream(edge.bus).start();
      const native = await WsClient.open(`${edge.wsUrl}/v1`);
      await native.ask({ event: 'subscribe', data: { streams: [TRADE] } });
      await native.take(1);
      const binance = await WsClient.open(`${edge.wsUrl}/ws/${TRADE}`);
      const filler = {
        price: '1'.repeat(800),
        quantity: '1',
        taker: 'buy',
        tradedAt: 1,
        eventAt: 1,
        bestMatch: true,
      } as const;
      const many = 40_000;
      for (let id = 1; id <= many; id += 1) upstream.publish(TRADE, { ...trade(id), ...filler });
      await until(() => [native, binance].every(({ texts, closed }) => closed || texts.length === many), {
        deadlineMs: 20_000,
      });
      expect([native.closed, binance.closed]).toEqual([undefined, undefined]);
      expect(native.messages.map(({ seq }) => seq)).toEqual(seqsTo(many));
      expect(binance.messages.map(({ t }) => t)).toEqual(seqsTo(many));
      await Promise.all([native.close(), binance.close()]);
      upstream.stop();
      await edge.stop();
    },
  );

  it('of newest events in the answer to one subscribe is given as fast as may wait for who reads, and closes nobody', async () => {
    const edge = await startEdge();
    const upstream = new HandUpstream(edge.bus).start();
    const streams = Array.from({ length: 800 }, (_, at) => `s${at}usdt@bookTicker`);
    for (const stream of streams) upstream.publish(stream, { ...top(1), bid: '1'.repeat(20_000) });
    const other = await WsClient.open(`${edge.wsUrl}/ws`);
    other.send({ method: 'SUBSCRIBE', params: streams, id: 1 });
    await until(() => upstream.questions.flat().length >= 800);
    const client = await WsClient.open(`${edge.wsUrl}/v1`);
    const count = (type: string): number => client.texts.filter((text) => text.startsWith(`{"type":"${type}"`)).length;
    client.send({ event: 'subscribe', data: { streams } });
    await until(() => client.closed || count('feed') === 800);
    const atOnce = count('bookTicker');
    await until(() => client.closed || count('bookTicker') > atOnce);
    expect([client.closed, atOnce > 100 && atOnce < 200]).toEqual([undefined, true]);
    await Promise.all([client.close(), other.close()]);
    upstream.stop();
    await edge.stop();
  });
});

const seqsTo = (last: number): number[] => Array.from({ length: last }, (_, at) => at + 1);
