import type { Clock, Millis } from '#libs/core';
import { exactProduct } from './exact-product.js';
import { RecordedBook, type RecordedDiff, type RecordedSnapshot } from './recorded-book.js';
import type { RecordedFrame } from './recording.js';

/** A row of REST that stands for a frame that was played. */
export interface RecordedRow {
  id: number;
  /** When the frame was played, by the simulator's clock. */
  playedAt: Millis;
  row: unknown;
}

type RecordedPayload = Record<string, unknown>;

/** What REST knows of a recording: everything that was played, whether somebody heard it or not, and nothing that comes later. */
export class RecordedHistory {
  private readonly rows = new Map<string, RecordedRow[]>();
  private readonly books = new Map<string, RecordedBook>();

  constructor(
    private readonly clock: Clock,
    snapshots: ReadonlyMap<string, RecordedSnapshot>,
  ) {
    for (const [symbol, snapshot] of snapshots) this.books.set(symbol, new RecordedBook(snapshot));
  }

  /** Takes a frame that is played now; one that is not whole is no row. */
  played({ stream, payload }: RecordedFrame): void {
    const kind = stream.slice(stream.indexOf('@') + 1);
    if (!/^(trade|aggTrade|blockTrade|kline_.*|depth(@\d+ms)?)$/.test(kind)) return;
    const frame = JSON.parse(payload) as RecordedPayload;
    const symbol = frame['s'];
    if (typeof symbol === 'string') this.take(symbol, kind, frame);
  }

  /** Rows of one kind, oldest first, none played after `until`. */
  rowsOf(symbol: string, kind: string, until: Millis): RecordedRow[] {
    return (this.rows.get(`${symbol} ${kind}`) ?? []).filter(({ playedAt }) => playedAt <= until);
  }

  /** The book as far as it is known now. */
  book(symbol: string, limit: number): RecordedSnapshot | undefined {
    return this.bookOf(symbol).top(limit);
  }

  private take(symbol: string, kind: string, frame: RecordedPayload): void {
    const isPriced = typeof frame['p'] === 'string' && typeof frame['q'] === 'string';
    if (kind === 'trade' && isPriced) this.add(symbol, 'trades', Number(frame['t']), tradeRow(frame));
    if (kind === 'blockTrade' && isPriced) this.add(symbol, 'blockTrades', Number(frame['t']), blockRow(frame));
    if (kind === 'aggTrade' && isPriced) this.add(symbol, 'aggTrades', Number(frame['a']), aggregateRow(frame));
    if (kind.startsWith('kline_') && frame['k']) this.addCandle(symbol, kind, frame['k'] as RecordedPayload);
    if (kind.startsWith('depth') && Array.isArray(frame['b']) && Array.isArray(frame['a']))
      this.bookOf(symbol).apply(frame as unknown as RecordedDiff);
  }

  private addCandle(symbol: string, kind: string, candle: RecordedPayload): void {
    const rows = this.rows.get(`${symbol} ${kind}`);
    const openAt = Number(candle['t']);
    // The newest state of a candle takes the place of the one before.
    if (rows?.at(-1)?.id === openAt) rows.pop();
    this.add(symbol, kind, openAt, candleRow(candle));
  }

  private add(symbol: string, kind: string, id: number, row: unknown): void {
    const key = `${symbol} ${kind}`;
    const rows = this.rows.get(key) ?? [];
    this.rows.set(key, rows);
    // A loop plays them again: they are known.
    if (id > (rows.at(-1)?.id ?? -1)) rows.push({ id, playedAt: this.clock.now(), row });
  }

  private bookOf(symbol: string): RecordedBook {
    const book = this.books.get(symbol) ?? new RecordedBook();
    this.books.set(symbol, book);
    return book;
  }
}

/** Block trades are not matched, so their rows do not say how well. */
const blockRow = ({ t, p, q, T, m }: RecordedPayload): object => ({
  id: t,
  price: p,
  qty: q,
  quoteQty: exactProduct(String(p), String(q)),
  time: T,
  isBuyerMaker: m,
});

const tradeRow = (frame: RecordedPayload): object => ({ ...blockRow(frame), isBestMatch: frame['M'] ?? true });

const aggregateRow = ({ a, p, q, f, l, T, m, M }: RecordedPayload): object => ({ a, p, q, f, l, T, m, M: M ?? true });

function candleRow({ t, o, h, l, c, v, T, q, n, V, Q, B }: RecordedPayload): unknown[] {
  return [t, o, h, l, c, v, T, q, n, V, Q, B ?? '0'];
}
