import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Gateway, HURRIED_LIMITS, startStandalone } from '#libs/drill';
import { systemClock as clock } from '#libs/runtime';
import { Simulator } from '#libs/simulator';
import { BareClient } from '../support/bare-client.js';
import { until } from '../support/until.js';
import { WsClient } from '../support/ws-client.js';

const TRADE = 'btcusdt@trade';
const AGGREGATE = 'btcusdt@aggTrade';
const CANDLE = 'btcusdt@kline_1s';
const BLOCK = 'btcusdt@blockTrade';
const STREAMS = [TRADE, AGGREGATE, CANDLE, BLOCK];

/** Where an event stands, on either wire; undefined for what has no place of its own: a candle that is not closed. */
type Position = number | undefined;

const onWire: Record<string, (data: Record<string, unknown>) => Position> = {
  [TRADE]: ({ t }) => t as number,
  [AGGREGATE]: ({ a }) => a as number,
  [BLOCK]: ({ t }) => t as number,
  [CANDLE]: ({ k }) => ((k as { x: boolean }).x ? (k as { t: number }).t / 1_000 : undefined),
};

const natively: Record<string, (event: Record<string, unknown>) => Position> = {
  [TRADE]: ({ id }) => id as number,
  [AGGREGATE]: ({ id }) => id as number,
  [BLOCK]: ({ id }) => id as number,
  [CANDLE]: ({ closed, openAt }) => (closed === true ? (openAt as number) / 1_000 : undefined),
};

const isWhole = (positions: readonly number[]): boolean =>
  positions.every((position, at) => at === 0 || position === (positions[at - 1] ?? 0) + 1);

describe('an outage of the line to Binance, as clients see it', () => {
  let simulator: Simulator;
  let gateway: Gateway;
  let wire: BareClient;
  let native: WsClient;

  beforeEach(async () => {
    simulator = await Simulator.start({ clock, pace: 20, limits: HURRIED_LIMITS, databaseLagMs: 300 });
    gateway = await startStandalone(simulator);
    wire = new BareClient(`${gateway.url}/stream?streams=${STREAMS.join('/')}`);
    native = await WsClient.open(`${gateway.url}/v1`);
    native.send({ event: 'subscribe', id: 1, data: { streams: STREAMS } });
    await until(
      () => [TRADE, AGGREGATE, CANDLE].every((stream) => ofWire(stream).length > 0 && ofNative(stream).length > 0),
      {
        deadlineMs: 15_000,
      },
    );
  });

  afterEach(async () => {
    wire.end();
    await native.close();
    await gateway.stop();
    await simulator.stop();
    expect(simulator.violations).toEqual([]);
  });

  const ofWire = (stream: string): number[] =>
    wire.texts
      .map((text) => JSON.parse(text) as { stream: string; data: Record<string, unknown> })
      .filter((message) => message.stream === stream)
      .flatMap(({ data }) => onWire[stream]?.(data) ?? []);
  const ofNative = (stream: string): number[] =>
    native.messages
      .filter((message) => message['stream'] === stream && message['type'] !== 'feed')
      .flatMap((event) => natively[stream]?.(event) ?? []);
  const feeds = (): Record<string, unknown>[] => native.messages.filter(({ type }) => type === 'feed');

  /** What the exchange knows of block trades from this one on. */
  const blocksSince = async (id: number): Promise<number[]> => {
    const answer = await fetch(
      `${simulator.restUrl}/api/v3/historicalBlockTrades?symbol=BTCUSDT&fromId=${id}&limit=1000`,
    );
    return ((await answer.json()) as { id: number }[]).map((row) => row.id);
  };

  it('has no missing trade, aggregate trade, candle or block trade, whether it lasts one second or three', async () => {
    for (const forMs of [1_000, 3_000]) {
      const filled = (): number => feeds().filter(({ cause }) => cause === 'filled').length;
      const before = filled();
      simulator.strike({ name: 'refuse', status: 503, forMs });
      simulator.strike({ name: 'close', code: 1000 });
      await until(() => filled() >= before + 2, { deadlineMs: 30_000 });
    }
    const seen = ofNative(CANDLE).length;
    await until(() => ofNative(CANDLE).length > seen + 1 && ofWire(CANDLE).length > seen + 1, { deadlineMs: 15_000 });
    for (const stream of [TRADE, AGGREGATE, CANDLE]) {
      expect(isWhole(ofWire(stream)), `${stream} on Binance’s wire`).toBe(true);
      expect(isWhole(ofNative(stream)), `${stream} natively`).toBe(true);
    }
    expect(feeds().filter(({ state }) => state === 'gap')).toEqual([]);
    expect(native.messages.some(({ backfilled }) => backfilled === true)).toBe(true);
    const blocks = ofNative(BLOCK);
    const [first = 0] = blocks;
    // The database is behind the stream by a moment.
    await until(async () => blocks.length === 0 || (await blocksSince(first)).includes(blocks.at(-1) ?? first));
    if (blocks.length > 0) expect((await blocksSince(first)).slice(0, blocks.length)).toEqual(blocks);
  });

  it('has no missing trade where frames are lost on a line that goes on', async () => {
    simulator.strike({ name: 'drop-frames', stream: TRADE, count: 5 });
    await until(() => feeds().some(({ cause }) => cause === 'filled'), { deadlineMs: 15_000 });
    expect(isWhole(ofWire(TRADE))).toBe(true);
    expect(isWhole(ofNative(TRADE))).toBe(true);
    expect(feeds().filter(({ state }) => state === 'gap')).toEqual([]);
  });
});
