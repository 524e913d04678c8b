import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../../../../test/support/until.js';
import type { AnnouncedHole } from './hole-journal.js';
import { type RigOptions, UpstreamRig } from '../../../../test/support/upstream-rig.js';

const STREAMS = ['btcusdt@trade', 'btcusdt@aggTrade', 'btcusdt@kline_1s', 'ethusdt@trade', 'btcusdt@blockTrade'];
const BUSY = STREAMS.filter((stream) => !stream.endsWith('blockTrade'));

let rig: UpstreamRig;
const stop = async (): Promise<void> => {
  await rig.stop();
  expect(rig.simulator.violations).toEqual([]);
};

/** Lines come back 1.8 s after they dropped. */
const started = async (options: RigOptions = {}, pace = 20): Promise<void> => {
  rig = await UpstreamRig.start({
    ...options,
    random: () => 0.9,
    simulator: { pace, ...options.simulator },
    settings: { retryFirstMs: 2_000, retryMostMs: 2_000, ...options.settings },
  });
  rig.demand(STREAMS);
  await until(() => BUSY.every((stream) => rig.on(stream).events > 2), { deadlineMs: 15_000 });
};

const drop = async (): Promise<void> => {
  rig.simulator.strike({ name: 'close', code: 1000 });
  await until(() => BUSY.every((stream) => rig.on(stream).state !== 'live'), { deadlineMs: 15_000 });
};

const causes = (stream: string): string[] => rig.on(stream).feeds.map(({ state, cause }) => `${state} ${cause}`);
const areFilled = (): boolean => BUSY.every((stream) => rig.on(stream).feeds.at(-1)?.cause === 'filled');
/** A quiet stream may be asked for later than those that are filled already. */
const isNothingSought = (): boolean => STREAMS.every((stream) => rig.on(stream).state === 'live');
/** How often anybody asked. Not the weight: it begins anew each minute, also between two looks. */
const questions = (): number => rig.simulator.restRequests.length;
const gaps = (): number => STREAMS.reduce((sum, stream) => sum + rig.on(stream).gaps.length, 0);

/** One upstream for all of them: each finds what the one before has left. */
describe('what was missed while the line was down', () => {
  beforeAll(() => started());
  afterAll(stop);
  afterEach(() => {
    expect(rig.faults).toEqual([]);
    expect(gaps()).toBe(0);
  });

  it('is fetched and comes in its place, and no gap is said', async () => {
    await drop();
    await until(areFilled, { deadlineMs: 15_000 });
    for (const stream of BUSY) expect(rig.on(stream).filled).toBeGreaterThan(0);
    expect(causes('btcusdt@trade').slice(2)).toEqual([
      'recovering connection-lost',
      'recovering filling',
      'live filled',
    ]);
  });

  it('is waited for where REST is slow, and others flow', async () => {
    rig.simulator.strike({ name: 'rest-slow', delayMs: 1_000, forMs: 60_000 });
    await drop();
    await until(areFilled, { deadlineMs: 20_000 });
    for (const stream of BUSY) expect(causes(stream).slice(-2)).toEqual(['recovering filling', 'live filled']);
    rig.simulator.strike({ name: 'clear' });
  });

  it('is asked for again where an intermediary says for a moment that there is no such page', async () => {
    rig.simulator.strike({ name: 'rest-refuse', status: 404, count: 8 });
    await drop();
    await until(areFilled, { deadlineMs: 20_000 });
    for (const stream of BUSY) expect(causes(stream).slice(-2)).toEqual(['recovering filling', 'live filled']);
    rig.simulator.strike({ name: 'clear' });
  });

  it('costs no question where another line brought it', async () => {
    await until(isNothingSought, { deadlineMs: 15_000 });
    const before = questions();
    const { generation = 0 } = rig.upstream.pool.lines[0] ?? {};
    rig.upstream.pool.rotate('operator');
    await until(
      () => rig.upstream.pool.lines.length === 1 && rig.upstream.pool.lines[0]?.generation === generation + 1,
      {
        deadlineMs: 15_000,
      },
    );
    expect(questions()).toBe(before);
  });

  it('is told of at once on a quiet stream, whose next event may be hours away', async () => {
    const QUIET = 'btcusdt@trade';
    const { filled, feeds } = rig.on(QUIET);
    const before = feeds.length;
    const since = (): string[] => causes(QUIET).slice(before);
    await drop();
    // The line comes back and brings nothing on this one: what it missed is found without an event.
    rig.simulator.strike({ name: 'mute-stream', stream: QUIET });
    await until(() => since().includes('recovering filling'), { deadlineMs: 15_000 });
    await until(() => since().at(-1) === 'live filled', { deadlineMs: 15_000 });
    expect(rig.on(QUIET).filled).toBeGreaterThan(filled);
  });
});

describe('what was missed while the line was down, of another upstream,', () => {
  afterEach(stop);

  it('is fetched again and again until it joins, where the database is behind', async () => {
    await started({ simulator: { databaseLagMs: 2_500 } });
    await drop();
    await until(areFilled, { deadlineMs: 20_000 });
    expect(rig.faults).toEqual([]);
    expect(gaps()).toBe(0);
  });

  it('is announced, exactly, where REST refuses until nobody waits any more', async () => {
    await started({ settings: { fillWaitMs: 1_000 } });
    rig.simulator.strike({ name: 'rest-refuse', status: 503, forMs: 60_000 });
    await drop();
    await until(() => BUSY.every((stream) => rig.on(stream).gaps.length === 1), { deadlineMs: 20_000 });
    await until(() => BUSY.every((stream) => rig.on(stream).state === 'live'));
    expect(rig.faults).toEqual([]);
    for (const stream of BUSY) expect(rig.on(stream).filled).toBe(0);
    // Operators are told what fetches it still, and it does.
    rig.simulator.strike({ name: 'clear' });
    const { newest } = Object(rig.ops.readStatus()['holes']) as { newest: AnnouncedHole[] };
    const trades = newest.find(({ stream }) => stream === 'ethusdt@trade');
    const rows = (await (await fetch(trades?.url ?? '')).json()) as { id: number }[];
    expect(rows[0]?.id).toBe(trades?.missing.from);
    expect(rows.map(({ id }) => id)).toContain(trades?.missing.to);
  });
});
