import { readFileSync } from 'node:fs';
import type { Truth } from '#libs/drill';
import type { TrueBook, TrueTrade } from '#libs/simulator';

interface RecordedFrame {
  e?: string;
  s: string;
  t: number;
  a: number | [string, string][];
  b: [string, string][];
  p: string;
  q: string;
  T: number;
  m: boolean;
  u: number;
}

interface Snapshot {
  request: string;
  body: { lastUpdateId: number; bids: [string, string][]; asks: [string, string][] };
}

/** What a recording says, as the truth that clients of a replay are held against; of books only where there is a snapshot. */
export function recordedTruth(lines: readonly string[], snapshotFile?: string): Truth {
  const frames = lines.map((line) => (JSON.parse(line) as { data: RecordedFrame }).data);
  const trades = new Map(
    frames.filter(({ e }) => e === 'trade').map((frame) => [`${frame.s} ${frame.t}`, tradeOf(frame)]),
  );
  const books = snapshotFile === undefined ? new Map<string, TrueBook>() : booksOf(frames, snapshotFile);
  return {
    trade: (symbol, id) => trades.get(`${symbol} ${id}`),
    aggregate: () => undefined,
    block: () => undefined,
    candle: () => undefined,
    book: (symbol, updateId) => books.get(`${symbol} ${updateId}`),
  };
}

/** The recorded snapshot with the diffs behind it, at each of their ids. */
function booksOf(frames: readonly RecordedFrame[], snapshotFile: string): Map<string, TrueBook> {
  const { body } = JSON.parse(readFileSync(snapshotFile, 'utf8').split('\n')[0] ?? '') as Snapshot;
  const books = new Map<string, TrueBook>();
  const bids = new Map(body.bids);
  const asks = new Map(body.asks);
  for (const { e, s, u, b, a } of frames) {
    if (e !== 'depthUpdate' || u <= body.lastUpdateId) continue;
    apply(bids, b);
    apply(asks, a as [string, string][]);
    books.set(`${s} ${u}`, { bids: new Map(bids), asks: new Map(asks) });
  }
  return books;
}

const tradeOf = ({ p, q, m, T }: RecordedFrame): TrueTrade => ({
  price: p,
  quantity: q,
  buyerIsMaker: m,
  at: T * 1_000,
});

function apply(side: Map<string, string>, levels: readonly [string, string][]): void {
  for (const [price, quantity] of levels)
    if (Number(quantity) === 0) side.delete(price);
    else side.set(price, quantity);
}
