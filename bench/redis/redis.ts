import { setTimeout as pause } from 'node:timers/promises';
import { type TestRedis, startRedis } from '../../test/support/start-redis.js';
import { streamNames } from '../stacks/orders.js';
import { SETTLE_MS, Stage } from '../stacks/stage.js';
import { type StackName, stacksInTurn } from '../stacks/stacks.js';
import { machineInWords } from '../suite/machine.js';
import type { Outcome } from '../suite/outcome.js';
import type { Plan } from '../suite/plan.js';
import { type RedisRow, type Width, numbersOf, print, ratiosOf } from './report.js';

const WARM_UP_RATE = 5_000;

type RedisPlan = Plan<
  'seconds' | 'repetitions' | 'warmUp' | 'rates' | 'streams' | 'edges' | 'clients' | 'wire' | 'flushMs'
>;

/**
 * CPU per event of upstream, Redis and each edge, beside the least that anybody would put there: `ws`, one ioredis pipeline per turn
 * of the loop, `messageBuffer`, uWebSockets.js, and no look at what passes. The two stacks take turns. Rejects when a client did not get every
 * event exactly once.
 */
export async function run(plan: RedisPlan): Promise<Outcome> {
  const { seconds, repetitions, wire, flushMs } = plan;
  console.log(
    `${machineInWords()}; nothing is pinned: read the ratios
${repetitions} x ${seconds} s at each rate, in turns; clients of Holdfast read the ${wire} wire; HOLDFAST_BUS_FLUSH_MS=${flushMs[0]}
us of CPU per event: median [least..most]; an edge is the mean of all edges`,
  );
  const redis = await startRedis();
  const rows: RedisRow[] = [];
  try {
    for (const width of widthsOf(plan)) {
      const { streams, edges, clients } = width;
      console.log(`\n${streams} streams, ${edges} edges with ${clients} clients each of all streams`);
      const measured = await measureAt(width, plan, redis);
      for (const row of measured) print(row);
      rows.push(...measured);
    }
  } finally {
    await redis.stop();
  }
  return { ratios: rows.flatMap(ratiosOf), numbers: { plan, rows: rows.map(numbersOf) } };
}

const widthsOf = ({ streams, edges, clients }: RedisPlan): Width[] =>
  streams.flatMap((some) =>
    edges.flatMap((few) => clients.map((each) => ({ streams: some, edges: few, clients: each }))),
  );

async function measureAt(width: Width, plan: RedisPlan, redis: TestRedis): Promise<RedisRow[]> {
  const rows = plan.rates.map((rate): RedisRow => ({ width, rate, costs: { 'bare relay': [], Holdfast: [] } }));
  for (let repetition = 0; repetition < plan.repetitions; repetition += 1)
    for (const name of stacksInTurn(repetition)) await play(name, plan, redis, rows, width);
  return rows;
}

/** One stack from its start to its end, at every rate. */
async function play(
  stack: StackName,
  { seconds, warmUp, wire, flushMs, cpuProfile }: RedisPlan,
  redis: TestRedis,
  rows: readonly RedisRow[],
  { streams, edges, clients }: Width,
): Promise<void> {
  const names = streamNames(streams);
  const environment = { HOLDFAST_BUS_FLUSH_MS: String(flushMs[0]) };
  const audience = { clients, wanted: [names] };
  const stage = await Stage.start({ stack, streams: names, redis, edges, wire, environment, audience, cpuProfile });
  try {
    await stage.warmUp({ eventsPerSecond: WARM_UP_RATE, seconds: warmUp });
    for (const { rate, costs } of rows) {
      const { cpuMicros, sent } = await stage.measure({ eventsPerSecond: rate, seconds });
      const { upstream = 0, redis: relayed = 0, edge = 0 } = cpuMicros;
      const each = { upstream: upstream / sent.all, redis: relayed / sent.all, edge: edge / edges / sent.all };
      costs[stack].push(each);
      await pause(SETTLE_MS);
    }
  } finally {
    await stage.stop();
  }
}
