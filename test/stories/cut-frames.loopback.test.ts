import { join, dirname } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { HURRIED_LIMITS, NativeWatcher, WireWatcher, startStandalone } from '#libs/drill';
import { systemClock as clock } from '#libs/runtime';
import { Simulator } from '#libs/simulator';
import { faultsByStream } from '../support/faults-by-stream.js';
import { recordedTruth } from '../support/recorded-truth.js';
import { linesOf, ofBinance } from '../support/recordings.js';
import { seeded } from '../support/seeded.js';
import { until } from '../support/until.js';

const NAME = 'spot-hft-btcusdt_20240808.jsonl';
const STREAMS = ['btcusdt@trade', 'btcusdt@depth@100ms', 'btcusdt@bookTicker'];
const SPEED = 6;
const recording = ofBinance(NAME);

/** Where something is cut out, as a share of the recording, and what. */
interface Cut {
  at: number;
  stream: string;
  count: number;
}

/** Recorded frames of Binance, some of which never come: 1 to 500 of them in all, wherever chance wants it. */
describe.skipIf(!recording)('a recording out of which frames are cut while REST still knows them', () => {
  it.each([1, 2, 3])('reaches every client whole: cuts of seed %d', { timeout: 60_000 }, async (seed) => {
    const { file, frames } = recording ?? { file: '', frames: 0 };
    const truth = recordedTruth(
      linesOf({ name: NAME, file, frames }),
      join(dirname(file), NAME.replace('spot', 'rest-depth')),
    );
    const cuts = someCuts(seed);
    const simulator = await Simulator.start({ clock, replay: { file, speed: SPEED }, limits: HURRIED_LIMITS });
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
    const trades = linesOf({ name: NAME, file, frames }).filter((line) => line.includes('"stream":"btcusdt@trade"'));
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
function someCuts(seed: number): Cut[] {
  const random = seeded(seed);
  return [0.15, 0.35, 0.55].map((at) => {
    const stream = STREAMS[Math.floor(random() * 2)] ?? '';
    const most = stream.endsWith('trade') ? 160 : 40;
    return { at: at + random() * 0.1, stream, count: 1 + Math.floor(random() * most) };
  });
}
