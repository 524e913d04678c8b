import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ParsedStream, spot } from '#libs/binance';
import { type Result, type StreamEvent, decode, ok } from '#libs/core';
import { silentLog } from '#libs/runtime';
import { BookReader } from '../../../../test/support/book-reader.js';
import { FakeClock } from '../../../../test/support/fake-clock.js';
import { ModelBook } from '../../../../test/support/model-book.js';
import { streamOf } from '../../../../test/support/series-rig.js';
import type { RestFailure, RestRequest } from '../rest/request.js';
import { Streams } from '../streams/streams.js';
import { Books } from './books.js';

const NAME = 'btcusdt@depth@100ms';

/** The stream with stages so small that prices move through them. */
const stream = ((): ParsedStream => {
  const parsed = streamOf(NAME);
  const { book } = parsed.known;
  if (!book) throw new Error('no book');
  const stages = [
    { levels: 3, weight: 1 },
    { levels: 10, weight: 10 },
  ];
  return { ...parsed, known: { ...parsed.known, book: { ...book, snapshot: { ...book.snapshot, stages } } } };
})();

interface PendingAnswer {
  levels: number;
  /** Where the exchange was when it was asked. */
  askedAt: number;
  say(answer: Result<unknown, RestFailure>): void;
}

/** An exchange, whose REST answers when and what a test says, our books, and a reader of the bus. */
class Bench {
  readonly exchange = new ModelBook();
  readonly clock = new FakeClock();
  readonly pending: PendingAnswer[] = [];
  readonly reader = new BookReader();
  readonly books: Books;
  private readonly texts: string[] = [];
  private readonly streams: Streams;

  constructor() {
    const { clock, pending, exchange, texts } = this;
    const messages = {
      state: 'up' as const,
      publish: (_: string, text: string) => void texts.push(text),
      subscribe: () => ({ ready: Promise.resolve(), onRefused: () => undefined, end: () => undefined }),
      onState: () => () => undefined,
    };
    this.streams = new Streams(spot, messages, clock, { holdMs: 2_000, fillMs: 60_000, mostWaiting: 15 });
    const get = ({ query }: RestRequest): Promise<Result<unknown, RestFailure>> =>
      new Promise((say) => pending.push({ levels: Number(query['limit']), askedAt: exchange.id, say }));
    this.books = new Books({
      rest: { get },
      streams: this.streams,
      clock,
      log: silentLog,
      settings: { bookLevels: 10, bookUnbridged: false },
      isAsked: () => true,
    });
    this.streams.remember((name) => this.books.open(name));
    this.streams.repairs.employ([this.books]);
    this.streams.beginTerm(1);
    this.streams.open(stream).sources.open(1, clock.now());
    this.read();
  }

  get series() {
    const series = this.streams.wanted.get(NAME);
    if (!series) throw new Error('closed');
    return series;
  }

  /** A diff leaves the exchange; it comes, or is lost. */
  diff(isLost: boolean): void {
    const diff = this.exchange.takeDiff(NAME);
    if (diff && !isLost) this.streams.publish(this.series, this.series.accept([diff], 1, this.clock.now()));
    this.read();
  }

  async answer(which: number, back: number): Promise<void> {
    const [one] = this.pending.splice(which % Math.max(1, this.pending.length), 1);
    if (!one) return;
    // A server may be behind, but not in another market.
    const id = Math.max(1_000, this.exchange.id - back);
    one.say(ok(this.exchange.snapshot(id, one.levels)));
    await this.settle();
  }

  async fail(): Promise<void> {
    this.pending.shift()?.say({ ok: false, problem: { why: 'down', retryInMs: 500, isFinal: false } });
    await this.settle();
  }

  async pass(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += 100) {
      this.clock.advance(100);
      this.streams.tick(this.clock.now());
      this.books.tick(this.clock.now());
    }
    await this.settle();
  }

  private async settle(): Promise<void> {
    for (let turn = 0; turn < 8; turn += 1) await Promise.resolve();
    this.read();
  }

  /** Reads what was published, and compares with what the exchange was at each id; then what a newcomer would be told. */
  private read(): void {
    for (const text of this.texts.splice(0)) {
      this.reader.take(eventOf(text));
      this.compare(this.reader);
    }
    const welcome = this.series.transcript.welcome();
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

function eventOf(text: string): StreamEvent {
  const event = decode(text);
  if (!event.ok) throw new Error(event.problem);
  return event.value;
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
const delivered = fc.constant<Step>((bench) => bench.diff(false));
const lost = fc.constant<Step>((bench) => bench.diff(true));
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
        for (const step of some) await step(bench);
      }),
      { numRuns: 300 },
    );
  });

  it('comes back from whatever has happened once answers come, and its book is as deep as it should be', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (some) => {
        const bench = new Bench();
        for (const step of some) await step(bench);
        for (let turn = 0; turn < 100; turn += 1) {
          bench.exchange.change('bids', 2, 1 + (turn % 3));
          bench.diff(false);
          await bench.answer(0, 0);
          await bench.pass(1_000);
        }
        expect(bench.series.transcript.feed?.state).toBe('live');
        expect(bench.reader.book?.id).toBe(bench.exchange.id);
        const [one] = bench.books.all;
        expect(one?.keeper.depth).toBeGreaterThanOrEqual(5);
        expect(one?.keeper.keptBytes).toBe(0);
      }),
      { numRuns: 50 },
    );
  });
});
