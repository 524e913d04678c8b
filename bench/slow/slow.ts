import { setTimeout as pause } from 'node:timers/promises';
import type { Door } from '../crowd/orders.js';
import type { Drive, ServerOrders } from '../fanout/orders.js';
import { STREAM } from '../fanout/peers/message.js';
import type { Listening } from '../fanout/peers/peer.js';
import { Child } from '../processes/child.js';
import { coresToUse, placesInWords } from '../processes/cores.js';
import type { Outcome, Ratio } from '../suite/outcome.js';
import type { Plan } from '../suite/plan.js';
import { spread, timesEach } from '../suite/statistics.js';
import type { Latencies, SlowOrders, SlowTale } from './orders.js';

/** One measured drive, with the slow ones or without. */
interface Turn {
  latencies: Latencies;
  /** Most that waited for one client, as the edge's metrics said meanwhile. */
  backlogBytes: number;
  tales: SlowTale[];
}

interface Setting {
  server: Child<ServerOrders>;
  listening: Listening;
  crowd: Child<SlowOrders>;
  drive: Drive;
  slowDoor: Door;
}

const SLOW_BYTES_PER_SECOND = [50_000, 0];
const BURSTS_PER_SECOND = 40;
const BURST = 16;
const GOAL = 1.05;
/** Seldom, for writing the metrics holds the edge up for longer than a slow client may. */
const LOOK_EVERY_MS = 5_000;

/**
 * Whether one client that reads 50 kB/s and one that has stopped reading delay a thousand others, who get four times as much:
 * drives with the two and without take turns in one run. Rejects when one of the others lost a message; a missed goal is only printed.
 */
export async function run(plan: Plan<'seconds' | 'repetitions' | 'clients' | 'delivery'>): Promise<Outcome> {
  const { delivery, repetitions, seconds, cpuProfile } = plan;
  const [clients = 0] = plan.clients;
  const cores = coresToUse();
  console.log(
    `${placesInWords(cores)}
${clients} clients of /v1 on one stream, ${BURSTS_PER_SECOND * BURST} messages/s in bursts of ${BURST}; ${repetitions} x ${seconds} s each, in turns, without and with two slow ones (delivery ${delivery})`,
  );
  const crowd = Child.start<SlowOrders>({ script: 'slow/crowd', core: cores.load });
  const server = Child.start<ServerOrders>({
    script: 'fanout/server',
    args: ['tight-edge'],
    core: cores.server,
    cpuProfile,
  });
  try {
    const listening = await server.ask('listen');
    const door = doorOf('all');
    await crowd.ask('connect', { port: listening.port, doors: [door], clients });
    const drive = { bursts: seconds * BURSTS_PER_SECOND, burst: BURST, periodMs: 1_000 / BURSTS_PER_SECOND };
    const setting: Setting = { server, listening, crowd, drive, slowDoor: doorOf(delivery) };
    await server.ask('drive', { ...drive, bursts: BURSTS_PER_SECOND });
    const pairs = await turns(setting, repetitions);
    report(pairs);
    console.log((await endings(listening)).join('\n'));
    return { ratios: ratiosOf(pairs, delivery), numbers: pairs };
  } finally {
    await Promise.all([crowd.end(), server.end()]);
  }
}

/** The limits come unasked. */
function doorOf(delivery: string): Door {
  const data = { streams: [STREAM], ...(delivery !== 'all' && { delivery }) };
  return { path: '/v1', hello: JSON.stringify({ event: 'subscribe', id: 1, data }), greetings: 1 };
}

/** Each repetition has both, and begins with the other one than the last. */
async function turns(setting: Setting, repetitions: number): Promise<{ without: Turn; withSlow: Turn }[]> {
  const pairs = [];
  for (let repetition = 0; repetition < repetitions; repetition += 1) {
    const isFirst = repetition % 2 === 0;
    const before = await turn(setting, !isFirst);
    const after = await turn(setting, isFirst);
    pairs.push(isFirst ? { without: before, withSlow: after } : { without: after, withSlow: before });
  }
  return pairs;
}

async function turn({ server, listening, crowd, drive, slowDoor }: Setting, hasSlow: boolean): Promise<Turn> {
  const { port } = listening;
  if (hasSlow) await crowd.ask('slow', { port, door: slowDoor, bytesPerSecond: SLOW_BYTES_PER_SECOND });
  await crowd.ask('expect', drive);
  const driven = server.ask('drive', drive);
  const looks = Math.ceil((drive.bursts * drive.periodMs) / LOOK_EVERY_MS);
  let backlogBytes = 0;
  for (let look = 0; look < looks; look += 1) {
    await Promise.race([driven, pause(LOOK_EVERY_MS)]);
    backlogBytes = Math.max(backlogBytes, await backlogOf(listening));
  }
  await driven;
  const latencies = await crowd.ask('latencies', await server.ask('published'));
  if (latencies.lost > 0) throw new Error(`${latencies.lost} messages did not come to the clients that read`);
  return { latencies, backlogBytes, tales: await crowd.ask('leave') };
}

const metricsOf = async ({ opsUrl }: Listening): Promise<string> => (await fetch(`${opsUrl}/metrics`)).text();

const backlogOf = async (listening: Listening): Promise<number> =>
  Number(/^holdfast_edge_backlog_bytes\{of="largest"\} (\d+)/m.exec(await metricsOf(listening))?.[1] ?? 0);

/** How the slow ones ended, as the edge has counted it. */
async function endings(listening: Listening): Promise<string[]> {
  const counters = /^holdfast_edge_(?:slow_clients_closed|closes|conflated)\w*(?:\{.*\})? [1-9]\d*$/gm;
  return [...(await metricsOf(listening)).matchAll(counters)].map(([line]) => line);
}

function report(pairs: readonly { without: Turn; withSlow: Turn }[]): void {
  const ms = (value: number): string => value.toFixed(2).padStart(8);
  console.log(
    'latency of the others to the last message of a burst, ms   p50      p99     most   most that waited for one',
  );
  for (const { without, withSlow } of pairs)
    for (const [what, { latencies, backlogBytes, tales }] of Object.entries({ without, 'with both': withSlow })) {
      const { p50, p99, most } = latencies;
      console.log(`  ${what.padEnd(50)}${ms(p50)} ${ms(p99)} ${ms(most)}   ${(backlogBytes / 1024).toFixed(0)} KiB`);
      for (const tale of tales) console.log(`    ${inWords(tale)}`);
    }
}

const ratiosOf = (pairs: readonly { without: Turn; withSlow: Turn }[], delivery: string): Ratio[] =>
  (['p50', 'p99'] as const).map((quantile) => {
    const of = (turn: 'without' | 'withSlow'): number[] => pairs.map((pair) => pair[turn].latencies[quantile]);
    const times = spread(timesEach(of('withSlow'), of('without')));
    const what = `${quantile} of the others with two slow ones (${delivery})`;
    return { what, beside: 'without them', times, goal: quantile === 'p99' ? GOAL : undefined };
  });

function inWords({ bytesPerSecond, messages, conflated, ageMs, isEnded }: SlowTale): string {
  const who = bytesPerSecond === 0 ? 'stopped reading' : `${bytesPerSecond / 1_000} kB/s`;
  const ages = `age ${ageMs.median.toFixed(0)} ms at the median, ${ageMs.most.toFixed(0)} at most`;
  return `${who}: ${messages} messages, ${conflated} conflated; ${ages}; ${isEnded ? 'ended by the edge' : 'not ended, as far as it has read'}`;
}
