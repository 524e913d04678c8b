import { Buffer } from 'node:buffer';
import { existsSync, readFileSync } from 'node:fs';
import { spot } from '#libs/binance';
import { Book, type BookLevels, type Depth, type Level, compareDecimals } from '#libs/core';
import { machineInWords } from './suite/machine.js';
import type { Outcome, Ratio } from './suite/outcome.js';
import type { Plan } from './suite/plan.js';
import { quantile, spread, timesEach } from './suite/statistics.js';

const DIFFS = '../shared/frames/spot-hft-btcusdt_20240808.jsonl';
const ANSWER = '../shared/frames/rest-depth-hft-btcusdt_20240808.jsonl';

/** Levels on each side at the beginning; what the recording does not have is made up behind it. */
const DEPTHS = [1_000, 5_000, 10_000];

type Diff = Pick<Depth, 'lastUpdateId' | 'bids' | 'asks'>;

interface Peer {
  apply(diff: Diff): unknown;
  take(book: Diff): unknown;
  levels(): BookLevels;
}

/** What one would write first: a map for each side, put in order when somebody asks. */
class MapPeer implements Peer {
  private readonly bids = new Map<string, string>();
  private readonly asks = new Map<string, string>();

  apply({ bids, asks }: Diff): void {
    for (const [price, quantity] of bids) setIn(this.bids, price, quantity);
    for (const [price, quantity] of asks) setIn(this.asks, price, quantity);
  }

  take(book: Diff): void {
    this.apply(book);
  }

  levels(): BookLevels {
    return {
      bids: [...this.bids].sort(([one], [other]) => compareDecimals(other, one)),
      asks: [...this.asks].sort(([one], [other]) => compareDecimals(one, other)),
    };
  }
}

function setIn(side: Map<string, string>, price: string, quantity: string): void {
  if (quantity === '0.00000000') side.delete(price);
  else side.set(price, quantity);
}

const PEERS: Record<string, () => Peer> = { 'plain Map': () => new MapPeer(), Book: () => new Book(100_000) };

/** The book of libs/core beside a plain Map: recorded diffs applied, a snapshot taken, all levels listed; and its memory. */
export function run({ repetitions }: Plan<'repetitions'>): Promise<Outcome> {
  if (!existsSync(DIFFS) || !existsSync(ANSWER)) {
    console.log(`No ${DIFFS} here: a book is measured with recorded diffs only.`);
    return Promise.resolve({ ratios: [], numbers: undefined });
  }
  console.log(`medians of ${repetitions} alternating repetitions`);
  console.log(machineInWords());
  const changes = diffs().reduce((sum, { bids, asks }) => sum + bids.length + asks.length, 0);
  console.log(`${diffs().length} diffs, ${(changes / diffs().length).toFixed(1)} levels each`);
  const ratios = DEPTHS.flatMap((depth) => compare(depth, repetitions));
  const memory = bytesOfABook();
  return Promise.resolve({ ratios, numbers: { ratios, memory } });
}

function compare(depth: number, repetitions: number): Ratio[] {
  const snapshot = snapshotOf(depth);
  const taken = new Map(Object.keys(PEERS).map((name) => [name, noTimes()]));
  for (let repetition = -3; repetition < repetitions; repetition++) {
    for (const [name, make] of Object.entries(PEERS)) {
      const peer = make();
      // Read anew each time, as they would be: their texts are views of frames.
      const later = diffs().filter(({ lastUpdateId }) => lastUpdateId > snapshot.lastUpdateId);
      const times = repetition < 0 ? undefined : taken.get(name);
      const take = timed(() => peer.take(snapshot));
      const apply = timed(() => later.forEach((diff) => peer.apply(diff))) / later.length;
      const levels = timed(() => peer.levels());
      times?.take.push(take);
      times?.apply.push(apply);
      times?.levels.push(levels);
    }
  }
  for (const [name, { apply, take, levels }] of taken) {
    console.log(
      `${String(depth).padStart(6)} levels a side, ${name.padEnd(9)}: apply ${micros(apply)} a diff, take ${micros(take)}, levels ${micros(levels)}`,
    );
  }
  const [[beside, map] = ['', noTimes()], [name, book] = ['', noTimes()]] = taken;
  return (['apply', 'take', 'levels'] as const).map((deed) => ({
    what: `${name}, ${depth} levels a side: ${deed}`,
    beside,
    times: spread(timesEach(book[deed], map[deed])),
  }));
}

interface Times {
  apply: number[];
  take: number[];
  levels: number[];
}

const noTimes = (): Times => ({ apply: [], take: [], levels: [] });

/** Books of 5,000 levels a side whose every level came in a diff of its own, as levels do in the long run. */
function bytesOfABook(): number {
  const most = 20;
  const before = heapUsed();
  const books = Array.from({ length: most }, (_, at) => {
    const book = new Book();
    book.take({ lastUpdateId: 1, bids: [], asks: [] });
    for (let level = 0; level < 5_000; level++) book.apply(frameWith(level, at));
    return book;
  });
  const bytes = (heapUsed() - before) / books.length;
  const kept = books.reduce((sum, book) => sum + book.size, 0) / books.length;
  console.log(`memory of a book of ${kept} levels: ${(bytes / 1000).toFixed(0)} kB`);
  return bytes;
}

/** A diff read from a frame of some kilobytes, of which it keeps two levels. */
function frameWith(level: number, variant: number): Diff {
  const far = (price: number): string => `${price}.${String(variant).padStart(2, '0')}000000`;
  const rest = Array.from({ length: 100 }, (_, at) => [far(20_000 + at), '0.00000000']);
  const data = {
    e: 'depthUpdate',
    E: 1_723_161_255_208,
    s: 'BTCUSDT',
    U: level + 2,
    u: level + 2,
    b: [[far(50_000 - level), '1.54698000'], ...rest],
    a: [[far(60_000 + level), '1.54698000']],
  };
  return diffOf(JSON.stringify({ stream: 'btcusdt@depth@100ms', data }));
}

function diffOf(frame: string): Diff {
  const decoded = spot.decode(Buffer.from(frame));
  if (!decoded.ok || decoded.value.kind !== 'market') throw new Error(frame);
  const { u, b, a } = decoded.value.data as unknown as { u: number; b: Level[]; a: Level[] };
  return { lastUpdateId: u, bids: b, asks: a };
}

const diffs = (): Diff[] =>
  readFileSync(DIFFS, 'utf8')
    .split('\n')
    .filter((line) => line.includes('depthUpdate'))
    .map(diffOf);

function snapshotOf(depth: number): Diff {
  const { body } = JSON.parse(readFileSync(ANSWER, 'utf8')) as { body: Diff };
  return { ...body, bids: deeper(body.bids, depth, -7), asks: deeper(body.asks, depth, 7) };
}

function deeper(levels: readonly Level[], depth: number, cents: number): Level[] {
  const made: Level[] = [...levels];
  let price = Math.round(Number(made.at(-1)?.[0]) * 100);
  while (made.length < depth) made.push([`${((price += cents) / 100).toFixed(2)}000000`, '0.12345000']);
  return made;
}

/** In nanoseconds. */
function timed(run: () => unknown): number {
  const before = process.hrtime.bigint();
  run();
  return Number(process.hrtime.bigint() - before);
}

function heapUsed(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}

const micros = (times: readonly number[]): string => `${(quantile(times, 0.5) / 1000).toFixed(1)} µs`;
