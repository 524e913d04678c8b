import type { Ask } from '#libs/bus';
import { type BookEvent, type Cancel, type Clock, type Millis, type StreamName, type Topic } from '#libs/core';
import { type Welcome, decode, readWelcomeAnswer } from '#libs/core';
import type { Series } from '../streams/series.js';
import { type KeptBook, viewOf } from './kept-book.js';
import { isServedBy, stageOf } from './plan.js';
import type { Attempt } from './question.js';

interface BooksByAskParts {
  ask: Ask;
  /** Where it is asked how streams stand. */
  channel: Topic;
  clock: Pick<Clock, 'now'>;
  streams: { readonly wanted: ReadonlyMap<StreamName, Series> };
  /** Whether clients want it. */
  isAsked(stream: StreamName): boolean;
}

/** Books are large, and edges ask for theirs, too: so many in one question, and no sooner than this. */
const MOST_AT_ONCE = 8;
const ROUND_EVERY_MS: Millis = 250;

/** Whoever answers says all that is not live at twice this pace: the other half is for edges. */
const LETTERS_PER_MS = 1_000;

/** So long an answer is waited for. */
const ANSWER_MS: Millis = 1_000;

/**
 * The books of streams that somebody else says: he has them, at the very place of his newest message, and is asked as an edge asks him.
 * They cost him a text, and nobody any of the weight that our address may spend.
 */
export class BooksByAsk {
  /** Books that were had so. */
  had = 0;
  private asking: ReadonlyMap<StreamName, KeptBook> = new Map();
  /** Below 0: no request over REST has such a number. */
  private attempt: Attempt = 0;
  private roundAt: Millis = -Infinity;
  private cancel: Cancel = () => undefined;

  constructor(private readonly parts: BooksByAskParts) {}

  /** To be called often, with all books. */
  tick(books: Iterable<KeptBook>, now: Millis): void {
    // Nobody says them but ourselves.
    for (const book of this.asking.values()) if (!this.isSaidByOthers(book)) return this.giveUp();
    if (this.asking.size > 0 || now < this.roundAt) return;
    const lacking = [...books].filter((book) => this.isLacking(book, now));
    if (lacking.length === 0) return;
    lacking.sort((one, other) => this.rankOf(one) - this.rankOf(other));
    this.askFor(lacking.slice(0, MOST_AT_ONCE), now);
  }

  stop(): void {
    this.cancel();
  }

  private askFor(books: readonly KeptBook[], now: Millis): void {
    const { ask, channel } = this.parts;
    const asking = new Map(books.map((book) => [book.stream.name, book]));
    this.asking = asking;
    this.attempt -= 1;
    this.roundAt = now + ROUND_EVERY_MS;
    for (const { keeper } of books) keeper.ask(this.attempt, 0);
    this.cancel = ask.ask(channel, { streams: [...asking.keys()] }, ANSWER_MS, (answer) => {
      const { welcomes } = readWelcomeAnswer(answer);
      for (const welcome of welcomes) this.take(asking.get(welcome.stream), welcome);
      this.giveUp();
    });
  }

  private take(book: KeptBook | undefined, { latest }: Welcome): void {
    if (!book) return;
    const now = this.parts.clock.now();
    const { keeper, stages } = book;
    const event = latest.map(bookIn).findLast((one) => one?.stream === book.stream.name);
    if (!event) return keeper.failed(this.attempt, now, 0);
    this.roundAt = Math.max(this.roundAt, now) + (latest[0]?.length ?? 0) / LETTERS_PER_MS;
    this.had += 1;
    keeper.answered(this.attempt, event, stageOf(depthOf(event), stages));
    book.heldAt = now;
  }

  /** What has not been answered is asked for again: it was left out of an answer that had become too large, or nobody was there. */
  private giveUp(): void {
    this.cancel();
    for (const { keeper } of this.asking.values()) if (keeper.question.state === 'asked') keeper.withdraw(this.attempt);
    this.asking = new Map();
  }

  private isLacking(book: KeptBook, now: Millis): boolean {
    const { name } = book.stream;
    const series = this.parts.streams.wanted.get(name);
    const view = series?.withheld && viewOf(book, series, this.parts.isAsked(name), now);
    return view !== undefined && isServedBy(view, Infinity, now);
  }

  private isSaidByOthers({ stream }: KeptBook): boolean {
    return this.parts.streams.wanted.get(stream.name)?.withheld !== undefined;
  }

  /** Lower is sooner. */
  private rankOf({ stream, keeper }: KeptBook): number {
    return (keeper.known.isKnown ? 2 : 0) + (this.parts.isAsked(stream.name) ? 0 : 1);
  }
}

function bookIn(text: string): BookEvent | undefined {
  const event = decode(text);
  return event.ok && event.value.type === 'book' ? event.value : undefined;
}

/** How many levels are known on the side of which less is; Infinity where all is. */
const depthOf = ({ bids, asks, bidsTo, asksTo }: BookEvent): number =>
  Math.min(bidsTo === undefined ? Infinity : bids.length, asksTo === undefined ? Infinity : asks.length);
