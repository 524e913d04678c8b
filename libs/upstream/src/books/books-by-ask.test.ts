import { beforeEach, describe, expect, it } from 'vitest';
import { MemoryBus } from '#libs/bus';
import { type BookEvent, type Welcome, readWelcomeQuestion } from '#libs/core';
import { textOf } from '../standby/standby.rig.js';
import { BookBench, type BookBenchOptions } from './book-bench.rig.js';
import { BooksByAsk } from './books-by-ask.js';

const FAST = 'btcusdt@depth@100ms';
const SLOW = 'btcusdt@depth';
const PLACE = { epoch: 1, seq: 1 };

let bench: BookBench;
/** Streams of each question for books, and what is answered. */
let asked: string[][];
let knows: (stream: string) => Welcome[];
/** Whether anybody answers. */
let isThere: boolean;
/** How far each stream was said. */
const reached = new Map<string, number>();

beforeEach(() => {
  asked = [];
  isThere = true;
  knows = (stream) => [welcome(stream)];
});

/** An upstream that stands by: what its lines bring, somebody else says at the same time. */
async function follow(streams: string[], options: Partial<BookBenchOptions> = {}): Promise<void> {
  bench = new BookBench({
    ...options,
    streams: [],
    byAsk: (clock, { wanted }) => {
      const { ask } = new MemoryBus({ clock });
      ask.answer('welcome', (question) => {
        const names = readWelcomeQuestion(question)?.streams ?? [];
        asked.push(names);
        return !isThere ? undefined : { welcomes: names.flatMap((name) => knows(name)) };
      });
      return new BooksByAsk({ ask, channel: 'welcome', clock, streams: { wanted }, isAsked: (name) => name !== SLOW });
    },
  });
  bench.streams.mute();
  for (const stream of streams) bench.open(stream);
  for (const stream of streams) {
    change();
    says(stream);
  }
  await bench.pass(100);
}

const change = (): void => bench.exchange.change('bids', 0, bench.exchange.id);

/** All that has changed comes on this stream, and he who publishes says it. */
function says(stream: string): void {
  bench.diff(stream);
  const series = bench.series(stream);
  const [newest] = series.withheld?.events.slice(-1) ?? [];
  if (newest) series.heard({ place: PLACE, event: newest });
  reached.set(stream, bench.exchange.id);
}

/** How the stream stands with him, who knows so many levels of its book. */
function welcome(stream: string, levels = 1_000, id = reached.get(stream) ?? 0): Welcome {
  const { lastUpdateId, bids, asks } = bench.exchange.snapshot(id, levels);
  const bidsTo = bids.length === levels ? bids.at(-1)?.[0] : undefined;
  const asksTo = asks.length === levels ? asks.at(-1)?.[0] : undefined;
  const book: BookEvent = {
    type: 'book',
    stream,
    ...PLACE,
    symbol: 'BTCUSDT',
    lastUpdateId,
    bids,
    asks,
    ...(bidsTo !== undefined && { bidsTo }),
    ...(asksTo !== undefined && { asksTo }),
    receivedAt: 1,
  };
  return { stream, place: PLACE, feed: '{}', latest: [textOf(book, PLACE)] };
}

const keeper = (stream = FAST) => {
  const book = [...bench.books.all].find((one) => one.stream.name === stream);
  if (!book) throw new Error(`${stream} has no book`);
  return book.keeper;
};

describe('an upstream that stands by', () => {
  it('asks the one that publishes for books, first for those that clients want, and REST for nothing', async () => {
    await follow([SLOW, FAST]);
    await bench.pass(60_000);
    expect([asked, bench.asked]).toEqual([[[FAST, SLOW]], []]);
    expect(keeper().known.isKnown).toBe(true);
    expect(bench.books.counts.told).toBe(2);
  });

  it('has a book that is further than it has heard as soon as it has heard so far', async () => {
    knows = () => [];
    await follow([FAST]);
    change();
    knows = (stream) => [welcome(stream, 1_000, bench.exchange.id)];
    await bench.pass(2_000);
    expect(keeper().known.isKnown).toBe(false);
    says(FAST);
    await bench.pass(100);
    expect([keeper().known.isKnown, keeper().known.reached]).toEqual([true, bench.exchange.id]);
  });

  it('goes on with the book as the other goes on, and says nothing of it', async () => {
    await follow([FAST]);
    await bench.pass(300);
    change();
    says(FAST);
    expect([keeper().known.isKnown, keeper().known.reached]).toEqual([true, bench.exchange.id]);
    expect(bench.heard()).toEqual([]);
  });

  it('asks again soon for what was left out of an answer, and less and less often for what nobody knows', async () => {
    knows = () => [];
    await follow([FAST]);
    await bench.pass(1_000);
    expect(asked.length).toBeGreaterThan(3);
    knows = (stream) => [{ ...welcome(stream), latest: [] }];
    await bench.pass(8_000);
    asked.length = 0;
    await bench.pass(8_000);
    expect(asked.length).toBeLessThanOrEqual(2);
  });

  it('asks for a few at once', async () => {
    await follow(Array.from({ length: 20 }, (_, at) => `s${at}usdt@depth`));
    await bench.pass(2_000);
    expect(asked.map(({ length }) => length)).toEqual([8, 8, 4]);
  });

  it('fetches as soon as it publishes what it was not told, though a question is under way', async () => {
    knows = (stream) => (stream === SLOW ? [welcome(stream)] : []);
    await follow([FAST, SLOW]);
    isThere = false;
    await bench.pass(300);
    expect([keeper().question.state, bench.asked]).toEqual(['asked', []]);
    const { streams } = bench;
    streams.beginSilently(2);
    for (const series of streams.wanted.values()) streams.speak(series, undefined, true);
    await bench.pass(200);
    expect(bench.asked.map(({ query }) => query)).toEqual([{ symbol: 'BTCUSDT', limit: 100 }]);
    await bench.answer();
    expect([keeper(SLOW).known.isKnown, keeper(FAST).question.state]).toEqual([true, 'held']);
  });

  it.each([
    [16, 16],
    [9, 16],
    [6, 10],
    [3, 10],
  ])(
    'takes a book of %i levels for one that was fetched with %i: as deep as that it is not fetched again',
    async (levels, fetched) => {
      knows = (stream) => [welcome(stream, levels)];
      const stages = [
        { levels: 10, weight: 5 },
        { levels: 16, weight: 50 },
      ];
      await follow([FAST], { stages, settings: { bookLevels: 16, bookUnbridged: false } });
      await bench.pass(300);
      expect([keeper().known.isKnown, keeper().fetched.levels]).toEqual([true, fetched]);
    },
  );
});
