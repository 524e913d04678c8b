import { Buffer } from 'node:buffer';
import { parseArgs } from 'node:util';
import * as fc from 'fast-check';
import { spot } from '#libs/binance';
import { driftingFrames, framesOf, textOf } from '../test/support/binance-frames.js';
import { Coverage } from './fuzz/coverage.js';
import { judge } from './fuzz/judge.js';
import { mutate } from './fuzz/mutate.js';
import { Dice } from './fuzz/random.js';
import { walkUpstreams } from './fuzz/walks.js';

/** Frames between two looks at the coverage, the heap and the clock. */
const BATCH = 20_000;
/** Inputs that share one look at the coverage while we learn. */
const LITTER = 50;
/** How much the heap may differ between the first and the last look, after a collection. */
const HEAP_SLACK_BYTES = 16 * 1024 * 1024;

const REPLIES = [
  '{"result":null,"id":1}',
  '{"error":{"code":2,"msg":"Invalid request"},"id":1}',
  '{"e":"serverShutdown","E":1770123456789}',
  '{"stream":"!serverShutdown","data":{"e":"serverShutdown","E":1770123456789}}',
  '{"stream":"btcusdt@new","data":{"a":[1,2.5,{"b":"币"}]}}',
];

/** Most inputs are no JSON, and most of what `JSON.parse` then takes is the stack trace that nobody reads. */
Error.stackTraceLimit = 0;

await main();

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      frames: { type: 'string', default: '1000000' },
      seconds: { type: 'string', default: '600' },
      learn: { type: 'string', default: '20' },
      seed: { type: 'string', default: '1' },
      upstream: { type: 'boolean', default: false },
    },
  });
  if (values.upstream) return walkUpstreams(Number(values.seed), Number(values.seconds) * 1_000);
  const dice = new Dice(Number(values.seed));
  const corpus = firstCorpus(Number(values.seed));
  console.log(`seed ${values.seed}: ${corpus.length} frames from the grammar to begin with`);
  const blocks = await learn(corpus, dice, Number(values.learn) * 1000);
  console.log(`learnt: ${blocks} blocks of the decoder reached, ${corpus.length} frames worth keeping`);
  run(corpus, dice, Number(values.frames), Number(values.seconds) * 1000);
}

/** Frames of every kind by the grammar, documented and drifted, in envelopes and bare. */
function firstCorpus(seed: number): Buffer[] {
  const documented = spot.types.flatMap((type) => fc.sample(framesOf(type), { seed, numRuns: 30 }));
  const drifted = fc.sample(driftingFrames, { seed, numRuns: 60 });
  const texts = [...documented, ...drifted].map(textOf);
  const bare = documented.filter((_, at) => at % 10 === 0).map(({ data }) => JSON.stringify(data));
  return [...texts, ...bare, ...REPLIES].map((text) => Buffer.from(text));
}

/** Keeps every input that reaches code which no input before it reached. */
async function learn(corpus: Buffer[], dice: Dice, forMs: number): Promise<number> {
  const coverage = new Coverage();
  await coverage.start();
  for (const frame of corpus) judge(frame);
  await coverage.news();
  const end = performance.now() + forMs;
  while (performance.now() < end) {
    const litter = Array.from({ length: LITTER }, () => mutate(dice.pick(corpus), dice, dice.pick(corpus)));
    for (const frame of litter) judge(frame);
    if ((await coverage.news()) > 0) corpus.push(...litter);
  }
  await coverage.stop();
  return coverage.blocks;
}

/** The long run, without the cost of coverage: counts, and looks at the heap and at a frame that must not change. */
function run(corpus: readonly Buffer[], dice: Dice, frames: number, forMs: number): void {
  const counts: Record<string, number> = {};
  const witness = corpus[0] ?? Buffer.alloc(0);
  const expected = JSON.stringify(spot.decode(witness));
  const start = performance.now();
  const heaps: number[] = [];
  let done = 0;
  while (done < frames && performance.now() - start < forMs) {
    const batch = Math.min(BATCH, frames - done);
    for (let left = batch; left > 0; left--) {
      const outcome = judge(mutate(dice.pick(corpus), dice, dice.pick(corpus)));
      counts[outcome] = (counts[outcome] ?? 0) + 1;
    }
    done += batch;
    if (JSON.stringify(spot.decode(witness)) !== expected)
      throw new Error('An input changed how the next frame is read');
    globalThis.gc?.();
    heaps.push(process.memoryUsage().heapUsed);
  }
  report(counts, done, performance.now() - start, heaps);
}

function report(counts: Record<string, number>, frames: number, tookMs: number, heaps: readonly number[]): void {
  console.log(`${frames} frames in ${(tookMs / 1000).toFixed(1)} s, no crash, no hang, nothing came back changed`);
  for (const [outcome, count] of Object.entries(counts).sort(([, some], [, other]) => other - some)) {
    console.log(`  ${outcome.padEnd(18)} ${count}`);
  }
  const counted = Object.values(counts).reduce((sum, count) => sum + count, 0);
  if (counted !== frames) throw new Error(`${frames} frames but ${counted} outcomes`);
  const [first = 0] = heaps;
  const last = heaps.at(-1) ?? 0;
  const megabytes = (bytes: number): string => `${(bytes / 1024 / 1024).toFixed(1)} MB`;
  console.log(
    `heap after collection: ${megabytes(first)} at first, ${megabytes(Math.max(...heaps))} at most, ${megabytes(last)} at last`,
  );
  if (last - first > HEAP_SLACK_BYTES) throw new Error('The heap has grown');
}
