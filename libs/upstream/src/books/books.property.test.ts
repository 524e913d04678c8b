import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BookBench, eventOf } from './book-bench.rig.js';
import { BookReader } from '../../../../test/support/book-reader.js';

const NAME = 'btcusdt@depth@100ms';

/** A stream whose stages are so small that prices move through them, and a reader of the bus. */
class Bench extends BookBench {
  readonly reader = new BookReader();

  constructor() {
    super({
      streams: [NAME],
      stages: [
        { levels: 3, weight: 1 },
        { levels: 10, weight: 10 },
      ],
      settings: { bookLevels: 10, bookUnbridged: false },
    });
    this.read();
  }

  /** Reads what was published, and compares with what the exchange was at each id; then what a newcomer would be told. */
  read(): void {
    for (const event of this.heard()) {
      this.reader.take(event);
      this.compare(this.reader);
    }
    const welcome = this.series(NAME).transcript.welcome();
    for (const text of welcome?.latest ?? []) {
      const newcomer = new BookReader();
      const event = eventOf(text);
      expect({ epoch: event.epoch, seq: event.seq }).toEqual(welcome?.place);
      newcomer.take(event);
      expect(newcomer.last).toBe(this.reader.last);
      this.compare(newcomer);
    }
  }

  private compare(reader: BookReader): void {
    expect(reader.faults).toEqual([]);
    const { book, reach } = reader;
    if (!book) return;
    const { bids, asks } = this.exchange.at(book.id);
    const written = (side: ReadonlyMap<number, number>, isIn: (price: number) => boolean) =>
      Object.fromEntries([...side].filter(([price]) => isIn(price)).map(([price, quantity]) => [price, `${quantity}`]));
    expect(Object.fromEntries(book.bids)).toEqual(written(bids, (price) => price >= reach.bidsTo));
    expect(Object.fromEntries(book.asks)).toEqual(written(asks, (price) => price <= reach.asksTo));
  }
}

type Step = (bench: Bench) => void | Promise<void>;

const change = fc
  .record({
    side: fc.constantFrom('bids' as const, 'asks' as const),
    away: fc.nat({ max: 14 }),
    quantity: fc.nat({ max: 3 }),
  })
  .map(
    ({ side, away, quantity }): Step =>
      ({ exchange }) =>
        exchange.change(side, away, quantity),
  );
const move = fc.integer({ min: -4, max: 4 }).map(
  (by): Step =>
    ({ exchange }) =>
      exchange.move(by),
);
const delivered = fc.constant<Step>((bench) => bench.diff(NAME));
const lost = fc.constant<Step>((bench) => bench.diff(NAME, true));
const answer = fc.record({ which: fc.nat({ max: 3 }), back: fc.oneof(fc.constant(0), fc.nat({ max: 12 })) }).map(
  ({ which, back }): Step =>
    (bench) =>
      bench.answer(which, back),
);
const fail = fc.constant<Step>((bench) => bench.fail());
const pass = fc.integer({ min: 1, max: 12 }).map(
  (tenths): Step =>
    (bench) =>
      bench.pass(100 * tenths),
);

const steps = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: change },
    { weight: 1, arbitrary: move },
    { weight: 6, arbitrary: delivered },
    { weight: 1, arbitrary: lost },
    { weight: 3, arbitrary: answer },
    { weight: 1, arbitrary: fail },
    { weight: 3, arbitrary: pass },
  ),
  { minLength: 20, maxLength: 150 },
);

describe('a stream of diffs whose book is kept', () => {
  it('is at every id the exchange’s book, as far as it reaches, whatever is lost, late or old', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (some) => {
        const bench = new Bench();
        for (const step of some) {
          await step(bench);
          bench.read();
        }
        expect(bench.reader.faults).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  it('comes back from whatever has happened once answers come, and its book is as deep as it should be', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (some) => {
        const bench = new Bench();
        for (const step of some) {
          await step(bench);
          bench.read();
        }
        for (let turn = 0; turn < 100; turn += 1) {
          bench.exchange.change('bids', 2, 1 + (turn % 3));
          bench.diff(NAME);
          await bench.answer();
          await bench.pass(1_000);
          bench.read();
        }
        expect(bench.series(NAME).transcript.feed?.state).toBe('live');
        expect(bench.reader.book?.id).toBe(bench.exchange.id);
        const [one] = bench.books.all;
        expect(one?.keeper.known.depth).toBeGreaterThanOrEqual(5);
        expect(one?.keeper.keptBytes).toBe(0);
      }),
      { numRuns: 50 },
    );
  });
});
