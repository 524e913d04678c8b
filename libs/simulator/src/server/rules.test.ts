import { expect, it } from 'vitest';
import { FakeClock } from '../../../../test/support/fake-clock.js';
import { WeightMeter } from '../rest/weight.js';
import { readAddress } from './address.js';
import { Doorkeeper } from './doorkeeper.js';
import { Gate } from './gate.js';
import { Keepalive } from './rules/keepalive.js';
import { BINANCE_LIMITS } from './rules/limits.js';
import { RollingWindow } from './rules/rolling-window.js';

it('a rolling second has no borders: five at its end and one at the next start are six', () => {
  const window = new RollingWindow(1_000);
  for (const at of [900, 920, 940, 960, 980]) window.add(at);
  expect(window.add(1_100)).toBe(6);
  expect(window.add(1_901)).toBe(6);
  expect(window.count(2_900)).toBe(1);
});

it('a token bucket in the client is caught: five at once, then one every 200 ms', () => {
  const window = new RollingWindow(1_000);
  const counts = [0, 0, 0, 0, 0, 200, 400, 600, 800].map((at) => window.add(at));
  expect(Math.max(...counts)).toBe(9);
});

it('the 301st attempt within five minutes is refused with the time until one is free', () => {
  const clock = new FakeClock();
  const broken: string[] = [];
  const keeper = new Doorkeeper(clock, BINANCE_LIMITS, (rule) => broken.push(rule));
  for (let attempt = 0; attempt < 300; attempt += 1) expect(keeper.admit('1.1.1.1', '/ws')).toBeUndefined();
  clock.advance(100_000);
  expect(keeper.admit('1.1.1.1', '/ws')).toEqual({ status: 429, retryAfter: 200 });
  expect(keeper.admit('2.2.2.2', '/ws')).toBeUndefined();
  expect(broken).toEqual(['connection-attempts']);
  clock.advance(200_001);
  expect(keeper.admit('1.1.1.1', '/ws')).toBeUndefined();
});

it('an address closed for its rate again and again waits two minutes', () => {
  const clock = new FakeClock();
  const keeper = new Doorkeeper(clock, BINANCE_LIMITS, () => undefined);
  for (let close = 0; close < BINANCE_LIMITS.penaltyAfter; close += 1) {
    expect(keeper.admit('1.1.1.1', '/ws')).toBeUndefined();
    keeper.closedForRate('1.1.1.1');
  }
  expect(keeper.admit('1.1.1.1', '/ws')).toEqual({ status: 429, retryAfter: 120 });
  clock.advance(120_001);
  expect(keeper.admit('1.1.1.1', '/ws')).toBeUndefined();
});

function keepalive(clock: FakeClock): { sent: string[]; timedOut: () => number; rule: Keepalive } {
  const sent: string[] = [];
  let timeouts = 0;
  const rule = new Keepalive(clock, BINANCE_LIMITS, {
    ping: (payload) => sent.push(payload),
    timeOut: () => (timeouts += 1),
  });
  return { sent, rule, timedOut: () => timeouts };
}

it('pings carry the time in milliseconds every 20 s and time out 60 s after the first unanswered one', () => {
  const clock = new FakeClock(1_700_000_000_000);
  const { sent, timedOut } = keepalive(clock);
  clock.advance(79_999);
  expect(sent).toEqual(['1700000020000', '1700000040000', '1700000060000']);
  expect(timedOut()).toBe(0);
  clock.advance(1);
  expect(timedOut()).toBe(1);
});

it('a pong settles its ping and older ones; another payload settles nothing', () => {
  const clock = new FakeClock();
  const { sent, rule, timedOut } = keepalive(clock);
  clock.advance(45_000);
  expect(rule.heardPong('')).toBe(false);
  expect(rule.heardPong('123')).toBe(false);
  expect(rule.heardPong(sent[1]!)).toBe(true);
  clock.advance(60_000);
  expect(timedOut()).toBe(0);
  rule.stop();
  expect(clock.pending).toBe(0);
});

it('weight over the limit is refused with 429 until the minute ends, and those who go on are banned', () => {
  const clock = new FakeClock(1_700_000_040_000);
  const meter = new WeightMeter(clock, { ...BINANCE_LIMITS, weightPerMinute: 100, banAfter: 3 }, () => undefined);
  expect(meter.take(100)).toBeUndefined();
  expect(meter.take(1)).toMatchObject({ status: 429, retryAfter: 60 });
  meter.take(1);
  expect(meter.take(1)).toMatchObject({ status: 418, retryAfter: 120 });
  clock.advance(60_000);
  expect(meter.take(1)).toMatchObject({ status: 418, retryAfter: 60 });
  clock.advance(60_000);
  expect(meter.take(1)).toBeUndefined();
});

it('orders at the gate hold for their count or their time, the oldest first', () => {
  const clock = new FakeClock();
  const gate = new Gate(clock);
  gate.order({ refuse: { status: 503 } }, { count: 2 });
  gate.order({ silent: true }, { forMs: 1_000 });
  expect([gate.next(), gate.next(), gate.next()]).toEqual([
    { refuse: { status: 503 } },
    { refuse: { status: 503 } },
    { silent: true },
  ]);
  clock.advance(1_000);
  expect(gate.next()).toBe('accept');
});

it.each([
  ['/ws', { isCombined: false, streams: [] }],
  ['/ws/btcusdt@trade/ethusdt@trade', { isCombined: false, streams: ['btcusdt@trade', 'ethusdt@trade'] }],
  ['/ws/0', { isCombined: false, streams: ['0'] }],
  [
    `/ws/${'x'.repeat(128)}/!ticker@arr//BTCUSDT@trade`,
    { isCombined: false, streams: ['x'.repeat(128), '!ticker@arr', 'BTCUSDT@trade'] },
  ],
  ['/stream', { isCombined: true, streams: [] }],
  ['/stream/?streams=a@trade', { isCombined: true, streams: ['a@trade'] }],
  ['/stream?streams=btcusdt@kline_1d@+08:00', { isCombined: true, streams: ['btcusdt@kline_1d@+08:00'] }],
  [
    '/stream?streams=btcusdt%40kline_1d%40%2B08%3A00%2Fa@trade',
    { isCombined: true, streams: ['btcusdt@kline_1d@+08:00', 'a@trade'] },
  ],
  [
    '/stream?timeUnit=microsecond&streams=%E5%B8%81usdt@trade',
    { isCombined: true, streams: ['币usdt@trade'], timeUnit: 'MICROSECOND' },
  ],
])('the address %s is understood', (url, wish) => {
  expect(readAddress(url)).toEqual({ ok: true, value: { timeUnit: 'MILLISECOND', ...wish } });
});

it.each([
  ['/', 404],
  ['/wss', 404],
  ['/stream/x', 404],
  ['/api/v3/time', 404],
  ['/ws/%zz', 400],
  ['/stream?streams=btcusdt@trade/%E5%B8', 400],
  [`/ws/${'x'.repeat(129)}`, 400],
])('the address %s is no stream address', (url, status) => {
  expect(readAddress(url)).toEqual({ ok: false, problem: { status } });
});
