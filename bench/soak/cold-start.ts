import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { RoleProcess } from '#libs/drill';
import { Simulator } from '#libs/simulator';
import { startRedis } from '../../test/support/start-redis.js';
import { until } from '../../test/support/until.js';

const KINDS = ['trade', 'aggTrade', 'depth@100ms', 'bookTicker', 'kline_1m'];

/** Binance acknowledges after 130 to 190 ms. */
const ACK_DELAY_MS = [130, 190] as const;
const WITHIN_MS = 60_000;

/** Limits are watched so long after everything is subscribed, because the audits follow. */
const AFTER_MS = 5_000;

/**
 * Starts an upstream process of the build that wants so many streams at once, and reports how long it takes until the
 * simulator has all of them on its own lists. Resolves with whether no limit was broken.
 */
export async function coldStart(streams: number): Promise<boolean> {
  const redis = await startRedis();
  const symbols = Math.ceil(streams / KINDS.length);
  const simulator = await Simulator.start({ symbols, pace: 0.1, historyMs: 100, ackDelayMs: ACK_DELAY_MS });
  const startedAt = performance.now();
  const process = new RoleProcess('upstream', 0, {
    redisUrl: redis.url,
    dist: fileURLToPath(new URL('../..', import.meta.url)),
    environment: { HOLDFAST_UPSTREAM_WS_URL: simulator.wsUrl, HOLDFAST_STREAMS: namesOf(simulator, streams).join(',') },
  });
  try {
    await waitFor(process, 'the first attempt', () => simulator.attempts.length > 0);
    const firstAt = performance.now();
    await waitFor(process, 'all streams subscribed', () => subscribed(simulator) === streams);
    const doneAt = performance.now();
    await pause(AFTER_MS);
    return show(simulator, streams, { startMs: firstAt - startedAt, subscribeMs: doneAt - firstAt });
  } finally {
    await process.end('SIGTERM');
    await simulator.stop();
    await redis.stop();
  }
}

function namesOf(simulator: Simulator, streams: number): string[] {
  const symbols = simulator.market.instruments.map(({ spec }) => spec.symbol.toLowerCase());
  return symbols.flatMap((symbol) => KINDS.map((kind) => `${symbol}@${kind}`)).slice(0, streams);
}

async function waitFor(process: RoleProcess, what: string, condition: () => boolean): Promise<void> {
  await until(() => condition() || !process.isRunning, { deadlineMs: WITHIN_MS, what });
  if (!process.isRunning) throw new Error(`The process ended by itself:\n${process.log.slice(-5).join('\n')}`);
}

/** Streams that the simulator believes are subscribed to. */
function subscribed({ connections }: Simulator): number {
  const names = new Set<string>();
  for (const { isOpen, subscriptions } of connections) if (isOpen) for (const name of subscriptions) names.add(name);
  return names.size;
}

function show(simulator: Simulator, streams: number, took: { startMs: number; subscribeMs: number }): boolean {
  const { attempts, violations, connections } = simulator;
  const open = connections.filter(({ isOpen }) => isOpen);
  const requests = open.reduce((sum, { received }) => sum + received.requests, 0);
  const isWhole = subscribed(simulator) === streams;
  console.log(
    [
      `cold start with ${streams} streams: fully subscribed ${(took.subscribeMs / 1_000).toFixed(1)} s after the first attempt (the process itself took ${(took.startMs / 1_000).toFixed(1)} s to start)`,
      `${open.length} connections, ${attempts.length} attempts, ${requests} requests · limits broken ${violations.length}`,
      ...violations.slice(0, 5).map(({ rule, detail }) => `${rule}: ${detail}`),
      ...(isWhole ? [] : [`only ${subscribed(simulator)} streams are still subscribed`]),
    ].join('\n'),
  );
  return violations.length === 0 && isWhole;
}
