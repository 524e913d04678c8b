import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Truth } from '#libs/drill';
import type { TrueBook, TrueCandle, TrueTrade } from '#libs/simulator';
import { type Recording, linesOf } from './recordings.js';

type RecordedLevel = [price: string, quantity: string];

interface RecordedCandle extends Record<'o' | 'h' | 'l' | 'c' | 'v' | 'q' | 'V' | 'Q', string> {
  t: number;
  i: string;
  n: number;
  f: number;
  L: number;
  x: boolean;
}

interface RecordedFrame {
  e?: string;
  s: string;
  t: number;
  a: number | RecordedLevel[];
  b: RecordedLevel[];
  p: string;
  q: string;
  f: number;
  l: number;
  T: number;
  m: boolean;
  u: number;
  k: RecordedCandle;
}

interface Snapshot {
  request: string;
  body: { lastUpdateId: number; bids: RecordedLevel[]; asks: RecordedLevel[] };
}

/**
 * What a recording says, as the truth that clients of a replay are held against. Books begin with the one that was fetched while it
 * was recorded, or with nothing: then they hold what diffs have told, as the simulator's do.
 */
export function recordedTruth(recording: Recording): Truth {
  const frames = linesOf(recording).map((line) => (JSON.parse(line) as { data: RecordedFrame }).data);
  const trades = tradesAmong(frames, 'trade', ({ t }) => t);
  const aggregates = tradesAmong(frames, 'aggTrade', ({ a }) => a);
  const blocks = tradesAmong(frames, 'blockTrade', ({ t }) => t);
  const candles = new Map(
    frames
      .filter(({ e, k }) => e === 'kline' && k.x)
      .map(({ s, k }) => [`${s} ${k.i} ${k.t}`, candleOf(k)] satisfies [string, TrueCandle]),
  );
  const books = booksOf(frames, snapshotsOf(recording));
  return {
    trade: (symbol, id) => trades.get(`${symbol} ${id}`),
    aggregate: (symbol, id) => aggregates.get(`${symbol} ${id}`),
    block: (symbol, id) => blocks.get(`${symbol} ${id}`),
    candle: (symbol, interval, openAt) => candles.get(`${symbol} ${interval} ${openAt}`),
    book: (symbol, updateId) => books.get(`${symbol} ${updateId}`),
  };
}

function snapshotsOf({ file }: Recording): Map<string, Snapshot['body']> {
  const beside = join(dirname(file), `rest-depth-${basename(file).replace(/^spot-/, '')}`);
  if (!existsSync(beside)) return new Map();
  const answers = readFileSync(beside, 'utf8').split('\n').filter(Boolean);
  return new Map(
    answers.map((answer) => {
      const { request, body } = JSON.parse(answer) as Snapshot;
      return [/[?&]symbol=([^&]+)/.exec(request)?.[1] ?? '', body];
    }),
  );
}

/** The recorded snapshot with the diffs behind it, at each of their ids. */
function booksOf(
  frames: readonly RecordedFrame[],
  snapshots: ReadonlyMap<string, Snapshot['body']>,
): Map<string, TrueBook> {
  const books = new Map<string, TrueBook>();
  const now = new Map<string, { id: number; bids: Map<string, string>; asks: Map<string, string> }>();
  for (const [symbol, { lastUpdateId: id, bids, asks }] of snapshots) {
    now.set(symbol, { id, bids: new Map(bids), asks: new Map(asks) });
    books.set(`${symbol} ${id}`, { bids: new Map(bids), asks: new Map(asks) });
  }
  for (const { e, s, u, b, a } of frames) {
    const { id, bids, asks } = now.get(s) ?? {
      id: -1,
      bids: new Map<string, string>(),
      asks: new Map<string, string>(),
    };
    if (e !== 'depthUpdate' || u <= id) continue;
    now.set(s, { id: u, bids, asks });
    apply(bids, b);
    apply(asks, a as RecordedLevel[]);
    books.set(`${s} ${u}`, { bids: new Map(bids), asks: new Map(asks) });
  }
  return books;
}

function tradesAmong(
  frames: readonly RecordedFrame[],
  type: string,
  idOf: (frame: RecordedFrame) => unknown,
): Map<string, TrueTrade> {
  return new Map(
    frames.filter(({ e }) => e === type).map((frame) => [`${frame.s} ${String(idOf(frame))}`, tradeOf(frame)]),
  );
}

const tradeOf = ({ e, p, q, m, T, f, l }: RecordedFrame): TrueTrade => ({
  price: p,
  quantity: q,
  buyerIsMaker: m,
  at: T * 1_000,
  ...(e === 'aggTrade' && { firstTradeId: f, lastTradeId: l }),
});

const candleOf = ({ o, h, l, c, v, q, V, Q, n, f, L }: RecordedCandle): TrueCandle => ({
  open: o,
  high: h,
  low: l,
  close: c,
  volume: v,
  quoteVolume: q,
  takerBuyVolume: V,
  takerBuyQuoteVolume: Q,
  trades: n,
  firstTradeId: f,
  lastTradeId: L,
});

function apply(side: Map<string, string>, levels: readonly RecordedLevel[]): void {
  for (const [price, quantity] of levels)
    if (Number(quantity) === 0) side.delete(price);
    else side.set(price, quantity);
}
