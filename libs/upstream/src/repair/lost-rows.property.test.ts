import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { type Missing, type Result, type StreamEvent, ok } from '#libs/core';
import type { RestRequest } from '#libs/rest';
import { FakeClock } from '../../../../test/support/fake-clock.js';
import { inShort, seriesTools, streamOf, trade } from '../../../../test/support/series-rig.js';
import { RepairDesk } from '../streams/repair-desk.js';
import { Series } from '../streams/series.js';
import { HistoryDesk } from './history-desk.js';
import type { HistoryClient } from './history-repair.js';

const LAG_MS = 700;
const ANSWER_MS = 20;

/** A REST API that has lost some trades; one trade happens each millisecond, from 1 on. */
class LossyRest implements HistoryClient {
  constructor(
    private readonly clock: FakeClock,
    private readonly lost: ReadonlySet<number>,
  ) {}

  get({ path, query }: RestRequest): Promise<Result<unknown, never>> {
    return new Promise((answer) => this.clock.after(ANSWER_MS, () => answer(ok(this.rows(path, query['fromId'])))));
  }

  private rows(path: string, fromId: unknown): unknown[] {
    const now = Math.floor(this.clock.now());
    const kept = range(1, path.endsWith('/trades') ? now : now - LAG_MS).filter((id) => !this.lost.has(id));
    const chosen = typeof fromId === 'number' ? kept.filter((id) => id >= fromId).slice(0, 1_000) : kept.slice(-1_000);
    return chosen.map((id) => ({ id, price: '1', qty: '1', time: id, isBuyerMaker: true }));
  }
}

const range = (from: number, to: number): number[] =>
  Array.from({ length: Math.max(0, to - from + 1) }, (_, at) => from + at);

interface Outage {
  /** The last trade before it, and the first one after it. */
  first: number;
  next: number;
  /** Whether only the id of the last one before it is known. */
  isResumed: boolean;
  /** What history has lost. */
  lost: ReadonlySet<number>;
}

/** Everything that is said from the first trade behind the last one before it. */
async function suffer({ first, next, isResumed, lost }: Outage): Promise<StreamEvent[]> {
  const clock = new FakeClock(next);
  const said: StreamEvent[] = [];
  const publish = (series: Series, events: readonly StreamEvent[]): void => {
    for (const event of events) series.transcript.say(event);
    said.push(...events);
  };
  const wanted = new Map<string, Series>();
  const desk = new RepairDesk({ clock, find: (stream) => wanted.get(stream), publish });
  desk.employ([new HistoryDesk(new LossyRest(clock, lost), clock, () => true)]);
  const tools = { ...seriesTools(), repairs: desk };
  const series = new Series(streamOf('btcusdt@trade'), tools, {
    topic: 't',
    at: 0,
    seq: 0,
    resumeAt: isResumed ? first : undefined,
  });
  wanted.set(series.name.name, series);
  series.sources.open(1, 0);
  if (!isResumed) series.accept([trade(first)], 1, clock.now());
  for (const id of [next, next + 1]) publish(series, series.accept([trade(id)], 1, clock.now()));
  for (let ms = 0; series.isWaiting && ms < 20_000; ms += 10) {
    clock.advance(10);
    for (let turn = 0; turn < 40; turn += 1) await Promise.resolve();
  }
  // However much of it is lost, it stays one hole, and nobody is asked anew.
  expect(tools.counts.holes).toBe(1);
  return said;
}

/** What is missing of these, as runs. */
function runsOf(ids: readonly number[]): Missing[] {
  const runs: Missing[] = [];
  for (const id of ids) {
    const run = runs.at(-1);
    if (run?.to === id - 1) run.to = id;
    else runs.push({ from: id, to: id });
  }
  return runs;
}

const runs = fc.array(fc.record({ at: fc.double({ min: -0.2, max: 1.2, noNaN: true }), length: fc.nat(400) }), {
  maxLength: 4,
});

it('announces exactly the rows that history has lost, and brings every other one once, in order', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 2_600 }), fc.boolean(), runs, async (missed, isResumed, losses) => {
      const [first, next] = [1_000, 1_001 + missed];
      const starts = losses.map(({ at, length }) => ({ from: Math.round(first + at * missed), length }));
      const lost = new Set(starts.flatMap(({ from, length }) => range(from, from + length)));
      const said = await suffer({ first, next, isResumed, lost });
      const hole = range(first + 1, next - 1);
      const gaps = said.flatMap((event) =>
        event.type === 'feed' && event.missing && event.state === 'gap' ? event.missing : [],
      );
      expect(gaps).toEqual(runsOf(hole.filter((id) => lost.has(id))));
      const brought = said.filter(({ type }) => type !== 'feed').map(inShort);
      expect(brought).toEqual([...hole.filter((id) => !lost.has(id)), next, next + 1]);
      expect(said.map(({ seq }) => seq)).toEqual(said.map((_, at) => at + 1));
    }),
    { numRuns: 60 },
  );
});
