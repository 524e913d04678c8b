import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Market, spot } from '#libs/binance';
import { CUTS, type Incident, type SimConnection, type GateStep } from '#libs/simulator';
import { until } from '../../../test/support/until.js';
import { UpstreamRig } from '../../../test/support/upstream-rig.js';

const STREAM = 'btcusdt@trade';

/** Ends of a connection that carries data. */
const LIVE: Incident[] = [
  ...[1000, 1001, 1005, 1007, 1008, 1011].map((code): Incident => ({ name: 'close', code })),
  { name: 'close', code: 1008, reason: 'Pong timeout' },
  { name: 'reset' },
  ...CUTS.map((cut): Incident => ({ name: `cut-${cut}` })),
  { name: 'go-silent' },
  { name: 'stop-reading' },
];

/** Ends of an attempt before it carries data, or at its first frame. */
const EARLY: GateStep[] = [
  ...[429, 418, 403, 503].map((status): GateStep => ({ refuse: { status, retryAfter: 0 } })),
  { refuse: { status: 429, retryAfter: new Date(0).toUTCString() } },
  { reset: true },
  { slow: 'never' },
  { silent: true },
  { close: { code: 1000 } },
  { close: { code: 1008 }, when: 'first-frame' },
  ...CUTS.map((cut): GateStep => ({ cut, when: 'first-frame' })),
];

/** Spot, if Binance allowed so many attempts. */
const withAttempts = (most: number, windowMs: number): Market => ({
  ...spot,
  limits: { ...spot.limits, attempts: { most, windowMs } },
});

let rig: UpstreamRig;
const warnings: Error[] = [];
const warn = (warning: Error): void => void warnings.push(warning);

beforeEach(() => process.on('warning', warn));
afterEach(async () => {
  process.off('warning', warn);
  await rig.stop();
});

it('112 unplanned ends of every class in every state, each pair another one: exactly one living connection after each, nothing unannounced', async () => {
  rig = await UpstreamRig.start({
    simulator: {
      symbols: 6,
      pace: 30,
      limits: { attempts: 100_000, pingEveryMs: 100 },
    },
    settings: { retryFirstMs: 2, retryMostMs: 8, connectTimeoutMs: 600, silenceBytesMs: 600 },
    timings: { watchMs: 25, tickMs: 10 },
    market: withAttempts(100_000, 300_000),
    isWithoutHistory: true,
  });
  const { simulator } = rig;
  rig.demand([STREAM]);
  // A server that has stopped reading cannot see that we have left.
  const blind = new Set<SimConnection>();
  const living = (): number => simulator.connections.filter((one) => one.isOpen && !blind.has(one)).length;
  let ended = 0;
  for (let round = 0; ended < 112; round += 1) {
    await until(() => rig.on(STREAM).state === 'live' && living() === 1, {
      deadlineMs: 10_000,
      what: `life in round ${round}`,
    });
    const live = LIVE[round % LIVE.length];
    // Both lists are equally long: each time round they meet one further on.
    const early = EARLY[(round + Math.floor(round / LIVE.length)) % EARLY.length];
    if (!live || !early) throw new Error('unreachable');
    const before = rig.upstream.journal.attempts;
    if (live.name === 'stop-reading') for (const one of simulator.connections) blind.add(one);
    simulator.script([early]);
    simulator.strike(live);
    await until(() => rig.upstream.journal.attempts >= before + 2 && rig.on(STREAM).state === 'live', {
      deadlineMs: 10_000,
      what: `recovery from ${JSON.stringify([live, early])}`,
    });
    ended += 2;
    expect(rig.upstream.journal.attempts, JSON.stringify([live, early])).toBe(before + 2);
  }
  await until(() => living() === 1);
  expect(rig.faults).toEqual([]);
  expect(warnings).toEqual([]);
  expect(rig.upstream.pool.lines).toHaveLength(1);
}, 180_000);

it('attempts that fail stay within the budget by waiting, not by giving up', async () => {
  rig = await UpstreamRig.start({
    simulator: { limits: { attempts: 20, attemptsWindowMs: 2_000 } },
    settings: { retryFirstMs: 1, retryMostMs: 2 },
    market: withAttempts(20, 2_000),
  });
  rig.simulator.script(Array.from({ length: 60 }, (): GateStep => ({ refuse: { status: 503 } })));
  rig.demand([STREAM]);
  await until(() => rig.on(STREAM).state === 'live', { deadlineMs: 20_000 });
  expect(rig.simulator.violations).toEqual([]);
  expect(rig.upstream.journal.attempts).toBe(61);
}, 30_000);
