import { afterEach, describe, expect, it } from 'vitest';
import type { GateStep } from '#libs/simulator';
import { until } from '../../../test/support/until.js';
import { type RigOptions, UpstreamRig } from '../../../test/support/upstream-rig.js';

const STREAMS = ['btcusdt@trade', 'ethusdt@trade', 'btcusdt@depth@100ms', 'bnbusdt@aggTrade', 'btcusdt@kline_1s'];
const QUICK = { lagMs: 100, settleMs: 1_100, rotationRetryMs: 50, rotationMs: 2_000, tickMs: 20 };

let rig: UpstreamRig;
afterEach(async () => {
  await rig.stop();
  expect(rig.simulator.violations).toEqual([]);
});

async function flowing(options: RigOptions = {}): Promise<void> {
  rig = await UpstreamRig.start({ simulator: { pace: 10 }, timings: QUICK, ...options });
  rig.demand(STREAMS);
  await until(() => STREAMS.every((stream) => rig.on(stream).state === 'live'), { deadlineMs: 15_000 });
}

/** Waits until one line is left and it is a newer one than `generation`. */
const replaced = (generation: number) =>
  until(
    () => {
      const [line, ...others] = rig.upstream.pool.lines;
      return others.length === 0 && line?.connection !== undefined && line.generation > generation && rig.open === 1;
    },
    { deadlineMs: 15_000, what: `a line newer than ${generation}` },
  );

const generation = (): number => rig.upstream.pool.all[0]?.line?.generation ?? 0;

describe('a rotation', () => {
  it('follows a serverShutdown before the server closes, without a change of state', async () => {
    await flowing();
    const feeds = rig.feeds.length;
    rig.simulator.strike({ name: 'server-shutdown', closeAfterMs: 0 });
    await replaced(1);
    expect(rig.faults).toEqual([]);
    expect(rig.feeds).toHaveLength(feeds);
    expect(rig.upstream.journal.read()[0]).toMatchObject({ closedBy: 'us', cause: 'replaced' });
  });

  it('happens at its age, again and again', async () => {
    await flowing({ simulator: { pace: 10 }, timings: QUICK, settings: { rotateAfterMs: 1_000 } });
    const feeds = rig.feeds.length;
    await until(() => generation() >= 4, { deadlineMs: 20_000 });
    expect(rig.faults).toEqual([]);
    expect(rig.feeds).toHaveLength(feeds);
  });

  const bad: [string, GateStep][] = [
    ['is refused', { refuse: { status: 503 } }],
    ['is reset', { reset: true }],
    ['flaps', { close: { code: 1000 } }],
    ['is cut at its first frame', { cut: 'mid-frame', when: 'first-frame' }],
    ['delivers nothing', { stall: true }],
  ];
  for (const [how, step] of bad) {
    it(`leaves the working line alone when the replacement ${how}, and succeeds later`, async () => {
      await flowing();
      const feeds = rig.feeds.length;
      rig.simulator.script([step]);
      rig.upstream.pool.rotate('operator');
      await replaced(2);
      expect(rig.faults).toEqual([]);
      expect(rig.feeds).toHaveLength(feeds);
      expect(generation()).toBe(3);
    });
  }

  it.each([
    ['slower', [150, 0, 150, 0]],
    ['quicker', [0, 150, 0, 150]],
  ])('keeps every id in order when the old line is much %s than its replacement', async (_, lagsMs) => {
    await flowing({ simulator: { pace: 50 }, timings: { ...QUICK, lagMs: 300 }, lagsMs });
    for (const wanted of [2, 3, 4]) {
      rig.upstream.pool.rotate('operator');
      await replaced(wanted - 1);
    }
    expect(rig.faults).toEqual([]);
    expect(rig.feeds.filter(({ state }) => state === 'gap')).toEqual([]);
    expect(rig.upstream.streams.counts.heldBack).toBeGreaterThan(0);
  });

  it('is finished at once when the working line drops while the replacement delivers already', async () => {
    await flowing({
      simulator: { pace: 10 },
      timings: { ...QUICK, settleMs: 60_000, lagMs: 60_000, rotationMs: 60_000 },
    });
    rig.demand([...STREAMS, 'doesnotexist@trade']);
    await until(() => rig.upstream.pool.all[0]?.line?.connection?.confirmedAt);
    rig.upstream.pool.rotate('operator');
    await until(() => rig.upstream.pool.lines[1]?.connection?.confirmedAt !== undefined && rig.open === 2);
    const seen = rig.on('btcusdt@trade').events;
    await until(() => rig.on('btcusdt@trade').events > seen + 20);
    expect(rig.simulator.strike({ name: 'reset', share: 'oldest' })).toBe(1);
    await replaced(1);
    expect(rig.simulator.attempts).toHaveLength(2);
    const late = rig.on('btcusdt@trade').events;
    await until(() => rig.on('btcusdt@trade').events > late + 20);
    expect(rig.faults).toEqual([]);
  });

  it('replaces a line that got bad UTF-8, and the bad text costs only itself', async () => {
    await flowing();
    const feeds = rig.feeds.filter(({ stream }) => stream !== 'btcusdt@trade').length;
    rig.simulator.strike({ name: 'bad-utf8', stream: 'btcusdt@bookTicker' });
    await replaced(1);
    expect(rig.faults).toEqual([]);
    expect(rig.feeds.filter(({ stream }) => stream !== 'btcusdt@trade')).toHaveLength(feeds);
    expect(rig.upstream.problems.quarantine.read()).toHaveLength(1);
    expect(rig.upstream.problems.quarantine.read()[0]).toMatchObject({ code: 'bad-utf8', generation: 1 });
  });

  it('is not repeated without end when there is no data to be had', async () => {
    await flowing({ simulator: { pace: 10 }, timings: QUICK, settings: { silenceDataMs: 400 } });
    rig.simulator.strike({ name: 'mute-data' });
    rig.simulator.strike({ name: 'stall-replacement', forMs: 3_000 });
    const before = rig.simulator.attempts.length;
    await until(() => rig.upstream.pool.all[0]?.line?.generation !== 1, { deadlineMs: 15_000 });
    expect(rig.simulator.attempts.length - before).toBeLessThanOrEqual(4);
  });
});
