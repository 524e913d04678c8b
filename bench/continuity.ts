import { Buffer } from 'node:buffer';
import { normalizeFrame, spot } from '#libs/binance';
import { Book, type Depth, type Level } from '#libs/core';
import { samples } from './ingest/frames.js';
import { type Step, each, textLength, wholePipe } from './ingest/steps.js';
import { timeSteps } from './ingest/turns.js';
import { machineInWords } from './suite/machine.js';
import type { Outcome } from './suite/outcome.js';
import type { Plan } from './suite/plan.js';
import { spread, timesEach } from './suite/statistics.js';

const TRADES = 20_000;

/**
 * What it costs while all is well that nothing is ever missing: of a trade, from the socket to the bus, without anybody who keeps the
 * order, with it, and with everybody who would fill a hole; of a diff, our book beside two plain maps.
 */
export async function run({ repetitions }: Plan<'repetitions'>): Promise<Outcome> {
  console.log(`ns of CPU, medians of ${repetitions} alternating repetitions [least..most]`);
  console.log(machineInWords());
  const trades = Array.from({ length: TRADES }, (_, index) => tradeFrame(index));
  console.log('\na trade in its order; the goal is at most 300 ns more than without anybody who keeps the order');
  const ofTrade = await timeSteps(
    [
      { name: 'read, written', run: () => each(trades, textLength) },
      { ...wholePipe('… in order, nobody repairs', trades, 0), isMore: true },
      { ...wholePipe('… and with all repairers', trades, 0, true), isMore: true },
    ],
    TRADES,
    repetitions,
  );
  const diffs = recordedDiffs();
  console.log(`\na recorded diff, ${(levelsOf(diffs) / diffs.length).toFixed(0)} levels on average`);
  const ofDiff = await timeSteps([plainMaps(diffs), ourBook(diffs)], diffs.length, repetitions);
  const times = (some: number[][]): number[] => timesEach(some.at(-1) ?? [], some[0] ?? []);
  return {
    ratios: [
      { what: 'CPU a trade with all repairers', beside: 'read, written', times: spread(times(ofTrade)) },
      { what: 'CPU a diff of our Book', beside: 'two plain Maps', times: spread(times(ofDiff)) },
    ],
    numbers: { ofTrade, ofDiff },
  };
}

const tradeFrame = (index: number): Buffer => {
  const at = 1_770_000_000_000 + index;
  return Buffer.from(
    `{"stream":"btcusdt@trade","data":{"e":"trade","E":${at},"s":"BTCUSDT","t":${4_000_000_000 + index},"p":"61837.63000000","q":"0.00321000","T":${at},"m":true,"M":true}}`,
  );
};

function recordedDiffs(): Depth[] {
  const frames = samples().find(({ name }) => name.startsWith('depth'))?.frames ?? [];
  return frames.flatMap((bytes) => {
    const frame = spot.decode(bytes);
    if (!frame.ok || frame.value.kind !== 'market') return [];
    return normalizeFrame(frame.value, 0).filter((event): event is Depth => event.type === 'depth');
  });
}

const levelsOf = (diffs: readonly Depth[]): number =>
  diffs.reduce((sum, { bids, asks }) => sum + bids.length + asks.length, 0);

function plainMaps(diffs: readonly Depth[]): Step {
  return {
    name: 'two plain Maps',
    run() {
      const [bids, asks] = [new Map<string, string>(), new Map<string, string>()];
      for (const diff of diffs) {
        setAll(bids, diff.bids);
        setAll(asks, diff.asks);
      }
      return bids.size + asks.size;
    },
  };
}

function setAll(side: Map<string, string>, levels: readonly Level[]): void {
  for (const [price, quantity] of levels)
    if (Number(quantity) === 0) side.delete(price);
    else side.set(price, quantity);
}

function ourBook(diffs: readonly Depth[]): Step {
  return {
    name: 'our Book',
    isMore: true,
    run() {
      const book = new Book();
      for (const diff of diffs) book.apply(diff);
      return book.size;
    },
  };
}
