import { cpus, loadavg } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { startRedis } from '../test/support/start-redis.js';
import { until } from '../test/support/until.js';
import { Child } from './fanout/child.js';
import type { LoadOrders } from './fanout/orders.js';
import { spread } from './fanout/report.js';
import { cpuMicrosOf } from './redis/cpu.js';
import { type FeedOrders, streamNames } from './redis/orders.js';
import { type Ground, STACKS, type Stack } from './redis/stacks.js';

/** Microseconds of CPU per event, of each process. */
interface Costs {
  upstream: number;
  redis: number;
  /** Of one edge, on average. */
  edge: number;
}

type StackName = keyof typeof STACKS;

interface Plan {
  rates: number[];
  streams: number;
  edges: number;
  clients: number;
  seconds: number;
  repetitions: number;
  warmUpSeconds: number;
}

/** The costs of both, by rate, one of each repetition. */
type Table = Map<number, Record<StackName, Costs[]>>;

const PLACES = ['upstream', 'redis', 'edge'] as const;
const MOST_TIMES_RELAY = 1.3;
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
  const { streams, edges, clients, seconds, repetitions } = plan;
  console.log(
    `${cpus().length} x ${cpus()[0]?.model.trim() ?? 'unknown processor'}, Node.js ${process.version}, load ${loadavg()[0]?.toFixed(1)}; nothing is pinned: read the ratios
${streams} streams, ${edges} edges with ${clients} clients each of all streams; ${repetitions} x ${seconds} s at each rate, in turns
us of CPU per event: median [least..most]; an edge is the mean of all edges`,
  );
  const redis = await startRedis();
  const table: Table = new Map(plan.rates.map((rate) => [rate, { 'bare relay': [], Holdfast: [] }]));
  try {
    for (let repetition = 0; repetition < repetitions; repetition += 1)
      for (const name of namesOf(repetition)) await play(name, plan, redis, table);
  } finally {
    await redis.stop();
  }
  for (const [rate, costs] of table) report(rate, costs);
}

/** Whoever was first is second the next time. */
const namesOf = (repetition: number): StackName[] =>
  repetition % 2 === 0 ? ['bare relay', 'Holdfast'] : ['Holdfast', 'bare relay'];

function readPlan(args: string[]): Plan {
  const text = (fallback: string) => ({ type: 'string', default: fallback }) as const;
  const isQuick = args.includes('--quick');
  const { values } = parseArgs({
    args,
    options: {
      quick: { type: 'boolean' },
      rates: text('1000,5000,20000'),
      streams: text('300'),
      edges: text('2'),
      clients: text('1'),
      seconds: text(isQuick ? '2' : '8'),
      repetitions: text(isQuick ? '1' : '3'),
      'warm-up': text(isQuick ? '2' : '10'),
    },
  });
  const { rates, streams, edges, clients, seconds, repetitions } = values;
  return {
    rates: rates.split(',').map(Number),
    streams: Number(streams),
    edges: Number(edges),
    clients: Number(clients),
    seconds: Number(seconds),
    repetitions: Number(repetitions),
    warmUpSeconds: Number(values['warm-up']),
  };
}

/** One stack from its start to its end, at every rate. */
async function play(
  name: StackName,
  { rates, streams, edges, clients, seconds, warmUpSeconds }: Plan,
  redis: Ground['redis'] & { pid: number },
  table: Table,
): Promise<void> {
  const feed = Child.start<FeedOrders>({ script: '../redis/feed', core: undefined });
  const loads = Array.from({ length: edges }, () =>
    Child.start<LoadOrders>({ script: 'load-client', core: undefined }),
  );
  const feedPort = await feed.ask('listen');
  const stack = await STACKS[name]({ feedPort, redis, streams: streamNames(streams), edges });
  try {
    const connected = loads.map((load, at) => load.ask('connect', { ...doorOf(stack, at), clients }));
    await Promise.all(connected);
    await until(async () => (await feed.ask('subscribed')) === streams, { deadlineMs: 60_000, what: 'all subscribed' });
    await feed.ask('drive', { eventsPerSecond: WARM_UP_RATE, seconds: warmUpSeconds });
    for (const rate of rates) {
      await pause(SETTLE_MS);
      await Promise.all(loads.map((load) => load.ask('settle')));
      const before = spentBy(stack, redis.pid);
      const sent = await feed.ask('drive', { eventsPerSecond: rate, seconds });
      await allCame(loads, sent, `${name}, ${rate} events/s`);
      const after = spentBy(stack, redis.pid);
      const costs = Object.fromEntries(PLACES.map((place) => [place, (after[place] - before[place]) / sent]));
      table.get(rate)?.[name].push(costs as unknown as Costs);
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

function report(rate: number, costs: Record<StackName, Costs[]>): void {
  const shown = (values: number[], digits: number): string => {
    const { median, min, max } = spread(values);
    return `${median.toFixed(digits)} [${min.toFixed(digits)}..${max.toFixed(digits)}]`.padStart(24);
  };
  const row = (title: string, of: (place: (typeof PLACES)[number]) => string): string =>
    `  ${title.padEnd(14)}${PLACES.map(of).join('')}`;
  console.log(`\n${rate} events/s`.padEnd(18) + PLACES.map((place) => place.padStart(24)).join(''));
  for (const name of Object.keys(STACKS) as StackName[])
    console.log(
      row(name, (place) =>
        shown(
          costs[name].map((each) => each[place]),
          1,
        ),
      ),
    );
  const times = (place: (typeof PLACES)[number]): number[] =>
    costs.Holdfast.map((each, at) => each[place] / (costs['bare relay'][at]?.[place] ?? Number.NaN));
  console.log(row('x bare relay', (place) => shown(times(place), 2)));
  const missed = PLACES.filter((place) => spread(times(place)).median > MOST_TIMES_RELAY);
  console.log(`  goal ${MOST_TIMES_RELAY} x: ${missed.length === 0 ? 'met' : `missed by ${missed.join(', ')}`}`);
}
