import type { BookRules, Chain } from '#libs/binance';
import { Book, type BookEvent, type Depth, type Millis, type Place, type StreamEvent, encode } from '#libs/core';
import type { StreamMemory } from '../streams/transcript.js';
import { joinOf } from './join.js';
import { KeptDiffs } from './kept-diffs.js';
import { type Attempt, NO_QUESTION, type Question, answered, asked, joined, missed, withdrawn } from './question.js';

/**
 * The book of one stream of diffs, at exactly the place up to which the stream was published; unknown until one that was
 * fetched has joined it. Asks nobody itself: it is told what was published and what was answered, and says what that comes
 * to. What it puts together is published by its caller, and is known from then on, as to everybody else.
 */
export class BookKeeper implements StreamMemory {
  question: Question = NO_QUESTION;
  /** With how many levels a side it was fetched, and when; 0 before it was. */
  fetched: { levels: number; at: Millis } = { levels: 0, at: -Infinity };
  private book: Book | undefined;
  /** The newest message that is in it. */
  private newest: BookEvent | Depth | undefined;
  /** The id that the stream has reached. */
  private reached: number | undefined;
  private readonly kept = new KeptDiffs();

  /** @param mostLevels kept on each side. */
  constructor(
    private readonly rules: BookRules,
    private readonly chain: Chain,
    private readonly mostLevels: number,
  ) {}

  get isKnown(): boolean {
    return this.book !== undefined;
  }

  /** Levels of both sides that are in memory. */
  get size(): number {
    return this.book?.size ?? 0;
  }

  /** Diffs that are kept for an answer, in bytes. */
  get keptBytes(): number {
    return this.kept.bytes;
  }

  /** How many levels are known on the side of which less is; Infinity where all is, 0 where nothing is. */
  get depth(): number {
    if (!this.book) return 0;
    const { bids, asks, bidsTo, asksTo } = this.book.levels();
    return Math.min(bidsTo === undefined ? Infinity : bids.length, asksTo === undefined ? Infinity : asks.length);
  }

  /** A message was published on the stream. */
  said(event: StreamEvent): void {
    if (event.type === 'depth') this.saidDiff(event);
    else if (event.type === 'book') this.saidBook(event);
    // What comes after a gap does not build on what was before it.
    else if (event.type === 'feed' && event.state === 'gap') this.forget();
  }

  /** A book is asked for: from now on diffs are kept, until an answer joins them. */
  ask(attempt: Attempt, levels: number): void {
    this.question = asked(this.question, attempt, levels);
  }

  /** An answer has come. One to an attempt that is over changes nothing. */
  answered(attempt: Attempt, book: BookEvent): void {
    this.question = answered(this.question, attempt, book);
  }

  /** It is asked again at once, and otherwise. */
  withdraw(attempt: Attempt): void {
    this.question = withdrawn(this.question, attempt);
  }

  /** Nobody could answer. @param leastMs it is not asked again sooner than this. */
  failed(attempt: Attempt, now: Millis, leastMs: Millis): void {
    const question = missed(this.question, attempt, now, leastMs);
    if (question === this.question) return;
    this.question = question;
    this.kept.clear();
  }

  /** The answer that is held was published as it is, in the place of diffs that are missing. */
  bridged(now: Millis): void {
    this.fetched = { levels: this.question.levels, at: now };
    this.question = joined(this.question);
    this.kept.clear();
  }

  /** The answer that is held does not reach what follows: one that is newer is needed. What was kept will join that. */
  missed(now: Millis): void {
    this.question = missed(this.question, this.question.attempt, now);
  }

  /** Where the answer that is held joins the stream by now: the book, as it is to be published next. */
  settle(now: Millis): BookEvent | undefined {
    const { held, levels } = this.question;
    if (!held) return undefined;
    const join = joinOf(held.lastUpdateId, this.reached, this.kept, this.rules);
    if (join.is === 'behind') this.missed(now);
    if (join.is !== 'joins') return undefined;
    this.question = joined(this.question);
    this.kept.clear();
    this.fetched = { levels, at: now };
    const book = this.bookOf(held);
    for (const diff of join.diffs) book.apply(diff);
    return eventOf(book, join.diffs.at(-1) ?? held, NO_PLACE);
  }

  /** The book as a newcomer is told it, who stands at this place. */
  latest(place: Place): string[] {
    const { book, newest } = this;
    return book && newest ? [encode(eventOf(book, newest, place))] : [];
  }

  private saidDiff(diff: Depth): void {
    const { reached, chain } = this;
    // Whoever publishes says a gap before one that does not follow; a book that cannot be right is worse than none.
    if (reached !== undefined && !this.isNext(diff, reached)) this.forget();
    this.reached = chain.last(diff);
    this.book?.apply(diff);
    this.newest = diff;
    if (this.question.state !== 'idle') this.kept.add(diff);
  }

  private saidBook(event: BookEvent): void {
    // In the place of diffs that are missing: what was kept before it does not lead to what comes.
    if (event.lastUpdateId !== this.reached) this.kept.clear();
    this.reached = event.lastUpdateId;
    this.book = this.bookOf(event);
    this.newest = event;
  }

  /** Ids of a market may have holes, over which a diff names the one before; behind a book it cannot name that. */
  private isNext(diff: Depth, reached: number): boolean {
    const follows = this.chain.follows(diff, reached);
    return (
      this.chain.last(diff) > reached && (follows || (this.newest?.type === 'book' && this.rules.joins(diff, reached)))
    );
  }

  private bookOf(event: BookEvent): Book {
    const book = new Book(this.mostLevels);
    book.take(event);
    return book;
  }

  private forget(): void {
    this.book = undefined;
    this.newest = undefined;
    this.reached = undefined;
    this.fetched = { levels: 0, at: -Infinity };
    this.kept.clear();
  }
}

const NO_PLACE: Place = { epoch: 0, seq: 0 };

/** A book as a message at this place; `newest` is what it had last. */
const eventOf = (book: Book, { stream, symbol, receivedAt, timeUnit }: BookEvent | Depth, place: Place): BookEvent => ({
  type: 'book',
  stream,
  epoch: place.epoch,
  seq: place.seq,
  symbol,
  lastUpdateId: book.id,
  ...book.levels(),
  receivedAt,
  ...(timeUnit && { timeUnit }),
});
