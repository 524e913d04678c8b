import { join, dirname } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { HURRIED_LIMITS, NativeWatcher, WireWatcher, startStandalone } from '#libs/drill';
import { systemClock as clock } from '#libs/runtime';
import { Simulator } from '#libs/simulator';
import { faultsByStream } from '../support/faults-by-stream.js';
import { recordedTruth } from '../support/recorded-truth.js';
import { type Recording, SMALL, linesOf, ofBinance } from '../support/recordings.js';
import { seeded } from '../support/seeded.js';
import { until } from '../support/until.js';

const NAME = 'spot-hft-btcusdt_20240808.jsonl';
const STREAMS = ['btcusdt@trade', 'btcusdt@depth@100ms', 'btcusdt@bookTicker'];
const ofBinanceItself = ofBinance(NAME);

interface Case {
  recording: Recording;
  /** The book that was fetched while it was recorded. */
  snapshot?: string;
  speed: number;
  seed: number;
}

/** Both cut trades and diffs. */
const CASES: Case[] = [{ recording: SMALL, speed: 2, seed: 2 }];
if (ofBinanceItself)
  CASES.push({
    recording: ofBinanceItself,
    snapshot: join(dirname(ofBinanceItself.file), NAME.replace('spot', 'rest-depth')),
    speed: 6,
    seed: 1,
  });

/** Where something is cut out, as a share of the recording, and what. */
interface Cut {
  at: number;
  stream: string;
  count: number;
}

/** Recorded frames, some of which never come: 1 to 500 of them in all, wherever chance wants it. */
describe('a recording out of which frames are cut while REST still knows them', () => {
  it.each(CASES)('reaches every client whole: $recording.name', { timeout: 60_000 }, async (one) => {
    const { recording, snapshot, speed, seed } = one;
    const { file, frames } = recording;
    const truth = recordedTruth(linesOf(recording), snapshot);
    const cuts = someCuts(seed, frames);
    const simulator = await Simulator.start({ clock, replay: { file, speed }, limits: HURRIED_LIMITS });
    simulator.script([{ slow: 1_000 }]);
    const gateway = await startStandalone(simulator);
    const native = new NativeWatcher('native', gateway.url, STREAMS, { truth });
    const wire = new WireWatcher('wire', 'combined', gateway.url, STREAMS, { truth });
    onTestFinished(async () => {
      await Promise.all([native.stop(), wire.stop()]);
      await gateway.stop();
      await simulator.stop();
    });
    await Promise.all([native.start(), wire.start()]);
    for (const { at, stream, count } of cuts) {
      await until(() => (simulator.replay?.sent ?? 0) >= at * frames, { deadlineMs: 30_000 });
      simulator.strike({ name: 'drop-frames', stream, count });
    }
    await simulator.replay?.finished;
    const trades = linesOf(recording).filter((line) => line.includes('"stream":"btcusdt@trade"'));
    const tradesOf = (watcher: NativeWatcher | WireWatcher): number =>
      watcher.ledger.accounts().find(({ stream }) => stream === 'btcusdt@trade')?.messages ?? 0;
    await until(() => tradesOf(native) === trades.length && tradesOf(wire) === trades.length, {
      deadlineMs: 15_000,
      what: `${trades.length} trades at both clients`,
    }).catch(() => undefined);
    expect([tradesOf(native), tradesOf(wire)]).toEqual([trades.length, trades.length]);
    expect([native, wire].flatMap(faultsByStream)).toEqual([]);
  });
});

/** Ends well before the recording does: what is cut out at its very end can only be known by what comes after it. */
function someCuts(seed: number, frames: number): Cut[] {
  const random = seeded(seed);
  return [0.15, 0.35, 0.55].map((at) => {
    const stream = STREAMS[Math.floor(random() * 2)] ?? '';
    const most = Math.ceil(frames / (stream.endsWith('trade') ? 37 : 150));
    return { at: at + random() * 0.1, stream, count: 1 + Math.floor(random() * most) };
  });
}
