import { spread, spreadInWords, timesEach } from '../suite/statistics.js';
import type { Step } from './steps.js';

/** Each repetition of a step takes at least about this many frames: long enough for the clock, short enough to alternate. */
const FRAMES_PER_TURN = 20_000;

/**
 * Times the steps in turns and prints a line for each: nanoseconds per frame, what it adds to the one before, and how often the first.
 * Resolves with the times of each step, one of each repetition.
 */
export async function timeSteps(steps: readonly Step[], frames: number, repetitions: number): Promise<number[][]> {
  const rounds = Math.max(1, Math.round(FRAMES_PER_TURN / frames));
  const times = await measure(steps, rounds, frames, repetitions);
  for (const [at, step] of steps.entries()) {
    const taken = times[at] ?? [];
    // Each repetition is compared with itself: what slows the machine down for a while slows both.
    const ratios = timesEach(taken, times[0] ?? []);
    const added = step.isMore ? `+${(spread(taken).median - spread(times[at - 1] ?? []).median).toFixed(0)}` : '';
    console.log(`  ${step.name.padEnd(32)}${shown(taken, 0)}${added.padStart(7)}${shown(ratios, 2)} ×`);
  }
  return times;
}

const shown = (values: readonly number[], digits: number): string => spreadInWords(spread(values), digits).padStart(22);

/** Takes turns, so that a slow moment of the machine meets all steps alike; the first turns only warm up. */
async function measure(
  steps: readonly Step[],
  rounds: number,
  frames: number,
  repetitions: number,
): Promise<number[][]> {
  const times: number[][] = steps.map(() => []);
  for (let repetition = -3; repetition < repetitions; repetition++) {
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
