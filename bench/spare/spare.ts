import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { SpareOrder } from './orders.js';
import { machineInWords } from '../suite/machine.js';
import type { Outcome } from '../suite/outcome.js';
import type { Plan } from '../suite/plan.js';
import { spread, spreadInWords, timesEach } from '../suite/statistics.js';
import { RECEIVERS, type Receiver } from './receivers.js';

const WARM_UP = 2;
const FRAMES = 50_000;

/** Nanoseconds of CPU per frame of the recorded mix that a spare line keeps, beside a bare `ws` that only receives it. */
export async function run({ repetitions }: Plan<'repetitions'>): Promise<Outcome> {
  const server = fork(fileURLToPath(new URL('./server.js', import.meta.url)));
  const [{ port }] = (await once(server, 'message')) as [{ port: number }];
  try {
    return await compare(server, `ws://127.0.0.1:${port}/`, repetitions);
  } finally {
    server.disconnect();
  }
}

async function compare(server: ChildProcess, url: string, repetitions: number): Promise<Outcome> {
  console.log(
    `ns of CPU per frame from a real socket, kernel included: medians of ${repetitions} alternating repetitions [least..most]`,
  );
  console.log(machineInWords());
  const times: number[][] = RECEIVERS.map(() => []);
  for (let repetition = -WARM_UP; repetition < repetitions; repetition += 1) {
    for (const [at, receiver] of RECEIVERS.entries()) {
      const time = await measure(server, receiver, url);
      if (repetition >= 0) times[at]?.push(time);
    }
  }
  const [bare = [], kept = []] = times;
  const shown = (name: string, some: readonly number[]): void =>
    console.log(`  ${name.padEnd(36)}${spreadInWords(spread(some), 0).padStart(22)}`);
  for (const [at, { name }] of RECEIVERS.entries()) shown(name, times[at] ?? []);
  shown(
    'keeping alone',
    kept.map((time, repetition) => time - (bare[repetition] ?? 0)),
  );
  const ratio = {
    what: 'CPU a frame that a spare line keeps',
    beside: 'bare ws',
    times: spread(timesEach(kept, bare)),
  };
  return { ratios: [ratio], numbers: { bare, kept } };
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
