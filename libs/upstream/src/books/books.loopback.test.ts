import { afterEach, describe, expect, it } from 'vitest';
import { spot } from '#libs/binance';
import { type StreamEvent, type Welcome, decode, readWelcomeAnswer } from '#libs/core';
import { BookReader } from '../../../../test/support/book-reader.js';
import { until } from '../../../../test/support/until.js';
import { type RigOptions, UpstreamRig } from '../../../../test/support/upstream-rig.js';

const FAST = 'btcusdt@depth@100ms';
const SLOW = 'btcusdt@depth';
const OTHER = 'ethusdt@depth@100ms';
const PATIENT = { deadlineMs: 20_000 };

let rig: UpstreamRig;
let readers: Map<string, BookReader>;
/** How often a reader stood where the market's book was, and was compared with it. */
let compared: number;

afterEach(async () => {
  await rig.stop();
  expect(rig.simulator.violations).toEqual([]);
});

async function start(streams: string[], options: RigOptions = {}): Promise<void> {
  rig = await UpstreamRig.start({ ...options, simulator: { pace: 20, ...options.simulator } });
  readers = new Map(streams.map((stream) => [stream, new BookReader()]));
  compared = 0;
  for (const [stream, reader] of readers) {
    rig.bus.messages.subscribe(spot.channels.stream(stream), (text) => {
      reader.take(eventOf(text));
      compare(stream, reader);
    });
  }
  rig.demand(streams);
}

function eventOf(text: string): StreamEvent {
  const event = decode(text);
  if (!event.ok) throw new Error(event.problem);
  return event.value;
}

const readerOf = (stream: string): BookReader => {
  const reader = readers.get(stream);
  if (!reader) throw new Error(`${stream} is not read`);
  return reader;
};

/** Compares with the market itself, where that has not gone on meanwhile. */
function compare(stream: string, { book, reach }: BookReader): void {
  const instrument = rig.simulator.market.instrument(stream.slice(0, stream.indexOf('@')).toUpperCase());
  if (!book || book.id !== instrument?.book.updateId) return;
  compared += 1;
  const { spec } = instrument;
  for (const side of ['bids', 'asks'] as const) {
    const levels = instrument.book[side].top(Infinity);
    const all = levels.map(([ticks, lots]) => [ticks / 10 ** spec.priceDecimals, lots / 10 ** spec.quantityDecimals]);
    const within = all.filter(([price = 0]) => (side === 'bids' ? price >= reach.bidsTo : price <= reach.asksTo));
    const read = [...book[side]].map(([price, quantity]) => [price, Number(quantity)]);
    expect(read.sort(byPrice)).toEqual(within.sort(byPrice));
  }
}

const byPrice = ([one = 0]: number[], [other = 0]: number[]): number => one - other;

/** The market stands still, every reader is where it is, and has its book. */
async function expectRightBooks(): Promise<void> {
  rig.simulator.strike({ name: 'pace', factor: 0.001 });
  const before = compared;
  for (const [stream, reader] of readers) {
    await until(() => reader.book !== undefined && rig.on(stream).state === 'live', PATIENT);
    const { symbol = '' } = rig.upstream.streams.wanted.get(stream)?.name ?? {};
    const { book } = rig.simulator.market.instrument(symbol) ?? {};
    await until(() => reader.last === book?.updateId, PATIENT);
    compare(stream, reader);
    expect(reader.faults).toEqual([]);
  }
  expect(compared).toBeGreaterThanOrEqual(before + readers.size);
  expect(rig.faults).toEqual([]);
}

const gapsOf = (stream: string): number => rig.on(stream).gaps.length;
const counts = () => rig.upstream.books.counts;

describe('the books of an upstream', () => {
  it('are there soon after the first diffs, which wait for nothing; one answer serves both streams of a symbol', async () => {
    await start([FAST, SLOW, OTHER]);
    await until(() => rig.on(FAST).events > 0, PATIENT);
    await until(() => [...readers.values()].every(({ book }) => book), PATIENT);
    await expectRightBooks();
    expect(compared).toBeGreaterThan(3);
    const levels = [...rig.upstream.books.all].map(({ keeper }) => keeper.fetched.levels);
    expect(levels.every((fetched) => fetched >= 100)).toBe(true);
    expect(rig.ops.readStatus()['books']).toMatchObject({
      known: 3,
      unknown: 0,
      torn: 0,
      counts: { failed: 0, bridged: 0 },
      books: [{ stream: FAST, isKnown: true, waitsForBook: false }, { stream: SLOW }, { stream: OTHER }],
    });
    const metrics = await rig.metrics.registry.metrics();
    expect(metrics).toMatch(/^holdfast_upstream_books\{state="known"\} 3$/m);
    expect(metrics).toMatch(/^holdfast_upstream_book_bytes [1-9]\d{3,}$/m);
  });

  it('bridge what is missing when a line drops, and no gap is said', async () => {
    // Chance decides how soon it comes back: so late that diffs are missing.
    await start([FAST, SLOW], { settings: { retryFirstMs: 1_500, retryMostMs: 1_500 }, random: () => 0.9 });
    await until(() => [...readers.values()].every(({ book }) => book), PATIENT);
    for (let drops = 1; drops <= 2; drops += 1) {
      const before = [FAST, SLOW].map((stream) => rig.on(stream).events);
      await until(
        () => rig.open === 1 && [FAST, SLOW].every((stream, at) => rig.on(stream).events > (before[at] ?? 0)),
      );
      const { bridged } = counts();
      rig.simulator.strike({ name: 'close', code: 1000 });
      await until(() => counts().bridged > bridged, PATIENT);
      await until(() => rig.on(FAST).state === 'live', PATIENT);
    }
    await expectRightBooks();
    expect(gapsOf(FAST) + gapsOf(SLOW)).toBe(0);
    const states = rig.on(FAST).feeds.map(({ state, cause }) => `${state} ${cause}`);
    expect(states.slice(-2)).toEqual(['recovering filling', 'live filled']);
  });

  it('let no diff pass a hole while REST refuses, and come back when it does not', async () => {
    await start([FAST]);
    await until(() => readerOf(FAST).book, PATIENT);
    rig.simulator.strike({ name: 'rest-refuse', status: 503, forMs: 2_500 });
    rig.simulator.strike({ name: 'drop-frames', stream: FAST, count: 3 });
    await until(() => rig.on(FAST).feeds.at(-1)?.cause === 'filling', PATIENT);
    const { last } = readerOf(FAST);
    await until(() => counts().failed >= 2, PATIENT);
    expect(readerOf(FAST).last).toBe(last);
    expect(rig.on(FAST).state).toBe('recovering');
    await expectRightBooks();
    expect(gapsOf(FAST)).toBe(0);
  });

  it('join an answer that comes late, however much has happened since', async () => {
    await start([FAST, SLOW]);
    await until(() => [...readers.values()].every(({ book }) => book), PATIENT);
    rig.simulator.strike({ name: 'rest-lag', lagMs: 5_000 });
    rig.simulator.strike({ name: 'rest-slow', delayMs: 1_500, count: 3 });
    rig.simulator.strike({ name: 'drop-frames', stream: FAST, count: 2 });
    await until(() => rig.on(FAST).feeds.at(-1)?.cause === 'filled', PATIENT);
    await expectRightBooks();
    expect(gapsOf(FAST)).toBe(0);
  });

  it('leave the hole open where an operator wants the diffs at once, say so, and are fetched again', async () => {
    await start([FAST], { settings: { bookUnbridged: true } });
    await until(() => readerOf(FAST).book, PATIENT);
    const { books } = readerOf(FAST);
    rig.simulator.strike({ name: 'drop-frames', stream: FAST, count: 2 });
    await until(() => gapsOf(FAST) === 1, PATIENT);
    await until(() => readerOf(FAST).books > books, PATIENT);
    rig.simulator.strike({ name: 'pace', factor: 0.001 });
    const { book } = rig.simulator.market.instrument('BTCUSDT') ?? {};
    await until(() => readerOf(FAST).last === book?.updateId, PATIENT);
    compare(FAST, readerOf(FAST));
    expect(rig.faults).toEqual([]);
  });

  it('are told to a newcomer as they are at the very place of the welcome', async () => {
    await start([FAST]);
    await until(() => readerOf(FAST).book, PATIENT);
    const welcomes: Welcome[] = [];
    rig.bus.ask.ask(spot.channels.welcome, { streams: [FAST] }, 1_000, (answer) => {
      welcomes.push(...readWelcomeAnswer(answer).welcomes);
    });
    await until(() => welcomes.length === 1);
    const [{ place, latest } = { place: undefined, latest: [] }] = welcomes;
    const [event] = latest.map(eventOf);
    expect(event).toMatchObject({ type: 'book', stream: FAST, symbol: 'BTCUSDT', ...place });
    const newcomer = new BookReader();
    if (event) newcomer.take(event);
    expect(newcomer.book?.id).toBeDefined();
    rig.bus.messages.subscribe(spot.channels.stream(FAST), (text) => {
      const next = eventOf(text);
      if (next.seq > (place?.seq ?? 0)) newcomer.take(next);
    });
    const { id = 0 } = newcomer.book ?? {};
    await until(() => (newcomer.last ?? 0) > id, PATIENT);
    expect(newcomer.faults).toEqual([]);
    await expectRightBooks();
  });
});
