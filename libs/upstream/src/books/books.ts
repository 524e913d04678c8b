import type { ParsedStream } from '#libs/binance';
import {
  type Cancel,
  type Clock,
  type Millis,
  type Result,
  type StreamEvent,
  type StreamName,
  stamp,
} from '#libs/core';
import type { Rest, RestFailure } from '#libs/rest';
import type { Log, UpstreamSettings } from '#libs/runtime';
import type { Hole } from '../streams/order/order.js';
import type { RepairTold, Repairer } from '../streams/repairer.js';
import type { Series } from '../streams/series.js';
import type { BookKeeper } from './book-keeper.js';
import type { BooksByAsk } from './books-by-ask.js';
import { type BookRepair, type KeptBook, newBook, viewOf } from './kept-book.js';
import { type BookRequest, type BookView, isServedBy, nextRequest } from './plan.js';
import type { Attempt } from './question.js';
import { BookRequests } from './requests.js';

/** The streams whose books are kept. */
export interface BookStreams {
  readonly wanted: ReadonlyMap<StreamName, Series>;
  /** Whether something large may be published on it now: nothing waits before it, and the pace allows it. */
  isFree(series: Series, now: Millis): boolean;
  /** Publishes at a pace that nobody is hurt by. */
  publishPaced(series: Series, said: readonly StreamEvent[]): void;
}

/** What the books of one upstream work with. */
export interface BooksParts {
  /** Absent where no address is known that has the books of the streams that are read: then none is. */
  rest?: Pick<Rest, 'get'> | undefined;
  /** Asks for books of streams that somebody else says; absent where nobody does. */
  byAsk?: Pick<BooksByAsk, 'tick' | 'stop' | 'had'> | undefined;
  streams: BookStreams;
  clock: Clock;
  log: Log;
  settings: Readonly<Pick<UpstreamSettings, 'bookLevels' | 'bookUnbridged'>>;
  /** Whether clients want it, rather than only a list of what is always on. */
  isAsked(stream: StreamName): boolean;
}

/** A stream that says nothing for so long after its book has come is where the book is. */
const QUIET_MS: Millis = 2_000;

/** Binance does not give this book; it is asked now and then. */
const FINAL_WAIT_MS: Millis = 300_000;

/** An answer that nobody can read may have come from somebody else; diffs may wait for the next one. */
const MISREAD_WAIT_MS: Millis = 10_000;

/**
 * The books of all streams of diffs that are wanted: each is fetched near the touch, then deeper, and is kept as the stream goes
 * on. Where diffs are missing that nobody has, a new one takes their place.
 */
export class Books implements Repairer {
  readonly name = 'book';
  readonly isTireless = true;
  /** How often what happened; read by the metrics. */
  readonly counts = { asked: 0, told: 0, failed: 0, behind: 0, bridged: 0, joined: 0 };
  private readonly kept = new Map<StreamName, KeptBook>();
  private readonly requests: BookRequests | undefined;
  private attempts: Attempt = 0;

  constructor(private readonly parts: BooksParts) {
    const { rest, clock } = parts;
    this.requests = rest && new BookRequests(rest, clock);
  }

  /** Requests under way. */
  get underWay(): number {
    return this.requests?.size ?? 0;
  }

  /** All of them, for operators. */
  get all(): Iterable<Readonly<KeptBook>> {
    return this.kept.values();
  }

  /** Begins the book of a stream, if it has one. Nothing is known of it. */
  open(stream: ParsedStream): BookKeeper | undefined {
    const book = newBook(stream, this.parts.settings.bookLevels);
    if (book) this.kept.set(stream.name, book);
    return book?.keeper;
  }

  repairs({ name }: ParsedStream): boolean {
    return this.requests !== undefined && !this.parts.settings.bookUnbridged && this.kept.has(name);
  }

  begin({ name }: ParsedStream, { to }: Hole, told: RepairTold): Cancel {
    const book = this.kept.get(name);
    if (!book) return () => undefined;
    const repair = { told, isDoubt: to === undefined };
    book.repair = repair;
    return () => {
      if (book.repair === repair) book.repair = undefined;
    };
  }

  tick(now: Millis): void {
    const { wanted } = this.parts.streams;
    for (const book of this.kept.values()) {
      const series = wanted.get(book.stream.name);
      if (!series) this.kept.delete(book.stream.name);
      else this.settle(book, series, now);
    }
    if (this.requests) this.askAll(this.requests, now);
    const { byAsk } = this.parts;
    byAsk?.tick(this.kept.values(), now);
    this.counts.told = byAsk?.had ?? 0;
  }

  stop(): void {
    this.kept.clear();
    this.requests?.stop();
    this.parts.byAsk?.stop();
  }

  /** Publishes an answer as soon as it joins the stream, or bridges what is missing. */
  private settle(book: KeptBook, series: Series, now: Millis): void {
    const { keeper, repair } = book;
    const { held } = keeper.question;
    const { streams } = this.parts;
    if (!held) return;
    if (repair) return this.repair(book, repair, now);
    if (!streams.isFree(series, now)) return;
    const joined = keeper.settle(now);
    if (joined) {
      this.counts.joined += 1;
      streams.publishPaced(series, [joined]);
    } else if (keeper.question.state === 'resting') this.counts.behind += 1;
    else if (series.reached === undefined && now - book.heldAt >= QUIET_MS) {
      const said = series.continuity.bridge(held, now);
      if (!said) return;
      keeper.bridged(now);
      streams.publishPaced(series, [...series.become({ state: 'live', cause: 'first-event' }, now), ...said]);
    }
  }

  /** Brings an answer to where something is missing, or may be. */
  private repair({ keeper, heldAt }: KeptBook, { told, isDoubt }: BookRepair, now: Millis): void {
    const { held } = keeper.question;
    if (!held) return;
    if (isDoubt) {
      const ahead = held.lastUpdateId - (keeper.known.reached ?? -Infinity);
      if (ahead === 0) return this.unharmed(keeper, told);
      // What the stream itself still brings is better than a book in its place.
      if (ahead > 0 && now - heldAt < QUIET_MS) return;
    }
    if (told.bridge(held)) {
      this.counts.bridged += 1;
      keeper.bridged(now);
      if (isDoubt) told.whole();
    } else {
      this.counts.behind += 1;
      keeper.missed(now);
    }
  }

  /** The stream is where the book is: nothing was missed. */
  private unharmed(keeper: BookKeeper, told: RepairTold): void {
    // What is known already needs no publishing.
    if (keeper.known.isKnown) keeper.withdraw();
    told.whole();
  }

  private askAll(requests: BookRequests, now: Millis): void {
    const views = [...this.kept.values()].flatMap((book) => this.viewOf(book, now) ?? []);
    for (const { symbol, isTorn } of views) if (isTorn) requests.hurry(symbol, now);
    for (;;) {
      const request = nextRequest(views, requests, now);
      if (!request || !requests.hasRoom(request.share)) break;
      void this.ask(requests, request, now);
    }
    for (const { keeper } of this.kept.values()) keeper.rest(now);
  }

  /** Asks for all books that this request serves. */
  private async ask(requests: BookRequests, request: BookRequest, now: Millis): Promise<void> {
    const attempt = ++this.attempts;
    const { symbol, levels } = request;
    const asking = [...this.kept.values()].filter((book) => {
      const view = book.symbol === symbol ? this.viewOf(book, now) : undefined;
      return view && isServedBy(view, levels, now);
    });
    const [first] = asking;
    if (!first) return;
    for (const { keeper } of asking) keeper.ask(attempt, levels);
    this.counts.asked += 1;
    const { snapshot } = first.rules.book;
    const where = { path: snapshot.path, query: snapshot.query(first.stream, levels) };
    const answer = await requests.ask(request, where);
    for (const book of asking) {
      if (answer) this.answered(book, attempt, levels, answer);
      else book.keeper.withdraw(attempt);
    }
  }

  private answered(book: KeptBook, attempt: Attempt, levels: number, answer: Result<unknown, RestFailure>): void {
    const { clock, streams } = this.parts;
    const { keeper, rules, stream } = book;
    const now = clock.now();
    const head = { stream: stream.name, receivedAt: stamp(clock, now) };
    const read = answer.ok ? rules.book.snapshot.read(answer.value, head, stream, levels) : answer;
    if (!read.ok) return this.failed(book, attempt, read.problem);
    keeper.answered(attempt, read.value);
    book.heldAt = now;
    const series = streams.wanted.get(stream.name);
    if (series && this.kept.get(stream.name) === book) this.settle(book, series, now);
  }

  private failed({ keeper, stream }: KeptBook, attempt: Attempt, failure: RestFailure | string): void {
    const { clock, log } = this.parts;
    const isText = typeof failure === 'string';
    const why = isText ? failure : failure.why;
    const waitMs = isText ? MISREAD_WAIT_MS : failure.isFinal ? FINAL_WAIT_MS : failure.retryInMs;
    this.counts.failed += 1;
    const isNews = keeper.question.missed === 0;
    keeper.failed(attempt, clock.now(), waitMs);
    if (isNews)
      log.warn({ code: 'book.not-had', stream: stream.name, why }, 'a book could not be had; it is asked again');
  }

  private viewOf(book: KeptBook, now: Millis): BookView | undefined {
    const { name } = book.stream;
    const series = this.parts.streams.wanted.get(name);
    // Whoever says it has its book, and gives it for nothing.
    return series && !series.withheld ? viewOf(book, series, this.parts.isAsked(name), now) : undefined;
  }
}
