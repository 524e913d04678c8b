import { cpus, loadavg } from 'node:os';
import { samples, type Sample } from './ingest/frames.js';
import { type Step, stepsFor, wholePipes } from './ingest/steps.js';

const REPETITIONS = 11;
/** Each repetition of a step takes at least about this many frames: long enough for the clock, short enough to alternate. */
const FRAMES_PER_TURN = 20_000;

/** Fewer frames than these are repeated. */
const FEW = 100;

/** Nanoseconds of CPU (all threads, garbage collection included) per frame, of each step beside `JSON.parse`. */
export async function run(args: string[]): Promise<void> {
  const all = samples();
  const chosen = args.length === 0 ? all : all.filter(({ name }) => args.some((word) => name.startsWith(word)));
  const unknown = args.filter((word) => !all.some(({ name }) => name.startsWith(word)));
  if (unknown.length > 0) {
    console.error(
      `No sample begins with ${unknown.join(', ')}. There are:\n  ${all.map(({ name }) => name).join('\n  ')}`,
    );
    process.exitCode = 2;
    return;
  }
  console.log(
    `ns of CPU per frame, and × the first step: medians of ${REPETITIONS} alternating repetitions [least..most]`,
  );
  console.log(
    `load of the last minute ${loadavg()[0]?.toFixed(1)}, ${cpus().length} cores, Node.js ${process.version}`,
  );
  for (const sample of chosen) await report(sample);
}

async function report({ name, frames: sample }: Sample): Promise<void> {
  // A few frames over and over: continuity would pass each only once, so they go no further than encode.
  const isFew = sample.length < FEW;
  const frames = isFew ? Array.from({ length: FEW }, () => sample).flat() : sample;
  const bytes = frames.reduce((sum, frame) => sum + frame.length, 0) / frames.length;
  console.log(`\n${name}: ${sample.length} frames, ${bytes.toFixed(0)} bytes on average`);
  const steps = isFew ? stepsFor(frames) : [...stepsFor(frames), ...wholePipes(frames)];
  const rounds = Math.max(1, Math.round(FRAMES_PER_TURN / frames.length));
  const times = await measure(steps, rounds, frames.length);
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
