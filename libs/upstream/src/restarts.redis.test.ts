import { expect, it } from 'vitest';
import { spot } from '#libs/binance';
import { RedisBus } from '#libs/bus';
import { UpstreamSettings, systemClock } from '#libs/runtime';
import { Simulator } from '#libs/simulator';
import { until } from '../../../test/support/until.js';
import { upstreamParts } from '../../../test/support/upstream-parts.js';
import { TIMINGS, Upstream, wsDial } from './index.js';

const WINDOW_MS = 6_000;
const LIMIT = 60;

/** One upstream process's worth of objects, with its own connections to the shared Redis. */
async function startProcess(wsUrl: string, prefix: string): Promise<() => Promise<void>> {
  const redisUrl = process.env['HOLDFAST_TEST_REDIS_URL'] ?? '';
  const bus = new RedisBus({ redisUrl, queueBytes: 16_777_216, prefix });
  const stream = spot.parse('btcusdt@trade');
  if (!stream.ok) throw new Error(stream.problem.message);
  const settings = Object.assign(new UpstreamSettings(), {
    wsUrl,
    retryFirstMs: 20,
    retryMostMs: 50,
  });
  const upstream = new Upstream(settings, {
    ...upstreamParts(),
    market: { ...spot, limits: { ...spot.limits, attempts: { most: LIMIT, windowMs: WINDOW_MS } } },
    // Nobody is there to answer.
    timings: { ...TIMINGS, answersMs: 20 },
    always: [stream.value],
    bus,
    dial: wsDial(systemClock, settings),
  });
  await bus.start();
  await upstream.start();
  return async () => {
    await upstream.stop();
    await bus.stop();
  };
}

it('20 processes in a restart loop share one budget of attempts through Redis, and the record survives each of them', async ({
  annotate,
}) => {
  const simulator = await Simulator.start({ limits: { attempts: LIMIT, attemptsWindowMs: WINDOW_MS } });
  simulator.strike({ name: 'flap', count: 1_000_000 });
  const prefix = `restarts-${process.pid}-`;
  const endAt = performance.now() + 2.5 * WINDOW_MS;
  let restarts = 0;
  const loop = async (): Promise<void> => {
    while (performance.now() < endAt) {
      const stop = await startProcess(simulator.wsUrl, prefix);
      const at = performance.now();
      await until(() => performance.now() > at + 200);
      await stop();
      restarts += 1;
    }
  };
  await Promise.all(Array.from({ length: 20 }, loop));
  await annotate(
    `${restarts} restarts, ${simulator.attempts.length} attempts in ${(2.5 * WINDOW_MS) / 1_000} s, limit ${LIMIT} in ${WINDOW_MS / 1_000} s`,
  );
  expect(simulator.violations).toEqual([]);
  expect(restarts).toBeGreaterThan(100);
  expect(simulator.attempts.length).toBeGreaterThan(LIMIT);
  await simulator.stop();
}, 60_000);
