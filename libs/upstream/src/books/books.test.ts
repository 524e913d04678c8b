import { describe, expect, it } from 'vitest';
import { silentLog } from '#libs/runtime';
import { BookBench, type BookBenchOptions } from './book-bench.rig.js';
import { Books } from './books.js';
import { diff, inShort } from '../../../../test/support/series-rig.js';

const FAST = 'btcusdt@depth@100ms';
const SLOW = 'btcusdt@depth';

const begin = (options: Partial<BookBenchOptions> = {}): BookBench => new BookBench({ streams: [FAST], ...options });

/** What is asked, in few words. */
const asked = (bench: BookBench): string[] =>
  bench.asked.map(({ query, weight, share }) => `${query['symbol']} ${query['limit']} weighs ${weight} of ${share}`);

/** Something changes, and its diff comes, or not. */
function live(bench: BookBench, name = FAST, isLost = false): void {
  bench.exchange.change('bids', 1, 1 + (bench.exchange.id % 3));
  bench.diff(name, isLost);
}

const lose = (bench: BookBench): void => live(bench, FAST, true);

/** A bench whose book is known to the first stage. */
async function known(options: Partial<BookBenchOptions> = {}): Promise<BookBench> {
  const bench = begin({ stages: [{ levels: 3, weight: 5 }], ...options });
  live(bench);
  await bench.pass(100);
  await bench.answer();
  expect(bench.heard().map(inShort)).toContain(`book ${bench.exchange.id}`);
  return bench;
}

describe('a cold start', () => {
  it('lets diffs flow at once, and says the book where the stream is by then', async () => {
    const bench = begin();
    await bench.pass(1_000);
    expect(bench.asked).toEqual([]);
    live(bench);
    await bench.pass(100);
    live(bench);
    live(bench);
    expect(bench.heard().map(inShort)).toEqual(['recovering', 'live', 1_001, 1_002, 1_003]);
    expect(bench.books.underWay).toBe(1);
    await bench.answer(0, 1);
    const [book] = bench.heard();
    expect(inShort(book as never)).toBe('book 1003');
    expect(book).toMatchObject({ stream: FAST, symbol: 'BTCUSDT', receivedAt: 1 });
    expect(bench.books.counts).toEqual({ asked: 1, told: 0, failed: 0, behind: 0, bridged: 0, joined: 1 });
    expect(bench.books.underWay).toBe(0);
  });

  it('tells a book as received when it came, where no diff is newer', async () => {
    const bench = begin();
    live(bench);
    await bench.pass(100);
    bench.heard();
    bench.clock.setWall(777);
    await bench.answer();
    expect(bench.heard()).toMatchObject([{ type: 'book', stream: FAST, receivedAt: bench.clock.now() + 777 }]);
  });

  it('says no book while what leaves at a bounded pace has used that up', async () => {
    const bench = begin();
    live(bench);
    await bench.pass(100);
    bench.heard();
    bench.streams.pace.spend(4_000_000);
    await bench.answer();
    expect(bench.heard()).toEqual([]);
    await bench.pass(3_000);
    expect(bench.heard().map(inShort)).toEqual(['book 1001']);
  });

  it('holds an answer that is ahead of the stream until the stream is there, and not one diff is dropped for it', async () => {
    const bench = begin();
    live(bench);
    await bench.pass(100);
    bench.exchange.change('asks', 3, 7);
    await bench.answer();
    expect(bench.heard().map(inShort)).toEqual(['recovering', 'live', 1_001]);
    live(bench);
    await bench.pass(100);
    expect(bench.heard().map(inShort)).toEqual([1_003, 'book 1003']);
  });

  it('says the book of a stream on which nothing happens, once nothing has come for a while', async () => {
    const bench = begin();
    const series = bench.series(FAST);
    bench.streams.publish(series, series.become({ state: 'recovering', cause: 'acknowledged' }, bench.clock.now()));
    await bench.pass(100);
    await bench.answer();
    await bench.pass(1_500);
    expect(bench.heard().map(inShort)).toEqual(['recovering', 'recovering']);
    await bench.pass(1_000);
    expect(bench.heard().map(inShort)).toEqual(['live', 'book 1000']);
    live(bench);
    expect(bench.heard().map(inShort)).toEqual([1_001]);
  });

  it('asks once for both streams of a symbol', async () => {
    const bench = begin({ streams: [FAST, SLOW] });
    bench.exchange.change('bids', 1, 5);
    const diff = bench.exchange.takeDiff(FAST);
    for (const name of [FAST, SLOW]) {
      const series = bench.series(name);
      if (diff) bench.streams.publish(series, series.accept([{ ...diff, stream: name }], 1, bench.clock.now()));
    }
    await bench.pass(100);
    expect(asked(bench)).toEqual(['BTCUSDT 100 weighs 5 of 0.8']);
    await bench.answer();
    expect(
      bench
        .heard()
        .filter(({ type }) => type === 'book')
        .map(({ stream }) => stream),
    ).toEqual([FAST, SLOW]);
  });
});

describe('stages', () => {
  const stages = [
    { levels: 3, weight: 5 },
    { levels: 8, weight: 50 },
  ];

  it('come one after the other, the deeper one from a smaller share of the weight', async () => {
    const bench = begin({ stages });
    live(bench);
    await bench.pass(100);
    expect(asked(bench)).toEqual(['BTCUSDT 3 weighs 5 of 0.8']);
    await bench.answer();
    await bench.pass(100);
    expect(asked(bench)).toEqual(['BTCUSDT 8 weighs 50 of 0.5']);
    await bench.answer();
    const books = bench.heard().flatMap((event) => (event.type === 'book' ? [event] : []));
    expect(books.map(({ bids, asks }) => [bids.length, asks.length])).toEqual([
      [3, 3],
      [8, 8],
    ]);
    await bench.pass(60_000);
    expect(asked(bench)).toEqual([]);
  });

  it('are fetched a few at a time, so that who waits for weight does not stand in the way of a hole', async () => {
    const symbols = Array.from({ length: 30 }, (_, at) => `coin${at}usdt@depth`);
    const bench = begin({ streams: symbols, stages });
    const series = symbols.map((name) => bench.series(name));
    const say = (firstUpdateId: number): void => {
      for (const one of series) {
        const event = { ...diff(firstUpdateId, firstUpdateId), stream: one.name.name };
        bench.streams.publish(one, one.accept([event], 1, bench.clock.now()));
      }
    };
    const sharesOf = (): number[] => [...new Set(bench.asked.map(({ share = 0 }) => share))];
    say(1_000);
    await bench.pass(1_000);
    expect([bench.asked.length, sharesOf()]).toEqual([6, [0.8]]);
    for (let count = 0; count < 30; count += 1) {
      await bench.answer();
      await bench.pass(100);
    }
    await bench.pass(1_000);
    expect([bench.asked.length, sharesOf()]).toEqual([2, [0.5]]);
    say(1_002);
    await bench.pass(3_000);
    expect([bench.asked.length, sharesOf()]).toEqual([12, [1]]);
  });

  it('are fetched again when prices have moved through what is known', async () => {
    const bench = await known();
    bench.exchange.move(-2);
    live(bench);
    await bench.pass(9_000);
    expect(bench.asked).toEqual([]);
    await bench.pass(2_000);
    expect(asked(bench)).toEqual(['BTCUSDT 3 weighs 5 of 0.8']);
  });
});

describe('a hole in diffs', () => {
  it('holds back what comes until a book takes its place; what joins that follows, and no gap is said', async () => {
    const bench = await known();
    lose(bench);
    live(bench);
    live(bench);
    await bench.pass(200);
    expect(bench.heard().map(inShort)).toEqual(['recovering']);
    expect(asked(bench)).toEqual(['BTCUSDT 3 weighs 5 of 1']);
    await bench.answer(0, 1);
    expect(bench.heard().map(inShort)).toEqual(['book 1003', 1_004, 'live']);
    live(bench);
    expect(bench.heard().map(inShort)).toEqual([1_005]);
    expect(bench.books.counts).toMatchObject({ bridged: 1, behind: 0 });
  });

  it('is asked for again where the answer is older than what waits, and each time later, but never in a loop', async () => {
    const bench = await known();
    bench.heard();
    for (let count = 0; count < 3; count += 1) lose(bench);
    live(bench);
    await bench.pass(100);
    const times: number[] = [];
    for (let attempt = 0; attempt < 10; attempt += 1) {
      for (let waited = 0; bench.asked.length === 0 && waited < 60_000; waited += 100) await bench.pass(100);
      times.push(bench.clock.now());
      await bench.answer(0, 3);
    }
    const waits = times.slice(1).map((at, index) => at - (times[index] ?? 0));
    expect(waits.slice(0, 3)).toEqual([300, 500, 1_000]);
    expect(Math.max(...waits)).toBeLessThanOrEqual(30_100);
    expect(waits.at(-1)).toBeGreaterThan(25_000);
    expect(bench.heard().map(inShort)).toEqual(['recovering']);
    expect(bench.books.counts.behind).toBe(10);
  });

  it('is not waited out: however long REST is down nothing passes it, and only so many diffs are kept', async () => {
    const bench = await known();
    bench.heard();
    lose(bench);
    for (let count = 0; count < 40; count += 1) live(bench);
    for (let minute = 0; minute < 10; minute += 1) {
      await bench.pass(60_000);
      await bench.fail();
    }
    expect(bench.heard().map(inShort)).toEqual(['recovering']);
    expect(bench.series(FAST).continuity.order.waiting.length).toBe(15);
    for (let waited = 0; bench.asked.length === 0 && waited < 60_000; waited += 100) await bench.pass(100);
    // Older than the oldest that is kept.
    await bench.answer(0, 20);
    expect(bench.heard()).toEqual([]);
    for (let waited = 0; bench.asked.length === 0 && waited < 60_000; waited += 100) await bench.pass(100);
    await bench.answer(0, 14);
    const { id } = bench.exchange;
    expect(bench.heard().map(inShort)).toEqual([
      `book ${id - 14}`,
      ...Array.from({ length: 14 }, (_, at) => id - 13 + at),
      'live',
    ]);
  });

  it('does not wait behind a request that waits for weight of a smaller share', async () => {
    const bench = await known({
      stages: [
        { levels: 3, weight: 5 },
        { levels: 8, weight: 50 },
      ],
    });
    await bench.pass(2_000);
    expect(asked(bench)).toEqual(['BTCUSDT 8 weighs 50 of 0.5']);
    lose(bench);
    live(bench);
    await bench.pass(300);
    expect(asked(bench)).toEqual(['BTCUSDT 3 weighs 5 of 1']);
    expect(bench.books.counts.failed).toBe(0);
    await bench.answer();
    expect(bench.series(FAST).transcript.feed?.state).toBe('live');
  });

  it('is announced and passed at once where an operator prefers that, and the book is unknown until it is fetched', async () => {
    const bench = await known({ settings: { bookLevels: 100, bookUnbridged: true } });
    lose(bench);
    live(bench);
    expect(bench.heard().map(inShort)).toEqual(['gap 1002-1002', 'live', 1_003]);
    expect(bench.series(FAST).transcript.welcome()?.latest).toEqual([]);
    await bench.pass(100);
    await bench.answer();
    expect(bench.heard().map(inShort)).toEqual(['book 1003']);
  });

  it('that a slower line has filled needs no book, and an answer that comes then is one like any other', async () => {
    const bench = await known();
    bench.heard();
    bench.exchange.change('bids', 1, 9);
    const late = bench.exchange.takeDiff(FAST);
    live(bench);
    await bench.pass(100);
    const series = bench.series(FAST);
    if (late) bench.streams.publish(series, series.accept([late], 1, bench.clock.now()));
    expect(bench.heard().map(inShort)).toEqual(['recovering', 1_002, 1_003, 'live']);
    await bench.answer();
    expect(bench.heard().map(inShort)).toEqual(['book 1003']);
    expect(bench.books.counts.bridged).toBe(0);
  });
});

describe('a stream that had no source for a while and says nothing since', () => {
  /** It is looked at, and asks for a book. */
  async function doubted(): Promise<BookBench> {
    const bench = await known();
    bench.reconnect(FAST);
    await bench.pass(1_000);
    bench.confirm(FAST);
    await bench.pass(200);
    expect(asked(bench)).toEqual(['BTCUSDT 3 weighs 5 of 1']);
    expect(bench.heard().map(inShort)).toEqual(['recovering']);
    return bench;
  }

  it('lives again where the book is where the stream is, and nothing more is asked or said', async () => {
    const bench = await doubted();
    await bench.answer();
    expect(bench.heard().map(inShort)).toEqual(['live']);
    await bench.pass(60_000);
    expect([bench.asked, bench.heard()]).toEqual([[], []]);
  });

  it('is given the book where that is ahead, if it does not come there by itself', async () => {
    const bench = await doubted();
    bench.exchange.change('bids', 1, 9);
    await bench.answer();
    await bench.pass(1_500);
    expect(bench.heard()).toEqual([]);
    await bench.pass(1_000);
    expect(bench.heard().map(inShort)).toEqual(['book 1002', 'live']);
    await bench.pass(5_000);
    expect(bench.asked).toEqual([]);
  });

  it('goes on by itself where its next diff comes after all', async () => {
    const bench = await doubted();
    bench.exchange.change('bids', 1, 9);
    await bench.answer();
    bench.diff(FAST);
    expect(bench.heard().map(inShort)).toEqual(['live', 1_002]);
    await bench.pass(100);
    expect(bench.heard().map(inShort)).toEqual(['book 1002']);
  });
});

describe('a book that cannot be had', () => {
  it('is warned of once, however often it is asked for, and again when it was there in between', async () => {
    const warned: unknown[] = [];
    const log = { ...silentLog, warn: (fields: object) => void warned.push(fields) };
    const bench = begin({ log });
    live(bench);
    for (let time = 0; time < 3; time += 1) {
      for (let waited = 0; bench.asked.length === 0 && waited < 60_000; waited += 100) await bench.pass(100);
      await bench.fail();
    }
    expect(warned).toEqual([{ code: 'book.not-had', stream: FAST, why: 'down' }]);
    expect(bench.books.counts.failed).toBe(3);
    for (let waited = 0; bench.asked.length === 0 && waited < 60_000; waited += 100) await bench.pass(100);
    await bench.answer();
    lose(bench);
    live(bench);
    await bench.pass(100);
    await bench.fail({ why: 'again' });
    expect(warned.slice(1)).toEqual([{ code: 'book.not-had', stream: FAST, why: 'again' }]);
  });

  it('is asked for again when whoever refused says, and after five minutes where it is refused for good', async () => {
    const waitAfter = async (failure: object): Promise<number> => {
      const bench = begin();
      live(bench);
      await bench.pass(100);
      await bench.fail(failure);
      const since = bench.clock.now();
      for (let waited = 0; bench.asked.length === 0 && waited < 400_000; waited += 1_000) await bench.pass(1_000);
      return bench.clock.now() - since;
    };
    expect(await waitAfter({ retryInMs: 20_000 })).toBe(20_000);
    expect(await waitAfter({ isFinal: true })).toBe(300_000);
  });

  it('is of no stream of which nobody knows where its books are', async () => {
    const bench = begin();
    const { streams, clock } = bench;
    const settings = { bookLevels: 1_000, bookUnbridged: false };
    const books = new Books({ streams, clock, log: silentLog, settings, isAsked: () => true });
    const { name } = bench.series(FAST);
    books.open(name);
    expect([books.repairs(name), books.underWay, books.name]).toEqual([false, 0, 'book']);
    books.tick(clock.now());
    books.stop();
  });
});

describe('the end', () => {
  it('gives up what was asked for, and says nothing more', async () => {
    const bench = begin();
    live(bench);
    await bench.pass(100);
    bench.heard();
    bench.books.stop();
    await bench.pass(100);
    expect([bench.asked, [...bench.books.all], bench.heard()]).toEqual([[], [], []]);
  });
});

describe('an answer that nobody understands', () => {
  it('is as good as none, and asked for again in a while, for it may have been an intermediary’s', async () => {
    const bench = begin();
    live(bench);
    await bench.pass(100);
    bench.asked.shift()?.say({ ok: true, value: { code: 1 } });
    await bench.pass(9_000);
    expect(bench.asked).toEqual([]);
    expect(bench.books.counts.failed).toBe(1);
    await bench.pass(2_000);
    expect(bench.asked).toHaveLength(1);
  });
});

describe('a stream that is not wanted any more', () => {
  it('has no book, and what was asked for it is dropped', async () => {
    const bench = begin();
    live(bench);
    await bench.pass(100);
    bench.streams.close(bench.series(FAST), 'said');
    await bench.pass(100);
    await bench.answer();
    expect([...bench.books.all]).toEqual([]);
    expect(bench.heard().map(inShort)).toEqual(['recovering', 'live', 1_001]);
  });

  it('takes no answer of before when it is wanted again', async () => {
    const bench = begin();
    live(bench);
    await bench.pass(100);
    const { name } = bench.series(FAST);
    bench.streams.close(bench.series(FAST), 'said');
    bench.streams.open(name).sources.open(1, bench.clock.now());
    live(bench);
    bench.heard();
    await bench.answer();
    expect(bench.heard()).toEqual([]);
    await bench.pass(100);
    await bench.answer();
    expect(bench.heard().map(inShort)).toEqual(['book 1002']);
  });
});
