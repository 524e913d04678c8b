import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { BookEvent } from '#libs/core';
import { BookStage, type NativeReader, OWN_SNAPSHOT_MS, WireClient } from './book-stage.contract.js';
import { MarketBook } from '../../../../test/support/market-book.js';
import type { BinanceRendition } from '../delivery/rendition.js';

/** What a reader is owed within the reach of the book that it was given. */
function expectWithinReach(reader: NativeReader, market: MarketBook): void {
  const known = reader.known?.levels();
  const { bids, asks } = market.book();
  expect(known?.bids).toEqual(bids.slice(0, known?.bids.length));
  expect(known?.asks).toEqual(asks.slice(0, known?.asks.length));
}

function expectBook({ book, market }: WireClient, { bidsTo, asksTo }: Pick<BookEvent, 'bidsTo' | 'asksTo'>): void {
  const { bids, asks } = market.book();
  const isBid = (price: number): boolean => bidsTo === undefined || price >= Number(bidsTo);
  const isAsk = (price: number): boolean => asksTo === undefined || price <= Number(asksTo);
  const inReach = (side: ReadonlyMap<number, string>, isIn: (price: number) => boolean): [number, string][] =>
    [...side].filter(([price]) => isIn(price)).sort(([one], [other]) => one - other);
  const truth = (levels: readonly (readonly [string, string])[]): Map<number, string> =>
    new Map(levels.map(([price, quantity]) => [Number(price), quantity]));
  expect(inReach(book.bids, isBid)).toEqual(inReach(truth(bids), isBid));
  expect(inReach(book.asks, isAsk)).toEqual(inReach(truth(asks), isAsk));
  if (book.bids.size + book.asks.size > 0) {
    expect(Math.max(...book.bids.keys())).toBeLessThan(Math.min(...book.asks.keys()));
  }
}

const RENDITIONS: readonly BinanceRendition[] = ['raw', 'combined', 'raw-us', 'combined-us'];
const levels = fc.constantFrom(3, 8, 15, 100);
const few = fc.integer({ min: 0, max: 3 });
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ what: fc.constant('diffs'), few }) },
  { weight: 2, arbitrary: fc.record({ what: fc.constant('hole'), levels, few }) },
  { weight: 2, arbitrary: fc.record({ what: fc.constant('deeper'), levels }) },
  { weight: 2, arbitrary: fc.record({ what: fc.constant('lost'), levels, few, withTerm: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('lost book'), levels, few }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('book that is ahead'), levels }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('comes'), at: few }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('changes form') }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('time passes') }) },
);

interface Step {
  what: string;
  few?: number;
  levels?: number;
  withTerm?: boolean;
  at?: number;
}

function perform(stage: BookStage, { what, few = 0, levels = 0, withTerm = false, at = 0 }: Step): void {
  if (what === 'diffs') for (let count = 0; count <= few; count += 1) stage.diff();
  if (what === 'hole') {
    stage.market.diff(1 + few);
    stage.book(levels);
  }
  if (what === 'deeper') stage.book(levels);
  if (what === 'lost') {
    if (withTerm) stage.newTerm();
    else stage.lose(stage.market.diff(1));
    for (let count = 0; count < few; count += 1) stage.diff();
    stage.welcome(stage.market.book(levels));
  }
  if (what === 'lost book') {
    stage.market.diff(1);
    stage.lose(stage.market.book());
    for (let count = 0; count < few; count += 1) stage.diff();
    stage.welcome(stage.market.book(levels));
  }
  if (what === 'book that is ahead') {
    const late = [stage.market.diff(), stage.market.diff()];
    stage.book(levels);
    for (const one of late) stage.publish(one);
  }
  if (what === 'comes') stage.wire(RENDITIONS[at] ?? 'raw');
  if (what === 'changes form') {
    for (const client of stage.listeners) {
      if (!(client instanceof WireClient)) continue;
      const before = client.rendition;
      client.rendition = (
        before.includes('raw') ? before.replace('raw', 'combined') : before.replace('combined', 'raw')
      ) as BinanceRendition;
      stage.stream.audience.reseat(client, before);
    }
  }
  if (what === 'time passes') stage.clock.advance(OWN_SNAPSHOT_MS);
}

describe('a stream of diffs on an edge', () => {
  it(
    'never shows a settled client a hole, and each client the market’s book as deep as it is known',
    { timeout: 30_000 },
    () => {
      fc.assert(
        fc.property(fc.integer(), fc.array(step, { maxLength: 40 }), (seed, steps) => {
          const stage = new BookStage(new MarketBook(seed));
          const { market } = stage;
          stage.welcome();
          const reader = stage.native();
          const settled = RENDITIONS.map((rendition) => stage.settled(rendition));
          for (const client of settled) client.diffs.splice(0);
          for (const one of steps) {
            perform(stage, one);
            // What a deeper book adds is told with the next diff.
            const isTold = one.what === 'diffs' || one.what === 'hole';
            const late = stage.native();
            expect(late.known?.id).toBe(market.id);
            expectWithinReach(late, market);
            if (isTold) for (const client of settled) expectBook(client, late.known?.levels() ?? {});
            stage.remove(late);
          }
          stage.diff();
          const last = stage.native();
          expect(last.known?.id).toBe(market.id);
          for (const client of [...stage.listeners].filter((one) => one instanceof WireClient)) {
            expect(client.book.id).toBe(market.id);
            expectBook(client, last.known?.levels() ?? {});
          }
          expectWithinReach(reader, market);
          expectWithinReach(last, market);
          expect(reader.faults).toEqual([]);
          for (const { book, diffs } of settled) {
            expect(book.resyncs).toBe(0);
            expect(diffs.slice(1).filter(({ U }, at) => U !== diffs[at]!.u + 1)).toEqual([]);
          }
        }),
        { numRuns: 100 },
      );
    },
  );
});
