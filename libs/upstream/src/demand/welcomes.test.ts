import { beforeEach, describe, expect, it } from 'vitest';
import { BookBench, eventOf } from '../books/book-bench.rig.js';
import { welcomesOf } from './welcomes.js';

const BOOKS = ['btcusdt@depth', 'btcusdt@depth@100ms'];
const TRADES = 'btcusdt@trade';

let bench: BookBench;

/** Two books that are known, and a stream that has none. */
beforeEach(async () => {
  bench = new BookBench({ streams: [...BOOKS, TRADES] });
  bench.exchange.change('bids', 1, 5);
  const diff = bench.exchange.takeDiff('');
  for (const stream of BOOKS) {
    const series = bench.series(stream);
    if (diff) bench.streams.publish(series, series.accept([{ ...diff, stream }], 1, bench.clock.now()));
  }
  await bench.pass(100);
  await bench.answer();
});

/** Who is welcomed, and with what. */
const welcomes = (mostLetters?: number): string[] =>
  welcomesOf(bench.streams, [...BOOKS, TRADES, 'ethusdt@trade'], bench.clock.now(), mostLetters).map(
    ({ stream, latest }) => [stream, ...latest.map((text) => eventOf(text).type)].join(' '),
  );

describe('an answer about many streams', () => {
  it('has those that are carried, with their books', () => {
    expect(welcomes()).toEqual([TRADES, `${BOOKS[0]} book`, `${BOOKS[1]} book`]);
  });

  it('leaves out books that do not fit, but never the first one, nor what is small', () => {
    expect(welcomes(1_000)).toEqual([TRADES, `${BOOKS[0]} book`]);
    expect(welcomes(1)).toEqual([TRADES, `${BOOKS[0]} book`]);
  });

  it('counts its books as what has left: none follows the one that goes over what may leave at once', async () => {
    await bench.pass(1_000);
    expect(bench.streams.pace.isFree(bench.clock.now())).toBe(true);
    bench.streams.pace.spend(499_999);
    expect(welcomes()).toEqual([TRADES, `${BOOKS[0]} book`]);
    expect(welcomes()).toEqual([TRADES]);
  });

  it('has no book while more has left than should in a second', async () => {
    bench.streams.pace.spend(1_000_000);
    expect(welcomes()).toEqual([TRADES]);
    await bench.pass(1_000);
    expect(welcomes()).toHaveLength(3);
  });
});
