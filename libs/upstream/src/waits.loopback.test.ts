import { afterEach, describe, expect, it } from 'vitest';
import { until } from '../../../test/support/until.js';
import { UpstreamRig } from '../../../test/support/upstream-rig.js';
import { systemClock } from '#libs/runtime';

const STREAM = 'btcusdt@trade';

let rig: UpstreamRig;
afterEach(async () => {
  await rig.stop();
  expect(rig.simulator.violations).toEqual([]);
});

/** Our own back-off would be over at once: whatever is waited for here, Binance asked for it. */
const IMPATIENT = { retryFirstMs: 1, retryMostMs: 2 };

/** When each upgrade was asked for, by the simulator's own book. */
const attemptedAt = (): number[] => rig.simulator.attempts.map(({ at }) => at);

describe('told to wait by Binance, an upstream makes no attempt before', () => {
  it('with 429 and Retry-After', async () => {
    rig = await UpstreamRig.start({ settings: IMPATIENT });
    rig.simulator.script([{ refuse: { status: 429, retryAfter: 1 } }]);
    rig.demand([STREAM]);
    await until(() => rig.on(STREAM).state === 'live', { deadlineMs: 10_000 });
    const [refusedAt = NaN, ...next] = attemptedAt();
    expect(next).toHaveLength(1);
    expect((next[0] ?? 0) - refusedAt).toBeGreaterThanOrEqual(1_000);
  });

  it('with 418 and a date in Retry-After', async () => {
    rig = await UpstreamRig.start({ settings: IMPATIENT });
    // HTTP dates have whole seconds: between one and two from now.
    const backAt = (Math.floor(systemClock.now() / 1_000) + 2) * 1_000;
    rig.simulator.script([{ refuse: { status: 418, retryAfter: new Date(backAt).toUTCString() } }]);
    rig.demand([STREAM]);
    await until(() => rig.on(STREAM).state === 'live', { deadlineMs: 10_000 });
    const [, next = 0, ...more] = attemptedAt();
    expect(more).toEqual([]);
    expect(next).toBeGreaterThanOrEqual(backAt);
  });

  it('with 1008 "Too many requests", which names no time: five seconds', async () => {
    rig = await UpstreamRig.start({ simulator: { pace: 10 }, settings: IMPATIENT });
    rig.demand([STREAM]);
    await until(() => rig.on(STREAM).state === 'live');
    rig.simulator.strike({ name: 'close', code: 1008, reason: 'Too many requests' });
    const closedAt = rig.simulator.connections[0]?.ending?.at ?? NaN;
    await until(() => rig.simulator.attempts.length === 2, { deadlineMs: 15_000 });
    expect((attemptedAt()[1] ?? 0) - closedAt).toBeGreaterThanOrEqual(5_000);
    await until(() => rig.on(STREAM).state === 'live');
  });

  it('on whatever line: an order to one of them is meant for the address', async () => {
    rig = await UpstreamRig.start({
      simulator: { pace: 10 },
      settings: { ...IMPATIENT, streamsPerConnection: 1 },
    });
    const streams = [STREAM, 'ethusdt@trade', 'bnbusdt@trade'];
    rig.demand(streams);
    await until(() => streams.every((stream) => rig.on(stream).state === 'live') && rig.open === 3);
    rig.simulator.script([{ refuse: { status: 429, retryAfter: 2 } }]);
    const [first, second] = rig.simulator.connections;
    first?.cut(Buffer.alloc(0), 'reset');
    await until(() => rig.simulator.attempts.length === 4);
    await until(() =>
      rig.upstream.journal.read().some(({ retryAt, closedAt = 0 }) => (retryAt ?? 0) - closedAt > 1_000),
    );
    second?.cut(Buffer.alloc(0), 'reset');
    rig.upstream.pool.rotate('operator');
    await until(() => rig.open === 3 && streams.every((stream) => rig.on(stream).state === 'live'), {
      deadlineMs: 15_000,
    });
    const [refusedAt = NaN, ...next] = attemptedAt().slice(3);
    expect(Math.min(...next) - refusedAt).toBeGreaterThanOrEqual(2_000);
  });
});
