import { tableOf } from '#libs/terminal';
import { coresToUse, placesInWords } from '../processes/cores.js';
import { mixedNames } from '../stacks/orders.js';
import { Stage } from '../stacks/stage.js';
import type { StackName } from '../stacks/stacks.js';
import type { Outcome, Ratio } from '../suite/outcome.js';
import type { Plan } from '../suite/plan.js';
import { spread, spreadInWords, timesEach } from '../suite/statistics.js';
import { turned } from '../suite/turned.js';

const STREAMS_OF_A_CLIENT = 20;
const RELAY = 'bare relay';
const GOAL = 1.25;

type MixedPlan = Plan<'seconds' | 'repetitions' | 'warmUp' | 'streams' | 'clients' | 'flushMs'>;

interface Contestant {
  title: string;
  stack: StackName;
  environment?: Record<string, string>;
}

/** One run of one contestant. */
interface Run {
  cpuMicros: number;
  p50: number;
  p99: number;
  framesPerRead: number;
  delivered: number;
}

const MEASURES = {
  'CPU us a message': 'cpuMicros',
  'p50 ms': 'p50',
  'p99 ms': 'p99',
  'frames a read': 'framesPerRead',
} as const;

/**
 * A market as it is: many streams at the rates of the recordings, many clients with some of them each, and the standalone gateway
 * beside the least that anybody would put there, `ws` and bare uWebSockets.js. Rejects where a client did not get exactly what was sent.
 */
export async function run(plan: MixedPlan): Promise<Outcome> {
  const { repetitions, seconds } = plan;
  const [streams = 0] = plan.streams;
  const [clients = 0] = plan.clients;
  console.log(
    `${placesInWords(coresToUse())}
${streams} streams at the rates of the recordings, ${clients} clients with ${STREAMS_OF_A_CLIENT} of them each; ${repetitions} x ${seconds} s, in turns`,
  );
  const contestants: Contestant[] = [
    { title: RELAY, stack: RELAY },
    ...plan.flushMs.map((ms): Contestant => ({
      title: ms === 0 ? 'Holdfast' : `Holdfast, gathering for ${ms} ms`,
      stack: 'Holdfast',
      environment: { HOLDFAST_EDGE_FLUSH_MS: String(ms) },
    })),
  ];
  const runs = new Map<Contestant, Run[]>(contestants.map((one) => [one, []]));
  for (let repetition = 0; repetition < repetitions; repetition += 1)
    for (const one of turned(contestants, repetition)) runs.get(one)?.push(await play(one, plan));
  const rows = [...runs].map(([{ title }, some]) => ({ title, runs: some }));
  print(rows);
  return { ratios: ratiosOf(rows), numbers: { plan, rows } };
}

interface Row {
  title: string;
  runs: Run[];
}

async function play({ stack, environment = {} }: Contestant, plan: MixedPlan): Promise<Run> {
  const [streams = 0] = plan.streams;
  const [clients = 0] = plan.clients;
  const names = mixedNames(streams);
  const stage = await Stage.start({
    stack,
    streams: names,
    edges: 1,
    environment,
    cores: coresToUse(),
    audience: { clients, wanted: portionsOf(names), isTimed: true },
    cpuProfile: stack === 'Holdfast' ? plan.cpuProfile : undefined,
  });
  try {
    await stage.warmUp({ seconds: plan.warmUp });
    const { cpuMicros, tallies } = await stage.measure({ seconds: plan.seconds });
    const [{ frames, reads } = { frames: 0, reads: 0 }] = tallies;
    const { p50, p99 } = await stage.latency();
    return { cpuMicros: (cpuMicros.gateway ?? 0) / frames, p50, p99, framesPerRead: frames / reads, delivered: frames };
  } finally {
    await stage.stop();
  }
}

/** So that every stream has as many clients as the others. */
function portionsOf(names: readonly string[]): string[][] {
  const portions = Math.ceil(names.length / STREAMS_OF_A_CLIENT);
  // One of each so many, and never the same of them: a client has streams of all types, of busy symbols and of quiet ones.
  return Array.from({ length: portions }, (_, portion) =>
    names.filter((_, at) => (at + Math.floor(at / portions)) % portions === portion),
  );
}

function print(rows: readonly Row[]): void {
  const columns = Object.entries(MEASURES).map(([title, measure]) => ({
    title,
    cell: ({ runs }: Row) => spreadInWords(spread(runs.map((run) => run[measure])), 2),
    isNumber: true,
  }));
  const delivered = ({ runs }: Row): string => String(runs.reduce((sum, run) => sum + run.delivered, 0));
  const all = [{ title: '', cell: ({ title }: Row) => title }, ...columns];
  console.log(`\n${tableOf([...all, { title: 'delivered', cell: delivered, isNumber: true }], rows).join('\n')}`);
}

function ratiosOf(rows: readonly Row[]): Ratio[] {
  const [relay, ...others] = rows;
  return others.flatMap(({ title, runs }) =>
    Object.entries(MEASURES).map(([what, measure]) => {
      const times = spread(
        timesEach(
          runs.map((run) => run[measure]),
          relay?.runs.map((run) => run[measure]) ?? [],
        ),
      );
      return { what: `${what}: ${title}`, beside: RELAY, times, goal: measure === 'cpuMicros' ? GOAL : undefined };
    }),
  );
}
