import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { type Kline, type Missing, type Result, type StreamEvent, ok } from '#libs/core';
import type { RestRequest } from '#libs/rest';
import { FakeClock } from '../../../../test/support/fake-clock.js';
import { candle, inShort, seriesTools, streamOf } from '../../../../test/support/series-rig.js';
import { RepairDesk } from '../streams/repair-desk.js';
import { Series } from '../streams/series.js';
import { HistoryDesk } from './history-desk.js';
import type { HistoryClient } from './history-repair.js';

/** When the first second opens; three trades happen in each. */
const START = 1_700_000_000_000;
const TRADES = 3;

const opens = (second: number): number => START + second * 1_000;

/** What a frame says of a second. */
const frame = (second: number, closed: boolean): Kline => ({
  ...candle(opens(second), opens(second + 1), closed),
  firstTradeId: 1 + second * TRADES,
  lastTradeId: TRADES + second * TRADES,
  trades: TRADES,
});

/** A REST API that has lost the rows of some seconds. */
class LossyCandles implements HistoryClient {
  asked = 0;

  constructor(
    private readonly clock: FakeClock,
    private readonly lost: ReadonlySet<number>,
  ) {}

  get({ query }: RestRequest): Promise<Result<unknown, never>> {
    this.asked += 1;
    return new Promise((answer) => this.clock.after(20, () => answer(ok(this.rows(Number(query['startTime']))))));
  }

  private rows(from: number): unknown[] {
    const now = Math.floor((this.clock.now() - START) / 1_000);
    const seconds = Array.from({ length: now + 1 }, (_, second) => second);
    return seconds
      .filter((second) => opens(second) >= from && !this.lost.has(second))
      .map((second) => [opens(second), '1', '1', '1', '1', '1', opens(second) + 999, '1', TRADES, '1', '1', '0']);
  }
}

/** Everything that is said from the second behind the first one, until the one behind what was missed has come. */
async function suffer(missed: number, isOpen: boolean, lost: ReadonlySet<number>): Promise<StreamEvent[]> {
  const clock = new FakeClock(opens(missed + 2));
  const said: StreamEvent[] = [];
  const publish = (series: Series, events: readonly StreamEvent[]): void => {
    for (const event of events) series.transcript.say(event);
    said.push(...events);
  };
  const desk: RepairDesk = new RepairDesk({ clock, find: () => series, publish });
  desk.employ([new HistoryDesk(new LossyCandles(clock, lost), clock, () => true)]);
  const tools = { ...seriesTools(), repairs: desk };
  const series: Series = new Series(streamOf('btcusdt@kline_1s'), tools, { topic: 't', at: 0, seq: 0 });
  series.sources.open(1, 0);
  publish(series, series.accept([frame(0, !isOpen)], 1, clock.now()));
  said.length = 0;
  publish(series, series.accept([frame(missed + 1, true)], 1, clock.now()));
  for (let ms = 0; series.isWaiting && ms < 40_000; ms += 20) {
    clock.advance(20);
    for (let turn = 0; turn < 40; turn += 1) await Promise.resolve();
  }
  return said;
}

/** Seconds that are lost, as runs of open times. */
function runsOf(seconds: readonly number[]): Missing[] {
  const runs: Missing[] = [];
  for (const second of seconds) {
    const run = runs.at(-1);
    if (run?.to === opens(second) - 1) run.to = opens(second + 1) - 1;
    else runs.push({ from: opens(second), to: opens(second + 1) - 1 });
  }
  return runs;
}

const losses = fc.array(fc.record({ at: fc.double({ min: 0, max: 1, noNaN: true }), length: fc.nat(6) }), {
  maxLength: 3,
});

it('announces exactly the candles that history has lost, and brings every other one once, in order', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 60 }), fc.boolean(), losses, async (missed, isOpen, runs) => {
      const first = isOpen ? 0 : 1;
      const lost = new Set<number>();
      for (const { at, length } of runs)
        for (let second = first + Math.floor(at * missed); second <= missed && lost.size <= length; second += 1)
          lost.add(second);
      const said = await suffer(missed, isOpen, lost);
      const hole = Array.from({ length: missed + 1 - first }, (_, at) => first + at);
      const gaps = said.flatMap((event) =>
        event.type === 'feed' && event.state === 'gap' && event.missing ? [event.missing] : [],
      );
      expect(gaps).toEqual(runsOf(hole.filter((second) => lost.has(second))));
      const brought = said.filter((event) => event.type === 'kline');
      const expected = [...hole.filter((second) => !lost.has(second)), missed + 1];
      expect(brought.map(inShort)).toEqual(expected.map((second) => `${opens(second)} closed`));
      // Ids are as the stream has them as far as they can be counted from either end, and no others are made up.
      for (const [at, { firstTradeId = -1 }] of brought.entries())
        expect([-1, 1 + (expected[at] ?? 0) * TRADES]).toContain(firstTradeId);
      if (gaps.length <= 1) expect(brought.map(({ firstTradeId }) => firstTradeId)).not.toContain(undefined);
    }),
    { numRuns: 60 },
  );
});
