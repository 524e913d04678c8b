import { machineInWords } from '../suite/machine.js';
import type { Outcome, Ratio } from '../suite/outcome.js';
import type { Plan } from '../suite/plan.js';
import { spread, timesEach } from '../suite/statistics.js';
import { samples, type Sample } from './frames.js';
import { stepsFor, wholePipes } from './steps.js';
import { timeSteps } from './turns.js';

/** Fewer frames than these are repeated. */
const FEW = 100;

const GOAL = 3;

/** Nanoseconds of CPU (all threads, garbage collection included) per frame, of each step beside `JSON.parse`. */
export async function run({ samples: names, repetitions }: Plan<'samples' | 'repetitions'>): Promise<Outcome> {
  const all = samples();
  const chosen = names.length === 0 ? all : all.filter(({ name }) => names.some((word) => name.startsWith(word)));
  if (chosen.length === 0)
    throw new Error(`No sample begins with ${names.join(', ')}. There are: ${all.map(({ name }) => name).join(', ')}`);
  console.log(
    `ns of CPU per frame, and × the first step: medians of ${repetitions} alternating repetitions [least..most]`,
  );
  console.log(machineInWords());
  const times: Record<string, Record<string, number[]>> = {};
  for (const sample of chosen) times[sample.name] = await timesOf(sample, repetitions);
  return { ratios: Object.entries(times).flatMap(([name, steps]) => ratiosOf(name, steps)), numbers: times };
}

async function timesOf({ name, frames: sample }: Sample, repetitions: number): Promise<Record<string, number[]>> {
  // A few frames over and over: continuity would pass each only once, so they go no further than encode.
  const isFew = sample.length < FEW;
  const frames = isFew ? Array.from({ length: FEW }, () => sample).flat() : sample;
  const bytes = frames.reduce((sum, frame) => sum + frame.length, 0) / frames.length;
  console.log(`\n${name}: ${sample.length} frames, ${bytes.toFixed(0)} bytes on average`);
  const steps = isFew ? stepsFor(frames) : [...stepsFor(frames), ...wholePipes(frames)];
  const times = await timeSteps(steps, frames.length, repetitions);
  return Object.fromEntries(steps.map((step, at) => [step.name, times[at] ?? []]));
}

/** The last step has all others in it. */
function ratiosOf(sample: string, steps: Record<string, number[]>): Ratio[] {
  const [[beside, first] = ['', []], ...others] = Object.entries(steps);
  const [name, last] = others.at(-1) ?? ['', []];
  const isMix = sample.endsWith('mix');
  return [
    {
      what: `CPU a frame, ${sample}: ${name}`,
      beside,
      times: spread(timesEach(last, first)),
      goal: isMix ? GOAL : undefined,
    },
  ];
}
