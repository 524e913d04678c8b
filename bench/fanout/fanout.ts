import { type LoadOrders, demandExactlyOnce } from '../crowd/orders.js';
import { Child } from '../processes/child.js';
import { type Cores, coresToUse, placesInWords } from '../processes/cores.js';
import type { Outcome } from '../suite/outcome.js';
import type { Plan } from '../suite/plan.js';
import { CONTESTANTS, type Contestant, ROWS, type Row } from './contestants.js';
import { type Server, measure } from './measure.js';
import type { ServerOrders } from './orders.js';
import { whyAbsent } from './peers/index.js';
import { type Line, type Series, linesOf, ratiosOf, table } from './report.js';

type FanoutPlan = Plan<'seconds' | 'repetitions'>;

/**
 * What it costs to get one message to one client: Holdfast's edge beside bare uWebSockets.js and Nest's own adapter.
 * Prints a table per row. Rejects when a single message was lost or came twice; a missed goal is only printed, because
 * a noisy machine can miss it too. README.md beside this file says how to read the numbers.
 */
export async function run(plan: FanoutPlan): Promise<Outcome> {
  const cores = coresToUse();
  console.log(conditions(plan, cores));
  const contestants = CONTESTANTS.filter(({ title, peer }) => {
    const why = whyAbsent(peer);
    if (why !== undefined) console.log(`Without ${title}: ${why}`);
    return why === undefined;
  });
  const load = Child.start<LoadOrders>({ script: 'crowd/load-client', core: cores.load });
  const servers = new Map<string, Server>();
  try {
    for (const peer of new Set(contestants.map((contestant) => contestant.peer)))
      servers.set(peer, await startServer(peer, cores, plan.cpuProfile));
    const lines: Line[] = [];
    for (const row of ROWS) {
      const rowLines = linesOf(await runRow(plan, row, contestants, servers, load));
      console.log(`\n${table(rowLines)}`);
      lines.push(...rowLines);
    }
    for (const line of lines) demandExactlyOnce([line], `${line.contestant}, ${line.row}`);
    return { ratios: ratiosOf(lines), numbers: lines };
  } finally {
    await Promise.all([load, ...[...servers.values()].map(({ child }) => child)].map((child) => child.end()));
  }
}

async function startServer(peer: string, { server: core }: Cores, cpuProfile: string | undefined): Promise<Server> {
  const isOurs = peer.includes('edge');
  const child = Child.start<ServerOrders>({
    script: 'fanout/server',
    args: [peer],
    core,
    cpuProfile: isOurs ? cpuProfile : undefined,
  });
  return { child, listening: await child.ask('listen') };
}

/** Contestants take turns within each repetition, so that a change in the machine's mood strikes all of them. */
async function runRow(
  plan: FanoutPlan,
  row: Row,
  contestants: readonly Contestant[],
  servers: Map<string, Server>,
  load: Child<LoadOrders>,
): Promise<Series[]> {
  const series: Series[] = contestants.map((contestant) => ({ row, contestant, runs: [] }));
  for (let repetition = 0; repetition < plan.repetitions; repetition += 1) {
    for (const { contestant, runs } of series) {
      const server = servers.get(contestant.peer);
      if (!server) throw new Error(`No server was started for ${contestant.title}`);
      runs.push(await measure(server, load, contestant, row, plan.seconds));
    }
  }
  return series;
}

function conditions({ repetitions, seconds }: FanoutPlan, cores: Cores): string {
  return `${placesInWords(cores)}; ${repetitions} x ${seconds} s each, in turns.
CPU is user and system time of the whole server process per message and client, less the baseline: what it takes when\nit is woken up as often, with as many clients, and nothing is published.`;
}
