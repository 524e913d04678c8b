import { cpus, loadavg } from 'node:os';
import { samples, type Sample } from './ingest/frames.js';
import { stepsFor, wholePipes } from './ingest/steps.js';
import { REPETITIONS, timeSteps } from './ingest/turns.js';

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
  await timeSteps(steps, frames.length);
}
