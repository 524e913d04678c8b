import { type TestRedis, startRedis } from '../../test/support/start-redis.js';
import { streamNames } from '../stacks/orders.js';
import { stacksInTurn } from '../stacks/stacks.js';
import { machineInWords } from '../suite/machine.js';
import type { Outcome } from '../suite/outcome.js';
import type { Plan } from '../suite/plan.js';
import { type Cell, WAYS, type Way, plotsOf, print, ratiosOf } from './report.js';
import { type Life, live } from './life.js';

const STREAMS = 300;

type LatencyPlan = Plan<'seconds' | 'repetitions' | 'first' | 'rates' | 'clients' | 'wire'>;

/**
 * From the frame that is sent to the client that has read it, and the CPU it takes, beside a bare relay of the same shape: standalone
 * and over Redis, and what a process does in its first minute apart from what it does then. Rejects where a client did not get every
 * event exactly once.
 */
export async function run(plan: LatencyPlan): Promise<Outcome> {
  const { repetitions, first, seconds, rates } = plan;
  console.log(
    `${machineInWords()}; nothing is pinned: read the ratios
${STREAMS} streams, ${plan.clients[0]} clients with all of them, Holdfast's on the ${plan.wire} wire; ${repetitions} x the first ${first} s after the start, and ${seconds} s then, of each stack in turns`,
  );
  const redis = await startRedis();
  const cells: Cell[] = [];
  try {
    for (const way of WAYS)
      for (const rate of rates) {
        const cell = await measure(way, rate, plan, redis);
        print(cell);
        cells.push(cell);
      }
  } finally {
    await redis.stop();
  }
  return { ratios: cells.flatMap(ratiosOf), numbers: { plan, cells }, plots: cells.flatMap(plotsOf) };
}

async function measure(way: Way, rate: number, plan: LatencyPlan, redis: TestRedis): Promise<Cell> {
  const lives: Record<'bare relay' | 'Holdfast', Life[]> = { 'bare relay': [], Holdfast: [] };
  const { first, seconds, clients, cpuProfile } = plan;
  for (let repetition = 0; repetition < plan.repetitions; repetition += 1)
    for (const stack of stacksInTurn(repetition)) {
      const streams = streamNames(STREAMS);
      const life = await live(
        {
          stack,
          streams,
          edges: 1,
          wire: plan.wire,
          audience: { clients: clients[0] ?? 1, wanted: [streams], isTimed: true },
          cpuProfile: stack === 'Holdfast' ? cpuProfile : undefined,
          ...(way === 'over Redis' && { redis }),
        },
        { rate, first, seconds },
      );
      lives[stack].push(life);
    }
  return { way, rate, lives };
}
