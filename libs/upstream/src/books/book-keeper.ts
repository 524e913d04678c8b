import type { BookRules, Chain } from '#libs/binance';
import { Book, type BookEvent, type Depth, type Millis, type Place, type StreamEvent, encode } from '#libs/core';
import { joinOf } from './join.js';
import { KeptDiffs } from './kept-diffs.js';
import { type Attempt, NO_QUESTION, type Question, answered, asked, joined, missed } from './question.js';

/**
 * The book of one stream of diffs, at exactly the place up to which the stream was published; unknown until one that was
 * fetched has joined it. Asks nobody itself: it is told what was published and what was answered, and says what that comes
 * to. What it puts together is published by its caller, and is known from then on, as to everybody else.
 */
export class BookKeeper {
  question: Question = NO_QUESTION;
  /** With how many levels a side it was fetched, and when; 0 before it was. */
  fetched: { levels: number; at: Millis } = { levels: 0, at: -Infinity };
  private book: Book | undefined;
  /** The last book, with its `head`, that everybody was told. */
  private told: BookEvent | undefined;
  /** The id that the stream has reached. */
  private reached: number | undefined;
  private readonly kept = new KeptDiffs();

  constructor(
    private readonly rules: BookRules,
    private readonly chain: Chain,
  ) {}

  get isKnown(): boolean {
    return this.book !== undefined;
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
    return rolled(held, join.diffs);
  }

  /** The book as a newcomer is told it, who stands at this place: the last one that was said. */
  latest(place: Place): string[] {
    const { book, told } = this;
    return book && told ? [encode({ ...told, ...place, ...contentsOf(book) })] : [];
  }

  private saidDiff(diff: Depth): void {
    const { reached, chain } = this;
    // Whoever publishes says a gap before one that does not follow; a book that cannot be right is worse than none.
    if (reached !== undefined && !(chain.last(diff) > reached && chain.follows(diff, reached))) this.forget();
    this.reached = chain.last(diff);
    this.book?.apply(diff);
    if (this.question.state !== 'idle') this.kept.add(diff);
  }

  private saidBook(event: BookEvent): void {
    // In the place of diffs that are missing: what was kept before it does not lead to what comes.
    if (event.lastUpdateId !== this.reached) this.kept.clear();
    this.reached = event.lastUpdateId;
    this.book = bookOf(event);
    this.told = { ...event, bids: [], asks: [] };
  }

  private forget(): void {
    this.book = undefined;
    this.told = undefined;
    this.reached = undefined;
    this.fetched = { levels: 0, at: -Infinity };
    this.kept.clear();
  }
}

const bookOf = (event: BookEvent): Book => {
  const book = new Book();
  book.take(event);
  return book;
};

/** A fetched book taken on to where the stream is. */
function rolled(held: BookEvent, diffs: readonly Depth[]): BookEvent {
  const book = bookOf(held);
  for (const diff of diffs) book.apply(diff);
  return { ...held, ...contentsOf(book) };
}
