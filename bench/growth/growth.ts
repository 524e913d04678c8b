import { tableOf } from '#libs/terminal';
import { type TestRedis, startRedis } from '../../test/support/start-redis.js';
import { streamNames } from '../stacks/orders.js';
import { Stage } from '../stacks/stage.js';
import { machineInWords } from '../suite/machine.js';
import type { LinePlot, Outcome, Ratio } from '../suite/outcome.js';
import type { Plan } from '../suite/plan.js';
import { logLogSlope, spread } from '../suite/statistics.js';
import { DIMENSIONS, type Dimension, type Scene } from './dimensions.js';

type GrowthPlan = Plan<'seconds' | 'repetitions' | 'warmUp'>;

/** Twice the size should take no more than twice as much; this much above it is noise. */
const GOAL = 1.1;

/** What the processes of Holdfast (and Redis, where there are edges) take together. */
interface Usage {
  /** Milliseconds of CPU a second. */
  cpuMs: number;
  rssMb: number;
}

interface Point extends Usage {
  size: number;
}

/** How something grew, in one repetition. */
interface Growth {
  dimension: Dimension;
  repetitions: Point[][];
}

const MEASURES = { 'CPU ms/s': 'cpuMs', 'RSS MB': 'rssMb' } as const;

/**
 * How CPU and memory grow with streams, clients, events and edges: the slope of their logarithms, over all sizes, and over the last step,
 * where what a process takes anyway weighs least. 1 is as much again for as much more. Rejects where a client did not get every event exactly once.
 */
export async function run(plan: GrowthPlan): Promise<Outcome> {
  console.log(
    `${machineInWords()}; nothing is pinned: read the slopes; ${plan.repetitions} x ${plan.seconds} s of each size`,
  );
  const redis = await startRedis();
  const grown: Growth[] = [];
  try {
    for (const dimension of DIMENSIONS) {
      const growth: Growth = { dimension, repetitions: [] };
      for (let repetition = 0; repetition < plan.repetitions; repetition += 1)
        growth.repetitions.push(await grow(dimension, plan, redis));
      print(growth);
      grown.push(growth);
    }
  } finally {
    await redis.stop();
  }
  return { ratios: grown.flatMap(ratiosOf), numbers: { plan, grown }, plots: plotsOf(grown) };
}

async function grow({ sizes, quickSizes, scene }: Dimension, plan: GrowthPlan, redis: TestRedis): Promise<Point[]> {
  const points: Point[] = [];
  for (const size of plan.quick ? quickSizes : sizes)
    points.push({ size, ...(await measure(scene(size), plan, redis)) });
  return points;
}

async function measure(
  { streams, clients, streamsOfAClient, eventsPerSecond, edges, isOverRedis }: Scene,
  { seconds, warmUp, cpuProfile }: GrowthPlan,
  redis: TestRedis,
): Promise<Usage> {
  const names = streamNames(streams);
  const stage = await Stage.start({
    stack: 'Holdfast',
    streams: names,
    edges,
    audience: { clients, wanted: portionsOf(names, streamsOfAClient) },
    environment: { HOLDFAST_MAX_STREAMS_PER_CLIENT: String(streams) },
    cpuProfile,
    ...(isOverRedis && { redis }),
  });
  try {
    await stage.warmUp({ eventsPerSecond, seconds: warmUp });
    const measured = await stage.measure({ eventsPerSecond, seconds });
    return { cpuMs: sum(measured.cpuMicros) / 1_000 / measured.seconds, rssMb: sum(stage.rss()) / 1_048_576 };
  } finally {
    await stage.stop();
  }
}

const sum = (usage: Readonly<Partial<Record<string, number>>>): number =>
  Object.values(usage).reduce<number>((total, each) => total + (each ?? 0), 0);

const portionsOf = (names: readonly string[], size: number): string[][] =>
  Array.from({ length: Math.ceil(names.length / size) }, (_, at) => names.slice(at * size, (at + 1) * size));

function ratiosOf({ dimension: { name }, repetitions }: Growth): Ratio[] {
  return Object.entries(MEASURES).flatMap(([what, measure]) => {
    const slopes = (of: (points: Point[]) => Point[]): number[] =>
      repetitions.map((points) => logLogSlope(of(points).map((point) => ({ x: point.size, y: point[measure] }))));
    const beside = 'slope, log-log';
    return [
      { what: `${what} by ${name}, over all sizes`, beside, times: spread(slopes((points) => points)), goal: GOAL },
      {
        what: `${what} by ${name}, the last step`,
        beside,
        times: spread(slopes((points) => points.slice(-2))),
        goal: GOAL,
      },
    ];
  });
}

function print({ dimension: { name, says }, repetitions }: Growth): void {
  const rows = (repetitions[0] ?? []).map(({ size }, at) => ({
    size,
    points: repetitions.flatMap((points) => points[at] ?? []),
  }));
  type GrowthRow = (typeof rows)[number];
  const columns = Object.entries(MEASURES).map(([title, measure]) => ({
    title,
    cell: ({ points }: GrowthRow) => spread(points.map((point) => point[measure])).median.toFixed(1),
    isNumber: true,
  }));
  const size = { title: name, cell: (row: GrowthRow) => String(row.size), isNumber: true };
  console.log(`\n${says}\n${tableOf([size, ...columns], rows).join('\n')}`);
}

const plotsOf = (grown: readonly Growth[]): LinePlot[] =>
  Object.entries(MEASURES).map(([what, measure]) => ({
    name: measure === 'cpuMs' ? 'cpu' : 'memory',
    title: `${what} of Holdfast by size`,
    x: 'times the smallest',
    y: what,
    isLogLog: true,
    points: grown.flatMap(({ dimension: { name }, repetitions }) =>
      (repetitions[0] ?? []).map(({ size }, at) => ({
        line: name,
        x: size / (repetitions[0]?.[0]?.size ?? size),
        y: spread(repetitions.map((points) => points[at]?.[measure] ?? Number.NaN)).median,
      })),
    ),
  }));
