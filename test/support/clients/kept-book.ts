import { BookCheck, type SeenDiff, type Truth } from '#libs/drill';
import type { FetchedBook, Line } from './lines.js';

/** A program's own book of one symbol. */
export interface KeptBook {
  /** What is wrong with it now, in words; one that is older than `atLeast` is wrong too. */
  verdict(truth: Truth, atLeast: number): string | undefined;
}

/** A diff as Binance writes it. */
export interface DiffPayload {
  s: string;
  U: number;
  u: number;
  b: SeenDiff['bids'];
  a: SeenDiff['asks'];
}

/**
 * The book of a program that has the diffs and fetches one snapshot, by Binance's recipe. It gets no second one: a diff that does not join
 * is a fault for good.
 */
export class FetchedOnce implements KeptBook {
  private readonly book = new BookCheck();
  private waiting: SeenDiff[] | undefined = [];
  private problem: string | undefined;

  constructor(private readonly symbol: string) {}

  takeDiff({ s: symbol, U: first, u: last, b: bids, a: asks }: DiffPayload): void {
    const diff: SeenDiff = { kind: 'diff', symbol, first, last, bids, asks };
    if (this.waiting) this.waiting.push(diff);
    else this.apply(diff);
  }

  takeSnapshot({ lastUpdateId: last, bids, asks }: FetchedBook, limit: number): void {
    const { symbol, waiting = [] } = this;
    const [first] = waiting;
    if (first && last + 1 < first.first) this.problem = `snapshot of ${last} before the diff from ${first.first}`;
    const endOf = (side: FetchedBook['bids']): string | undefined =>
      side.length < limit ? undefined : side.at(-1)?.[0];
    this.book.takeBook({ kind: 'book', symbol, last, bids, asks, bidsTo: endOf(bids), asksTo: endOf(asks) });
    this.waiting = undefined;
    for (const diff of waiting) this.apply(diff);
  }

  verdict(truth: Truth, atLeast: number): string | undefined {
    const { book, problem, symbol } = this;
    if (problem !== undefined) return problem;
    if (book.id === undefined || book.id < atLeast) return `book at ${book.id}, not yet at ${atLeast}`;
    const was = truth.book(symbol, book.id);
    return was ? book.wholeProblem(was) : `nobody knows the book at ${book.id} any more`;
  }

  private apply(diff: SeenDiff): void {
    const { id } = this.book;
    if (id === undefined || diff.last <= id) return;
    if (diff.first > id + 1) this.problem ??= `diff from ${diff.first} after ${id}`;
    this.book.takeDiff(diff);
  }
}

/** A book that the library keeps, as it tells it now and then. Its quantities are numbers. */
export class ToldBook implements KeptBook {
  constructor(private readonly told: Extract<Line, { book: string }>) {}

  verdict(truth: Truth, atLeast: number): string | undefined {
    const { book: symbol, id } = this.told;
    if (id < atLeast) return `book at ${id}, not yet at ${atLeast}`;
    const was = truth.book(symbol, id);
    if (!was) return `nobody knows the book at ${id} any more`;
    const wrong = (['bids', 'asks'] as const).flatMap((side) => {
      const prices = new Set([...Object.keys(this.told[side]), ...was[side].keys()]);
      return [...prices]
        .filter((price) => this.told[side][price] !== numberOf(was[side].get(price)))
        .map((price) => `${side} ${price} ${this.told[side][price]}, was ${was[side].get(price)}`);
    });
    return wrong.length === 0 ? undefined : `book at ${id}: ${wrong.slice(0, 3).join(', ')}, ${wrong.length} in all`;
  }
}

const numberOf = (quantity: string | undefined): number | undefined =>
  quantity === undefined ? undefined : Number(quantity);
