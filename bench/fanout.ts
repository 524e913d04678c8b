import { writeFile } from 'node:fs/promises';
import { Child } from './fanout/child.js';
import { type Cores, coresToUse, placesInWords } from './fanout/cores.js';
import { type Server, measure } from './fanout/measure.js';
import type { LoadOrders, ServerOrders } from './fanout/orders.js';
import { type Plan, type Row, readPlan } from './fanout/plan.js';
import { type Line, type Series, linesOf, table } from './fanout/report.js';

/**
 * What it costs to get one message to one client: Holdfast's edge beside bare uWebSockets.js and Nest's own adapter.
 * Prints a table per row. Rejects when a single message was lost or came twice; a missed goal is only printed, because
 * a noisy machine can miss it too. README.md beside this file says how to read the numbers.
 */
export async function run(args: string[]): Promise<void> {
  const plan = readPlan(args);
  const cores = coresToUse();
  console.log(conditions(plan, cores));
  const load = Child.start<LoadOrders>({ script: 'load-client', core: cores.load });
  const servers = new Map<string, Server>();
  try {
    for (const peer of new Set(plan.contestants.map((contestant) => contestant.peer))) {
      const child = Child.start<ServerOrders>({ script: 'server', args: [peer], core: cores.server });
      servers.set(peer, { child, listening: await child.ask('listen') });
    }
    const lines: Line[] = [];
    for (const row of plan.rows) {
      const rowLines = linesOf(await runRow(plan, row, servers, load));
      console.log(`\n${table(rowLines)}`);
      lines.push(...rowLines);
    }
    if (plan.jsonFile !== undefined) await writeFile(plan.jsonFile, `${JSON.stringify({ plan, lines }, null, 2)}\n`);
    failOnLoss(lines);
  } finally {
    await Promise.all([load, ...[...servers.values()].map(({ child }) => child)].map((child) => child.end()));
  }
}

/** Contestants take turns within each repetition, so that a change in the machine's mood strikes all of them. */
async function runRow(plan: Plan, row: Row, servers: Map<string, Server>, load: Child<LoadOrders>): Promise<Series[]> {
  const series: Series[] = plan.contestants.map((contestant) => ({ row, contestant, runs: [] }));
  for (let repetition = 0; repetition < plan.repetitions; repetition += 1) {
    for (const { contestant, runs } of series) {
      const server = servers.get(contestant.peer);
      if (!server) throw new Error(`No server was started for ${contestant.title}`);
      runs.push(await measure(server, load, contestant, row, plan.seconds));
    }
  }
  return series;
}

function failOnLoss(lines: Line[]): void {
  const bad = lines.filter(({ lost, surplus }) => lost + surplus > 0);
  if (bad.length === 0) return;
  const each = bad.map((line) => `${line.contestant} (${line.row}): ${line.lost} lost, ${line.surplus} too many`);
  throw new Error(`Not every client got every message exactly once:\n${each.join('\n')}`);
}

function conditions({ repetitions, seconds }: Plan, cores: Cores): string {
  return `${placesInWords(cores)}; ${repetitions} x ${seconds} s each, in turns.
CPU is user and system time of the whole server process per message and client, less the baseline: what it takes when\nit is woken up as often, with as many clients, and nothing is published.`;
}
