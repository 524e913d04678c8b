import type { Step } from './steps.js';

export const REPETITIONS = 11;
/** Each repetition of a step takes at least about this many frames: long enough for the clock, short enough to alternate. */
const FRAMES_PER_TURN = 20_000;

/** Times the steps in turns and prints a line for each: nanoseconds per frame, what it adds to the one before, and how often the first. */
export async function timeSteps(steps: readonly Step[], frames: number): Promise<void> {
  const rounds = Math.max(1, Math.round(FRAMES_PER_TURN / frames));
  const times = await measure(steps, rounds, frames);
  for (const [at, step] of steps.entries()) {
    const taken = times[at] ?? [];
    // Each repetition is compared with itself: what slows the machine down for a while slows both.
    const ratios = taken.map((time, repetition) => time / (times[0]?.[repetition] ?? Number.NaN));
    const added = step.isMore ? `+${(median(taken) - median(times[at - 1] ?? [])).toFixed(0)}` : '';
    console.log(`  ${step.name.padEnd(32)}${spread(taken, 0)}${added.padStart(7)}${spread(ratios, 2)} ×`);
  }
}

function spread(values: readonly number[], digits: number): string {
  const [middle, least, most] = [median(values), Math.min(...values), Math.max(...values)].map((value) =>
    value.toFixed(digits),
  );
  return `${middle} [${least}..${most}]`.padStart(22);
}

/** Takes turns, so that a slow moment of the machine meets all steps alike; the first turns only warm up. */
async function measure(steps: readonly Step[], rounds: number, frames: number): Promise<number[][]> {
  const times: number[][] = steps.map(() => []);
  for (let repetition = -3; repetition < REPETITIONS; repetition++) {
    for (const [at, step] of steps.entries()) {
      let microseconds = 0;
      for (let round = 0; round < rounds; round++) microseconds += await timed(step);
      if (repetition >= 0) times[at]?.push((microseconds * 1000) / (rounds * frames));
    }
  }
  return times;
}

async function timed(step: Step): Promise<number> {
  await step.prepare?.();
  const before = process.cpuUsage();
  sink += step.run();
  const { user, system } = process.cpuUsage(before);
  await step.clear?.();
  return user + system;
}

/** What the steps return goes here, so that no step can be optimised away. */
let sink = 0;

function median(values: readonly number[]): number {
  const sorted = [...values].sort((some, other) => some - other);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
