import { execFileSync } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import { tableOf } from '#libs/terminal';
import { type LoadOrders, demandExactlyOnce } from '../crowd/orders.js';
import type { ServerOrders } from '../fanout/orders.js';
import { Child } from '../processes/child.js';
import { coresToUse, placesInWords } from '../processes/cores.js';
import { cpuMicrosOf, ownBytesOf } from '../processes/usage.js';
import type { Outcome, Ratio } from '../suite/outcome.js';
import type { Plan } from '../suite/plan.js';
import { spread, spreadInWords, timesEach } from '../suite/statistics.js';
import { CLIENTS_OF_A_PROCESS, mostConnections, portionsOf } from './limits.js';

const RELAY = 'bare uWebSockets.js';

const CONTESTANTS = [
  { title: RELAY, peer: 'uws', door: 'uws' },
  { title: 'Holdfast edge, /v1', peer: 'edge-wide', door: 'native' },
] as const;

/** Both ping a client that often. In less there is next to no CPU to compare. */
const PINGED_SECONDS = 120;
/** Memory and CPU without clients are steady at once. */
const EMPTY_SECONDS = 5;

/** So many messages show that everybody is still there. */
const PROOFS = 3;
const MEMORY = ['RssAnon bytes a connection', 'ownBytes'] as const satisfies [string, keyof Run];
const MEASURES = { [MEMORY[0]]: MEMORY[1], 'CPU us/s a connection': 'cpuMicros' } as const;

type ConnectionsPlan = Plan<'seconds' | 'repetitions' | 'clients'>;

/** What one connection takes of the server, while nothing happens. */
interface Run {
  ownBytes: number;
  cpuMicros: number;
}

interface Row {
  clients: number;
  title: string;
  runs: Run[];
}

/**
 * What idle connections take of an edge, memory and CPU, beside bare uWebSockets.js. Each is on one stream; at the end messages show
 * that everybody is still there: rejects where one did not get each exactly once. Not more than this machine lets one process have open.
 */
export async function run(plan: ConnectionsPlan): Promise<Outcome> {
  console.log(`${placesInWords(coresToUse())}
idle connections on one stream, ${plan.repetitions} x ${plan.seconds} s, in turns; memory is RssAnon: without pages of files, and what the kernel keeps for a socket`);
  const rows: Row[] = [];
  for (const clients of allowed(plan.clients)) {
    const some: Row[] = CONTESTANTS.map(({ title }) => ({ clients, title, runs: [] }));
    for (let repetition = 0; repetition < plan.repetitions; repetition += 1)
      for (const [at, contestant] of CONTESTANTS.entries())
        some[at]?.runs.push(await measure(contestant, clients, plan));
    print(some);
    rows.push(...some);
  }
  const isPinged = plan.seconds >= PINGED_SECONDS;
  if (!isPinged)
    console.log(`\nCPU is compared over ${PINGED_SECONDS} s and more: by then every client has been pinged.`);
  return { ratios: ratiosOf(rows, isPinged ? Object.entries(MEASURES) : [MEMORY]), numbers: { plan, rows } };
}

/** What was asked for, as far as the limit of open files lets one server have it; says what it leaves out. */
function allowed(wanted: readonly number[]): number[] {
  const files = Number(execFileSync('sh', ['-c', 'ulimit -n'], { encoding: 'utf8' }));
  const most = mostConnections(files);
  return [...new Set(wanted.map((clients) => Math.min(clients, most)))].map((clients) => {
    const cut = wanted.filter((asked) => asked > clients && clients === most);
    for (const asked of cut)
      console.log(
        `${asked} connections need ${asked} open files in one process, and ulimit -n is ${files}: ${most} instead. Raise it (ulimit -n ${asked + 2_000}, as root or in limits.conf) for all of them.`,
      );
    return clients;
  });
}

async function measure(
  { peer, door: name }: (typeof CONTESTANTS)[number],
  clients: number,
  { seconds, cpuProfile }: ConnectionsPlan,
): Promise<Run> {
  const cores = coresToUse();
  const isOurs = peer !== 'uws';
  const server = Child.start<ServerOrders>({
    script: 'fanout/server',
    args: [peer],
    core: cores.server,
    cpuProfile: isOurs ? cpuProfile : undefined,
  });
  const portions = portionsOf(clients);
  const loads = portions.map(() => Child.start<LoadOrders>({ script: 'crowd/load-client', core: cores.load }));
  try {
    const { port, doors } = await server.ask('listen');
    const door = doors[name];
    if (!door) throw new Error(`${peer} has no door ${name}`);
    await server.ask('drive', { bursts: 20, burst: 1, periodMs: 10 });
    const empty = await rest(server.pid, Math.min(seconds, EMPTY_SECONDS));
    const crowd = { port, doors: [door], clients: 0 };
    await Promise.all(loads.map((load, at) => load.ask('connect', { ...crowd, ...portions[at] })));
    await Promise.all(loads.map((load) => load.ask('settle')));
    const full = await rest(server.pid, seconds);
    await server.ask('drive', { bursts: PROOFS, burst: 1, periodMs: 500 });
    const tallies = await Promise.all(loads.map((load) => load.ask('tally', [PROOFS])));
    demandExactlyOnce(tallies, `${clients} connections, ${peer}`);
    return {
      ownBytes: (full.ownBytes - empty.ownBytes) / clients,
      cpuMicros: (full.cpuMicros - empty.cpuMicros) / clients,
    };
  } finally {
    await Promise.all([server, ...loads].map((child) => child.end()));
  }
}

/** Memory after a while in which nothing happens, and CPU a second of that while. */
async function rest(pid: number, seconds: number): Promise<Run> {
  const before = cpuMicrosOf(pid);
  const from = performance.now();
  await pause(seconds * 1_000);
  const cpuMicros = ((cpuMicrosOf(pid) - before) * 1_000) / (performance.now() - from);
  return { ownBytes: ownBytesOf(pid), cpuMicros };
}

function print(rows: readonly Row[]): void {
  const columns = Object.entries(MEASURES).map(([title, measure]) => ({
    title,
    cell: ({ runs }: Row) => spreadInWords(spread(runs.map((run) => run[measure])), 2),
    isNumber: true,
  }));
  console.log(`\n${rows[0]?.clients} connections, ${Math.ceil((rows[0]?.clients ?? 0) / CLIENTS_OF_A_PROCESS)} processes of clients
${tableOf([{ title: '', cell: ({ title }: Row) => title }, ...columns], rows).join('\n')}`);
}

function ratiosOf(rows: readonly Row[], measures: readonly [string, keyof Run][]): Ratio[] {
  const ours = rows.filter(({ title }) => title !== RELAY);
  return ours.flatMap(({ clients, title, runs }) => {
    const relay = rows.find((row) => row.clients === clients && row.title === RELAY)?.runs ?? [];
    // The heap of one that keeps next to nothing shrinks by more than that: there is nothing to compare with then.
    const measured = measures.filter(([, measure]) => relay.every((run) => run[measure] > 0));
    return measured.map(([what, measure]) => ({
      what: `${what}, ${clients} connections: ${title}`,
      beside: RELAY,
      times: spread(
        timesEach(
          runs.map((run) => run[measure]),
          relay.map((run) => run[measure]),
        ),
      ),
    }));
  });
}
