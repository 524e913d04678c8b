import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HandUpstream } from '../../../test/support/hand-upstream.js';
import { metricValue } from '../../../test/support/metric-value.js';
import { NativeClients } from '../../../test/support/native-clients.js';
import { type TestEdge, startEdge } from '../../../test/support/start-edge.js';
import { until } from '../../../test/support/until.js';
import { wholeTrade } from '../../../test/support/whole-events.js';
import { WsClient } from '../../../test/support/ws-client.js';

const TRADE = 'btcusdt@trade';
const PATIENT = { deadlineMs: 20_000 };

/** About a kilobyte. */
const trade = (symbol: string, id: number) => ({ ...wholeTrade(id), symbol, price: '1'.repeat(800) }) as const;

const upTo = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, index) => from + index);

describe('clients of an edge that goes on behind what it had missed', () => {
  let edge: TestEdge;
  let upstream: HandUpstream;
  let binance: WsClient | undefined;
  const clients = new NativeClients(() => edge.wsUrl);
  beforeEach(async () => {
    binance = undefined;
    edge = await startEdge({ maxClientBacklogBytes: 65_536 });
  });
  afterEach(async () => {
    clients.end();
    binance?.socket.terminate();
    upstream.stop();
    await edge.stop();
  });
  const publish = (stream: string, from: number, to: number): void => {
    const symbol = stream.split('@', 1).join('').toUpperCase();
    for (const id of upTo(from, to)) upstream.publish(stream, trade(symbol, id));
  };

  it('are not closed, however much was missed, and have it all in its order, with what comes meanwhile behind it', async () => {
    upstream = new HandUpstream(edge.bus, { keeps: true }).start();
    const native = await clients.keep(TRADE);
    const wire = await WsClient.open(`${edge.wsUrl}/ws/${TRADE}`);
    binance = wire;
    publish(TRADE, 1, 1);
    for (const id of upTo(2, 12_000)) upstream.lose(TRADE, trade('BTCUSDT', id));
    publish(TRADE, 12_001, 12_050);
    await new Promise(setImmediate);
    publish(TRADE, 12_051, 12_100);
    await until(() => [native, wire].every(({ texts, closed }) => closed || texts.length >= 12_100), PATIENT);
    expect([native.closed, wire.closed]).toEqual([undefined, undefined]);
    expect(native.messages.map(({ id }) => id)).toEqual(upTo(1, 12_100));
    expect(wire.messages.map(({ t }) => t)).toEqual(upTo(1, 12_100));
    expect(await metricValue(edge.opsUrl, 'holdfast_edge_fetched_total')).toBe(11_999);
    expect(await metricValue(edge.opsUrl, 'holdfast_edge_held_back_total')).toBeGreaterThan(11_000);
  });

  it('are not closed either by what waited in vain for something that nobody has, of several streams at once', async () => {
    upstream = new HandUpstream(edge.bus).start();
    const streams = ['ausdt@trade', 'busdt@trade', 'cusdt@trade', 'dusdt@trade'];
    const native = await clients.keep(...streams);
    const wire = await WsClient.open(`${edge.wsUrl}/stream?streams=${streams.join('/')}`);
    binance = wire;
    for (const stream of streams) {
      publish(stream, 1, 1);
      upstream.lose(stream, trade('X', 2));
      publish(stream, 3, 3_600);
    }
    await until(() => native.texts.some((text) => text.includes('"gap"')), PATIENT);
    for (const stream of streams) publish(stream, 3_601, 3_650);
    const ofNative = (stream: string): unknown[] =>
      native.messages.flatMap((one) => (one['stream'] === stream && one['type'] === 'trade' ? [one['id']] : []));
    const ofWire = (stream: string): unknown[] =>
      wire.messages.flatMap((one) => (one['stream'] === stream ? [(one['data'] as { t: number }).t] : []));
    await until(() => {
      if (native.closed || wire.closed) return true;
      return streams.every((stream) => ofNative(stream).at(-1) === 3_650 && ofWire(stream).at(-1) === 3_650);
    }, PATIENT);
    expect([native.closed, wire.closed]).toEqual([undefined, undefined]);
    for (const stream of streams) {
      const all = [1, ...upTo(3, 3_650)];
      expect([ofNative(stream), ofWire(stream)]).toEqual([all, all]);
    }
  });
});
