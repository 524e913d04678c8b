import type { BookRules, ParsedStream } from '#libs/binance';
import {
  type Cancel,
  type Clock,
  type Millis,
  type Result,
  type StreamEvent,
  type StreamName,
  notOk,
  stamp,
} from '#libs/core';
import type { Log, UpstreamSettings } from '#libs/runtime';
import type { RestFailure } from '../rest/request.js';
import type { Rest } from '../rest/rest.js';
import type { Hole } from '../streams/order/order.js';
import type { RepairTold, Repairer } from '../streams/repairer.js';
import type { Series } from '../streams/series.js';
import { BookKeeper } from './book-keeper.js';
import { type BookRequest, type BookStage, type BookView, isServedBy, nextRequest, stagesTo } from './plan.js';
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
  rest: Pick<Rest, 'get'>;
  streams: BookStreams;
  clock: Clock;
  log: Log;
  settings: Readonly<Pick<UpstreamSettings, 'bookLevels' | 'bookUnbridged'>>;
  /** Whether clients want it, rather than only a list of what is always on. */
  isAsked(stream: StreamName): boolean;
}

/** A stream of diffs, and its book. */
interface KeptBook {
  readonly stream: ParsedStream;
  readonly symbol: string;
  readonly rules: BookRules;
  readonly stages: readonly BookStage[];
  readonly keeper: BookKeeper;
  /** Where a book is brought to while diffs are missing before those that wait. */
  told?: RepairTold | undefined;
  /** Since when an answer is held. */
  heldAt: Millis;
}

/** A stream that says nothing for so long after its book has come is where the book is. */
const QUIET_MS: Millis = 2_000;

/**
 * The books of all streams of diffs that are wanted: each is fetched near the touch, then deeper, and is kept as the stream goes
 * on. Where diffs are missing that nobody has, a new one takes their place.
 */
export class Books implements Repairer {
  readonly name = 'book';
  readonly isTireless = true;
  /** How often what happened; read by the metrics. */
  readonly counts = { asked: 0, failed: 0, behind: 0, bridged: 0, joined: 0 };
  private readonly kept = new Map<StreamName, KeptBook>();
  private readonly requests: BookRequests;
  private attempts: Attempt = 0;

  constructor(private readonly parts: BooksParts) {
    this.requests = new BookRequests(parts.rest, parts.clock);
  }

  /** All of them, for operators. */
  get all(): Iterable<Readonly<KeptBook>> {
    return this.kept.values();
  }

  /** Begins the book of a stream, if it has one. Nothing is known of it. */
  open(stream: ParsedStream): BookKeeper | undefined {
    const { symbol, known } = stream;
    const { book: rules, ordering } = known;
    if (!rules || symbol === undefined || ordering.rule !== 'chain') return undefined;
    const { bookLevels } = this.parts.settings;
    const stages = stagesTo(rules.snapshot.stages, bookLevels);
    const keeper = new BookKeeper(rules, ordering, bookLevels);
    this.kept.set(stream.name, { stream, symbol, rules, stages, keeper, heldAt: 0 });
    return keeper;
  }

  repairs({ name }: ParsedStream): boolean {
    return !this.parts.settings.bookUnbridged && this.kept.has(name);
  }

  begin({ name }: ParsedStream, _: Hole, told: RepairTold): Cancel {
    const book = this.kept.get(name);
    if (!book) return () => undefined;
    book.told = told;
    return () => {
      if (book.told === told) book.told = undefined;
    };
  }

  tick(now: Millis): void {
    const { wanted } = this.parts.streams;
    for (const book of this.kept.values()) {
      const series = wanted.get(book.stream.name);
      if (!series) this.kept.delete(book.stream.name);
      else this.settle(book, series, now);
    }
    this.askAll(now);
  }

  stop(): void {
    this.kept.clear();
    this.requests.stop();
  }

  private askAll(now: Millis): void {
    const views = [...this.kept.values()].flatMap((book) => this.viewOf(book) ?? []);
    for (const { symbol, isTorn } of views) if (isTorn) this.requests.hurry(symbol, now);
    for (;;) {
      const request = nextRequest(views, this.requests, now);
      if (!request || !this.requests.hasRoom(request.share)) return;
      void this.ask(request, now);
    }
  }
}
