import { writeFile } from 'node:fs/promises';
import { cpus, loadavg } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { startRedis } from '../test/support/start-redis.js';
import { until } from '../test/support/until.js';
import { Child } from './fanout/child.js';
import type { LoadOrders } from './fanout/orders.js';
import { cpuMicrosOf } from './redis/cpu.js';
import { type FeedOrders, streamNames } from './redis/orders.js';
import { type RedisPlan, type Width, readPlan } from './redis/plan.js';
import { type Costs, PLACES, type RedisRow, numbersOf, print } from './redis/report.js';
import { type Ground, STACKS, type Stack, type StackName } from './redis/stacks.js';

const WARM_UP_RATE = 5_000;
/** Longer than anything stands still that still brings something. */
const SETTLE_MS = 1_500;

/**
 * CPU per event of upstream, Redis and each edge, beside the least that anybody would put there: `ws`, one ioredis pipeline per turn
 * of the loop, `messageBuffer`, uWebSockets.js, and no look at what passes. The two stacks take turns. Rejects when a client did not get every
 * event exactly once.
 */
export async function run(args: string[]): Promise<void> {
  const plan = readPlan(args);
  const { seconds, repetitions, wire, flushMs, jsonFile } = plan;
  const machine = `${cpus().length} x ${cpus()[0]?.model.trim() ?? 'unknown processor'}, Node.js ${process.version}, load ${loadavg()[0]?.toFixed(1)}`;
  console.log(
    `${machine}; nothing is pinned: read the ratios
${repetitions} x ${seconds} s at each rate, in turns; clients of Holdfast read the ${wire} wire; HOLDFAST_BUS_FLUSH_MS=${flushMs}
us of CPU per event: median [least..most]; an edge is the mean of all edges`,
  );
  const redis = await startRedis();
  const rows: RedisRow[] = [];
  try {
    for (const width of plan.widths) {
      const { streams, edges, clients } = width;
      console.log(`\n${streams} streams, ${edges} edges with ${clients} clients each of all streams`);
      const measured = await measureAt(width, plan, redis);
      for (const row of measured) print(row);
      rows.push(...measured);
    }
  } finally {
    await redis.stop();
  }
  if (jsonFile !== undefined)
    await writeFile(jsonFile, `${JSON.stringify({ machine, plan, rows: rows.map(numbersOf) }, null, 2)}\n`);
}

async function measureAt(width: Width, plan: RedisPlan, redis: Ground['redis'] & { pid: number }): Promise<RedisRow[]> {
  const rows = plan.rates.map((rate): RedisRow => ({ width, rate, costs: { 'bare relay': [], Holdfast: [] } }));
  for (let repetition = 0; repetition < plan.repetitions; repetition += 1)
    for (const name of namesOf(repetition)) await play(name, plan, redis, rows, width);
  return rows;
}

/** Whoever was first is second the next time. */
const namesOf = (repetition: number): StackName[] =>
  repetition % 2 === 0 ? ['bare relay', 'Holdfast'] : ['Holdfast', 'bare relay'];

/** One stack from its start to its end, at every rate. */
async function play(
  name: StackName,
  { seconds, warmUpSeconds, wire, flushMs }: RedisPlan,
  redis: Ground['redis'] & { pid: number },
  rows: readonly RedisRow[],
  { streams, edges, clients }: Width,
): Promise<void> {
  const feed = Child.start<FeedOrders>({ script: '../redis/feed', core: undefined });
  const loads = Array.from({ length: edges }, () =>
    Child.start<LoadOrders>({ script: 'load-client', core: undefined }),
  );
  const feedPort = await feed.ask('listen');
  const stack = await STACKS[name]({ feedPort, redis, streams: streamNames(streams), edges, wire, flushMs });
  try {
    const connected = loads.map((load, at) => load.ask('connect', { ...doorOf(stack, at), clients }));
    await Promise.all(connected);
    await until(async () => (await feed.ask('subscribed')) === streams, { deadlineMs: 60_000, what: 'all subscribed' });
    await feed.ask('drive', { eventsPerSecond: WARM_UP_RATE, seconds: warmUpSeconds });
    for (const { rate, costs } of rows) {
      await pause(SETTLE_MS);
      await Promise.all(loads.map((load) => load.ask('settle')));
      const before = spentBy(stack, redis.pid);
      const sent = await feed.ask('drive', { eventsPerSecond: rate, seconds });
      await allCame(loads, sent, `${name}, ${rate} events/s`);
      const after = spentBy(stack, redis.pid);
      const each = Object.fromEntries(PLACES.map((place) => [place, (after[place] - before[place]) / sent]));
      costs[name].push(each as unknown as Costs);
    }
  } finally {
    await stack.stop();
    await Promise.all([feed, ...loads].map((child) => child.end()));
  }
}

function doorOf({ doors }: Stack, at: number): Stack['doors'][number] {
  const door = doors[at];
  if (!door) throw new Error(`There is no edge ${at}`);
  return door;
}

function spentBy({ upstream, edges }: Stack, redis: number): Costs {
  const ofEdges = edges.map(cpuMicrosOf).reduce((sum, each) => sum + each, 0);
  return { upstream: cpuMicrosOf(upstream), redis: cpuMicrosOf(redis), edge: ofEdges / edges.length };
}

async function allCame(loads: readonly Child<LoadOrders>[], sent: number, when: string): Promise<void> {
  const tallies = await Promise.all(loads.map((load) => load.ask('tally', sent)));
  const off = tallies.filter(({ lost, surplus }) => lost + surplus > 0);
  if (off.length === 0) return;
  const each = off.map(({ lost, surplus }) => `${lost} lost, ${surplus} too many`).join('; ');
  throw new Error(`Not every client got every event exactly once (${when}): ${each}`);
}
