import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { cpus, loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { SpareOrder } from './spare/orders.js';
import { RECEIVERS, type Receiver } from './spare/receivers.js';

const REPETITIONS = 11;
const WARM_UP = 2;
const FRAMES = 50_000;

/** Nanoseconds of CPU per frame of the recorded mix that a spare line keeps, beside a bare `ws` that only receives it. */
export async function run(): Promise<void> {
  const server = fork(fileURLToPath(new URL('./spare/server.js', import.meta.url)));
  const [{ port }] = (await once(server, 'message')) as [{ port: number }];
  try {
    await report(server, `ws://127.0.0.1:${port}/`);
  } finally {
    server.disconnect();
  }
}

async function report(server: ChildProcess, url: string): Promise<void> {
  const load = loadavg()[0]?.toFixed(1);
  console.log(
    `ns of CPU per frame from a real socket, kernel included: medians of ${REPETITIONS} alternating repetitions [least..most]`,
  );
  console.log(`load of the last minute ${load}, ${cpus().length} cores, Node.js ${process.version}`);
  const times: number[][] = RECEIVERS.map(() => []);
  for (let repetition = -WARM_UP; repetition < REPETITIONS; repetition += 1) {
    for (const [at, receiver] of RECEIVERS.entries()) {
      const time = await measure(server, receiver, url);
      if (repetition >= 0) times[at]?.push(time);
    }
  }
  for (const [at, { name }] of RECEIVERS.entries()) console.log(`  ${name.padEnd(36)}${spread(times[at] ?? [], 0)}`);
  const added = (times[1] ?? []).map((time, repetition) => time - (times[0]?.[repetition] ?? 0));
  console.log(`  ${'keeping alone'.padEnd(36)}${spread(added, 0)}`);
}

async function measure(server: ChildProcess, receiver: Receiver, url: string): Promise<number> {
  let left = FRAMES;
  let finish: () => void = () => undefined;
  const finished = new Promise<void>((resolve) => (finish = resolve));
  const stop = await receiver.start(url, () => {
    left -= 1;
    if (left === 0) finish();
  });
  globalThis.gc?.();
  const before = process.cpuUsage();
  server.send({ send: FRAMES } satisfies SpareOrder);
  await finished;
  const { user, system } = process.cpuUsage(before);
  await stop();
  return ((user + system) * 1_000) / FRAMES;
}

function spread(values: readonly number[], digits: number): string {
  const sorted = [...values].sort((some, other) => some - other);
  const shown = [sorted[Math.floor(sorted.length / 2)], sorted[0], sorted.at(-1)];
  const [middle, least, most] = shown.map((value) => (value ?? Number.NaN).toFixed(digits));
  return `${middle} [${least}..${most}]`.padStart(22);
}
