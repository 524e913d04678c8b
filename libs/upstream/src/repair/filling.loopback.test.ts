import { afterEach, describe, expect, it } from 'vitest';
import { until } from '../../../../test/support/until.js';
import { type RigOptions, UpstreamRig } from '../../../../test/support/upstream-rig.js';

const STREAMS = ['btcusdt@trade', 'btcusdt@aggTrade', 'btcusdt@kline_1s', 'ethusdt@trade', 'btcusdt@blockTrade'];
const BUSY = STREAMS.filter((stream) => !stream.endsWith('blockTrade'));

let rig: UpstreamRig;
afterEach(async () => {
  await rig.stop();
  expect(rig.simulator.violations).toEqual([]);
});

/** Lines come back after so long: the bound of the wait is drawn from. */
const started = async (options: RigOptions = {}): Promise<void> => {
  rig = await UpstreamRig.start({
    ...options,
    simulator: { pace: 20, ...options.simulator },
    settings: { retryFirstMs: 2_000, retryMostMs: 2_000, ...options.settings },
  });
  rig.demand(STREAMS);
  await until(() => BUSY.every((stream) => rig.on(stream).events > 2), { deadlineMs: 15_000 });
};

const drop = async (): Promise<void> => {
  rig.simulator.strike({ name: 'close', code: 1000 });
  await until(() => BUSY.every((stream) => rig.on(stream).state !== 'live'), { deadlineMs: 15_000 });
};

const isLive = (): boolean => BUSY.every((stream) => rig.on(stream).state === 'live');
const gaps = (): number => STREAMS.reduce((sum, stream) => sum + rig.on(stream).gaps.length, 0);

describe('what was missed while the line was down', () => {
  it('is fetched and comes in its place, and no gap is said', async () => {
    await started();
    await drop();
    await until(isLive, { deadlineMs: 15_000 });
    await until(() => BUSY.every((stream) => rig.on(stream).filled > 0), { deadlineMs: 15_000 });
    await until(isLive, { deadlineMs: 15_000 });
    expect(rig.faults).toEqual([]);
    expect(gaps()).toBe(0);
    expect(
      rig
        .on('btcusdt@trade')
        .feeds.map(({ state, cause }) => `${state} ${cause}`)
        .slice(2),
    ).toEqual(['recovering connection-lost', 'recovering filling', 'live filled']);
  });
});
