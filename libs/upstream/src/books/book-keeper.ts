import type { BookEvent, Millis, Place, StreamEvent } from '#libs/core';
import type { StreamMemory } from '../streams/transcript.js';
import { joinOf } from './join.js';
import { KeptDiffs } from './kept-diffs.js';
import { type Attempt, NO_QUESTION, type Question, answered, asked, joined, missed, withdrawn } from './question.js';
import { StreamBook, type StreamBookRules, bookEvent, rolledBook } from './stream-book.js';

const NO_PLACE: Place = { epoch: 0, seq: 0 };
/** So long a question that may be asked again may wait for others, or for weight, and still find what was kept for it. */
const PATIENCE_MS: Millis = 10_000;

const NOT_FETCHED = { levels: 0, at: -Infinity };

/**
 * The book of one stream of diffs, at exactly the place up to which the stream was published; unknown until one that was
 * fetched has joined it. Asks nobody itself: it is told what was published and what was answered, and says what that comes
 * to. What it puts together is published by its caller, and is known from then on, as to everybody else.
 */
export class BookKeeper implements StreamMemory {
  question: Question = NO_QUESTION;
  /** With how many levels a side it was fetched, and when; 0 before it was. */
  fetched: { levels: number; at: Millis } = NOT_FETCHED;
  /** What everybody knows who has read the stream. */
  readonly known: StreamBook;
  private readonly kept = new KeptDiffs();
  /** Whether an answer may come that joins what is kept. */
  private isKeeping = false;

  constructor(private readonly rules: StreamBookRules) {
    this.known = new StreamBook(rules);
  }

  /** Diffs that are kept for an answer, in bytes. */
  get keptBytes(): number {
    return this.kept.bytes;
  }

  said(event: StreamEvent): void {
    if (!this.known.said(event)) this.kept.clear();
    if (!this.known.isKnown) this.fetched = NOT_FETCHED;
    if (event.type === 'depth' && this.isKeeping) this.kept.add(event);
  }

  latest(place: Place): string[] {
    return this.known.latest(place);
  }

  /** A book is asked for: from now on diffs are kept, until an answer joins them. */
  ask(attempt: Attempt, levels: number): void {
    this.question = asked(this.question, attempt, levels);
    this.isKeeping = true;
  }

  /** An answer has come. One to an attempt that is over changes nothing. */
  answered(attempt: Attempt, book: BookEvent, levels?: number): void {
    this.question = answered(this.question, attempt, book, levels);
  }

  /** It is not waited for any more, nor what it brought. */
  withdraw(attempt = this.question.attempt): void {
    this.question = withdrawn(this.question, attempt);
    if (this.question.state === 'idle') this.keepNothing();
  }

  /** Nobody could answer. @param leastMs it is not asked again sooner than this. */
  failed(attempt: Attempt, now: Millis, leastMs: Millis): void {
    const question = missed(this.question, attempt, now, leastMs);
    if (question === this.question) return;
    this.question = question;
    this.keepNothing();
  }

  /** The answer that is held was published as it is, in the place of diffs that are missing. */
  bridged(now: Millis): void {
    this.fetched = { levels: this.question.levels, at: now };
    this.question = joined(this.question);
    this.keepNothing();
  }

  /** The answer that is held does not reach what follows: one that is newer is needed. What was kept will join that. */
  missed(now: Millis): void {
    this.question = missed(this.question, this.question.attempt, now);
  }

  /** Where nobody has asked again though it was time to, nobody needs to: what is kept would be kept for nothing, and for ever. */
  rest(now: Millis): void {
    const { state, notBefore } = this.question;
    if (state === 'resting' && now - notBefore >= PATIENCE_MS) this.keepNothing();
  }

  /** Where the answer that is held joins the stream by now: the book, as it is to be published next. */
  settle(now: Millis): BookEvent | undefined {
    const { held, levels } = this.question;
    if (!held) return undefined;
    const { known, kept, rules } = this;
    const join = joinOf(held.lastUpdateId, known.reached, kept, rules.book);
    if (join.is === 'behind') this.missed(now);
    if (join.is !== 'joins') return undefined;
    this.question = joined(this.question);
    this.keepNothing();
    this.fetched = { levels, at: now };
    return bookEvent(rolledBook(held, join.diffs, rules.mostLevels), join.diffs.at(-1) ?? held, NO_PLACE);
  }

  /** What is kept now would not join what is kept later: there may be diffs between. */
  private keepNothing(): void {
    this.kept.clear();
    this.isKeeping = false;
  }
}
