import { Book, type BookEvent, type Depth, type KnownLevels } from '#libs/core';
import type { StreamListener } from '../streams/listeners.js';
import type { StreamState } from '../streams/states.js';

/** A stream of diffs: `btcusdt@depth`, `btcusdt@depth@100ms`. */
export type DepthStream = `${string}@depth${'' | `@${number}ms`}`;

/** Why a book is not live: nothing was told of it yet, diffs are missing, it was closed, or the stream itself is not live. */
export type BookTrouble = 'no-book' | 'hole' | 'closed' | StreamState['why'];

export interface BookOptions {
  /** Told after every change of the book, and whenever it becomes live or is so no more. */
  changed?: (book: OrderBook) => void;
}

/** What a book needs of the client. */
interface BookPorts {
  subscribe(listener: StreamListener<DepthStream>): () => void;
  state(): StreamState | undefined;
  watchState(tell: (state: StreamState) => void): () => void;
}

/**
 * The book of one stream of diffs, kept up to date: prices and quantities are the exchange's own texts. A book that was told takes the place
 * of what was known as far as it reaches; diffs continue it; where one is missing it is not whole until the next book comes.
 */
export class OrderBook {
  private readonly levels = new Book();
  private hasHole = false;
  private isClosed = false;
  private readonly leave: () => void;
  private readonly unwatch: () => void;
  private readonly changed: () => void;

  constructor(
    private readonly ports: BookPorts,
    { changed }: BookOptions = {},
  ) {
    this.changed = () => changed?.(this);
    this.leave = ports.subscribe({
      started: ({ hasMissed }) => {
        if (hasMissed) this.breakOff();
      },
      book: (book) => this.take(book),
      event: (diff) => this.apply(diff),
      feed: ({ state }) => {
        if (state === 'gap') this.breakOff();
      },
      ended: () => {
        this.close();
        this.changed();
      },
    });
    // A gap is no state: it changes a book where that is told of it.
    this.unwatch = ports.watchState(({ state }) => {
      if (state !== 'gap') this.changed();
    });
  }

  /** Whether it is exactly the exchange's book at `lastUpdateId`, as deep as it is known. */
  get isWhole(): boolean {
    return this.levels.isKnown && !this.hasHole;
  }

  /** Whether it is whole, and the exchange's newest diffs come. */
  get isLive(): boolean {
    return this.why === undefined;
  }

  /** Why it is not live; undefined while it is. */
  get why(): BookTrouble | undefined {
    const state = this.ports.state();
    if (this.isClosed || !state) return 'closed';
    if (state.state !== 'live') return state.why;
    if (this.isWhole) return undefined;
    return this.hasHole ? 'hole' : 'no-book';
  }

  /** The update id at which it stands; 0 before the first book. */
  get lastUpdateId(): number {
    return this.levels.id;
  }

  /**
   * The best levels of both sides, best first, at most so many of each: as far as nothing between them is unknown, which ends at
   * `bidsTo` and `asksTo` where these are there. While the book is not whole they may be out of date.
   *
   * @throws TypeError where `most` is neither a whole number above 0 nor Infinity.
   */
  top(most = Infinity): KnownLevels {
    if (most !== Infinity && !(Number.isSafeInteger(most) && most > 0)) {
      throw new TypeError(`top: expected a whole number above 0, not ${most}`);
    }
    return this.levels.levels(most);
  }

  /** Leaves the stream. What is known stays as it was. */
  close(): void {
    this.isClosed = true;
    this.leave();
    this.unwatch();
  }

  private take(book: BookEvent): void {
    this.levels.take(book);
    this.hasHole = false;
    this.changed();
  }

  private apply(diff: Depth): void {
    const { levels } = this;
    // What comes before the first book, or behind a hole, has nothing to be put on.
    if (!this.isWhole || diff.lastUpdateId <= levels.id) return;
    if ((diff.previousUpdateId ?? diff.firstUpdateId - 1) > levels.id) return this.breakOff();
    levels.apply(diff);
    this.changed();
  }

  /** Diffs are missing: what stands may be out of date. */
  private breakOff(): void {
    if (!this.levels.isKnown || this.hasHole) return;
    this.hasHole = true;
    this.changed();
  }
}
