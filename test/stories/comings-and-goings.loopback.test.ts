import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { StreamEvent, StreamName } from '#libs/core';
import {
  type Gateway,
  HURRIED_LIMITS,
  NativeWatcher,
  WireWatcher,
  faultsOf,
  startStandalone,
  summarize,
} from '#libs/drill';
import { systemClock as clock } from '#libs/runtime';
import { Simulator } from '#libs/simulator';
import { until } from '../support/until.js';

describe('clients that come and go', () => {
  let simulator: Simulator;
  let gateway: Gateway;

  beforeEach(async () => {
    simulator = await Simulator.start({ clock, pace: 10, limits: HURRIED_LIMITS });
    gateway = await startStandalone(simulator, { edge: { lingerMs: 200 } });
  });

  afterEach(async () => {
    await gateway.stop();
    await simulator.stop();
  });

  const subscribed = (): StreamName[] =>
    simulator.connections.filter(({ isOpen }) => isOpen).flatMap(({ subscriptions }) => Array.from(subscriptions));

  it('a stream is let go at Binance when its last client has left, and no connection is kept for nobody', async () => {
    const first = new NativeWatcher('first', gateway.url, ['btcusdt@trade', 'ethusdt@trade']);
    const second = new WireWatcher('second', 'combined', gateway.url, ['btcusdt@trade']);
    await Promise.all([first.start(), second.start()]);
    await until(() => first.messages > 0 && second.messages > 0);
    await first.stop();
    await until(() => subscribed().join() === 'btcusdt@trade', { what: 'only btcusdt@trade is left' });
    await second.stop();
    await until(() => subscribed().length === 0, { what: 'nothing is left' });
    const attempts = simulator.attempts.length;
    simulator.strike({ name: 'close', code: 1000 });
    const third = new NativeWatcher('third', gateway.url, ['bnbusdt@trade']);
    await third.start();
    await until(() => third.messages > 0);
    expect(subscribed()).toEqual(['bnbusdt@trade']);
    expect(simulator.attempts.length).toBe(attempts + 1);
    await third.stop();
  });

  it('a client that comes late gets the state of the stream and its newest event, then every live one', async () => {
    const early = new NativeWatcher('early', gateway.url, ['btcusdt@kline_1m', 'btcusdt@trade']);
    await early.start();
    await until(() => early.ledger.accounts().every(({ messages }) => messages > 0) && early.messages > 100);
    const heard: StreamEvent[] = [];
    const hear = (event: StreamEvent): void => void heard.push(event);
    const late = new NativeWatcher('late', gateway.url, ['btcusdt@kline_1m', 'btcusdt@trade'], {
      event: hear,
      feed: hear,
    });
    const opened = simulator.attempts.length;
    await late.start();
    await until(() => late.messages > 50);
    const kline = heard.filter(({ stream }) => stream === 'btcusdt@kline_1m');
    expect(kline.slice(0, 2)).toMatchObject([{ type: 'feed', state: 'live' }, { type: 'kline' }]);
    expect(heard.find(({ stream }) => stream === 'btcusdt@trade')).toMatchObject({ type: 'feed', state: 'live' });
    expect(faultsOf(summarize([early, late]))).toEqual([]);
    expect(simulator.attempts.length).toBe(opened);
    await Promise.all([early.stop(), late.stop()]);
  });

  it('both protocols tell the same trades, as the market has them', async () => {
    const native: number[] = [];
    const wire: number[] = [];
    const one = new NativeWatcher('native', gateway.url, ['btcusdt@trade'], {
      event: (event) => void (event.type === 'trade' && native.push(event.id)),
    });
    const other = new WireWatcher('wire', 'raw', gateway.url, ['btcusdt@trade'], {
      wire: (text) => void wire.push((JSON.parse(text) as { t: number }).t),
    });
    await Promise.all([one.start(), other.start()]);
    await until(() => native.length > 300 && wire.length > 300);
    await Promise.all([one.stop(), other.stop()]);
    const from = Math.max(native[0] ?? 0, wire[0] ?? 0);
    const happened = simulator.market.trades('BTCUSDT').map(({ id }) => id);
    const expected = happened.slice(happened.indexOf(from)).slice(0, 250);
    expect(native.slice(native.indexOf(from)).slice(0, 250)).toEqual(expected);
    expect(wire.slice(wire.indexOf(from)).slice(0, 250)).toEqual(expected);
  });
});
