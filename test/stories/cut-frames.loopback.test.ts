import { describe, expect, it, onTestFinished } from 'vitest';
import { type Market, type ParsedStream, spot } from '#libs/binance';
import { HURRIED_LIMITS, NativeWatcher, RecipeKeeper, type Watcher, WireWatcher, startStandalone } from '#libs/drill';
import { systemClock as clock } from '#libs/runtime';
import { Simulator } from '#libs/simulator';
import { cutableFrames, dropsBehind, fetchablePayloads, someCuts } from '../support/cut-frames.js';
import { faultsByStream } from '../support/faults-by-stream.js';
import { recordedTruth } from '../support/recorded-truth.js';
import { HISTORY, type Recording, SMALL, linesOf, ofBinance } from '../support/recordings.js';
import { seeded } from '../support/seeded.js';
import { until } from '../support/until.js';

interface Case {
  recording: Recording;
  speed: number;
  seed: number;
  /** How many frames are cut out. */
  count: number;
  /** How far REST is behind the streams. */
  lagMs: number;
}

const CASES: Case[] = [
  { recording: SMALL, speed: 2, seed: 1, count: 120, lagMs: 0 },
  { recording: HISTORY, speed: 4, seed: 2, count: 1, lagMs: 0 },
  { recording: HISTORY, speed: 4, seed: 3, count: 60, lagMs: 300 },
  { recording: HISTORY, speed: 4, seed: 4, count: 500, lagMs: 0 },
  ...casesOf('spot-hft-btcusdt_20240808.jsonl', { speed: 6, seed: 5, count: 500, lagMs: 0 }),
  ...casesOf('spot-hft-btcusdt_20240808.jsonl', { speed: 6, seed: 6, count: 140, lagMs: 300 }),
  ...casesOf('spot-hft-ethusdt_20240809.jsonl', { speed: 6, seed: 7, count: 350, lagMs: 0 }),
  ...casesOf('spot-cryptofeed-binance-2021.jsonl', { speed: 8, seed: 8, count: 50, lagMs: 0 }),
];

function casesOf(name: string, one: Omit<Case, 'recording'>): Case[] {
  const recording = ofBinance(name);
  return recording ? [{ recording, ...one }] : [];
}

/**
 * Spot, whose books are fetched at once as deep as they were recorded. The time of a replay is a sixth of what it was when books
 * moved, and their stages take the time that they take: near levels first would be a matter of minutes.
 */
const AT_ONCE: Market = {
  ...spot,
  parse(name) {
    const parsed = spot.parse(name);
    return parsed.ok ? { ok: true, value: withWholeBooks(parsed.value) } : parsed;
  },
};

function withWholeBooks(stream: ParsedStream): ParsedStream {
  const { book, ...others } = stream.known;
  if (!book) return stream;
  const snapshot = { ...book.snapshot, stages: [{ levels: 1_000, weight: 50 }] };
  return { ...stream, known: { ...others, book: { ...book, snapshot } } };
}

/** Recorded frames, 1 to 500 of which never come, in runs of all lengths, of every stream that REST can fill. */
describe('a recording out of which frames are cut while REST still knows them', () => {
  it.each(CASES)('reaches every client whole: $count of $recording.name', { timeout: 60_000 }, async (one) => {
    const { recording, speed, seed, count, lagMs } = one;
    const lines = linesOf(recording);
    const frames = cutableFrames(lines);
    const cut = someCuts(seeded(seed), frames, count);
    expect(cut.size).toBeGreaterThan(count / 2);
    let isComplete = false;
    const keepers: RecipeKeeper[] = [];
    // Who keeps a book by a snapshot of its own has it before diffs are cut: later than that no bridge may be told to it.
    const isReady = (frame: number, { hasBook, streams: [stream] }: RecipeKeeper): boolean =>
      hasBook || !cut.has(frame) || frames[frame]?.stream !== stream;
    const mayPlay = (frame: number): boolean => isComplete && keepers.every((keeper) => isReady(frame, keeper));
    const replay = { file: recording.file, speed, cut, mayPlay };
    const simulator = await Simulator.start({ clock, replay, limits: HURRIED_LIMITS, databaseLagMs: lagMs });
    const gateway = await startStandalone(simulator, { market: AT_ONCE, edge: { bookOwnSnapshotMs: 0 } });
    const truth = recordedTruth(recording);
    const streams = [...new Set(frames.map(({ stream }) => stream))];
    const heard: string[] = [];
    const native = new NativeWatcher('native', gateway.url, streams, { truth });
    const wire = new WireWatcher('wire', 'combined', gateway.url, streams, { truth, wire: (text) => heard.push(text) });
    const books = streams.filter((stream) => stream.endsWith('@depth@100ms'));
    for (const stream of books) {
      const symbol = stream.slice(0, stream.indexOf('@')).toUpperCase();
      const options = { url: gateway.url, restUrl: simulator.restUrl, symbol, truth, limit: 500 };
      keepers.push(new RecipeKeeper(`keeper of ${symbol}`, options));
    }
    const clients = [native, wire, ...keepers];
    onTestFinished(async () => {
      await Promise.all(clients.map((client) => client.stop()));
      await gateway.stop();
      await simulator.stop();
    });
    await Promise.all(clients.map((client) => client.start()));
    isComplete = true;
    for (const at of dropsBehind(frames, cut)) {
      await until(() => (simulator.replay?.sent ?? 0) > at, { deadlineMs: 30_000 });
      simulator.strike({ name: 'close', code: 1000 });
    }
    await simulator.replay?.finished;
    const expected = fetchablePayloads(lines);
    await until(() => isAllThere(native, expected) && isAllThere(wire, expected), { deadlineMs: 15_000 }).catch(
      () => 0,
    );
    const came = fetchablePayloads(heard);
    for (const [stream, payloads] of expected) expect([stream, came.get(stream)]).toEqual([stream, payloads]);
    expect(isAllThere(native, expected)).toBe(true);
    expect(clients.flatMap(faultsByStream)).toEqual([]);
    expect(keepers.map((keeper) => keeper.verdict())).toEqual(keepers.map(() => undefined));
    for (const { check } of clients) expect(check?.compared).toBeGreaterThan(0);
  });
});

/** Whether a client has had as many messages as there are. */
const isAllThere = ({ ledger }: Watcher, expected: ReadonlyMap<string, readonly string[]>): boolean =>
  ledger.accounts().every(({ stream, messages }) => messages >= (expected.get(stream)?.length ?? 0));
