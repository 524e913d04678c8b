import type { Market, ParsedStream, ProblemCode } from '#libs/binance';
import type { AttemptRecord, Clock, Millis, Result } from '#libs/core';
import { type Metrics } from '#libs/runtime';
import type { Attempts } from '../line/attempts.js';
import type { Books } from '../books/books.js';
import type { Journal } from '../journal/journal.js';
import { Ages } from './ages.js';
import { bookTotals } from './book-page.js';
import { CLOSERS, ENDINGS, GIVEN_UP, ROTATIONS, badFramesOf } from './known-labels.js';
import type { HoleJournal } from '../repair/hole-journal.js';
import type { RepairEnd } from '../streams/repair-desk.js';
import type { Problems } from '../problems/problems.js';
import type { RotationReason } from '../rotation/plan.js';
import type { Pool } from '../pool/pool.js';
import type { Streams } from '../streams/streams.js';

/** The parts of an upstream that count for themselves. */
export interface Counting {
  attempts: Attempts;
  streams: Streams;
  problems: Problems;
  journal: Journal;
  pool: Pool;
  books: Books;
  holes: HoleJournal;
}

/** What one upstream counts. Plain numbers where a message raises them; Prometheus reads them when it scrapes. */
export class UpstreamCounts {
  readonly traffic = { frames: 0, bytes: 0 };
  stalls = 0;
  private readonly endings;
  private readonly problems;
  private readonly rotations;
  private readonly closing;
  private readonly ages: Ages;

  constructor(
    private readonly metrics: Metrics,
    market: Market,
    clock: Clock,
  ) {
    this.ages = new Ages(metrics, clock);
    const endings = {
      name: 'holdfast_upstream_endings_total',
      help: 'Connection attempts that ended, by who ended them and the class of cause.',
      labelNames: ['closed_by', 'cause'],
    };
    this.endings = metrics.counter(endings, ENDINGS);
    const problems = {
      name: 'holdfast_upstream_bad_frames_total',
      help: 'Frames that could not be read, by what was wrong and the type of their stream, where it could be told.',
      labelNames: ['code', 'stream_type'],
    };
    this.problems = metrics.counter(problems, badFramesOf(market));
    const rotations = {
      name: 'holdfast_upstream_rotations_total',
      help: 'Replacements of working connections, by why and what became of them.',
      labelNames: ['reason', 'result'],
    };
    this.rotations = metrics.counter(rotations, ROTATIONS);
    this.closing = metrics.histogram({
      name: 'holdfast_upstream_hole_seconds',
      help: 'From when a hole was found to when it was closed, by who closed it: a repairer, a line after all, or nobody.',
      labelNames: ['by'],
      buckets: [0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 300],
    });
    for (const by of CLOSERS) this.closing.zero({ by });
    this.reading('frames', 'Messages received from Binance.', () => this.traffic.frames);
    this.reading('received_bytes', 'Bytes of messages received from Binance.', () => this.traffic.bytes);
    this.reading('stalls', 'Times our own process stood still.', () => this.stalls);
  }

  tick(now: Millis): void {
    this.ages.tick(now);
  }

  ended({ closedBy, cause }: AttemptRecord): void {
    this.endings.inc({ closed_by: closedBy ?? '', cause: cause ?? '' });
  }

  /** @param stream of the frame, where that could be read. */
  badFrame(code: ProblemCode, stream: Result<ParsedStream, unknown> | undefined): void {
    this.problems.inc({ code, stream_type: stream?.ok ? stream.value.type : 'unknown' });
  }

  rotated(reason: RotationReason, result: 'done' | 'failed' | 'promoted'): void {
    this.rotations.inc({ reason, result });
  }

  /** A hole that was left to repairers is over. */
  closed({ by, ms }: RepairEnd): void {
    this.closing.observe({ by }, ms / 1_000);
  }

  /** Shows what the other parts count themselves. */
  expose({ streams, problems, journal, pool, holes, books, attempts }: Counting): void {
    const { counts } = streams;
    this.reading('attempts', 'Connection attempts begun.', () => journal.attempts);
    this.reading('events', 'Messages published: market events and feed states.', () => streams.published);
    this.reading(
      'repeated',
      'Events that came again, from an overlapping connection or from Binance.',
      () => counts.repeated,
    );
    this.reading('held_back', 'Events that waited for earlier ones from another connection.', () => counts.heldBack);
    this.reading('gaps', 'Gaps announced.', () => counts.gaps);
    this.reading('missing_ids', 'Ids missing in announced gaps.', () => counts.missing);
    this.reading('holes', 'Holes that no connection could fill and others were asked to.', () => counts.holes);
    this.reading('filled', 'Events that were brought to fill holes.', () => counts.filled);
    this.announced(holes);
    this.reading('drift', 'Unknown fields, event types and streams seen.', () => problems.drift.count);
    this.spares(pool);
    this.gauges(streams, pool);
    this.exposeAttempts(attempts);
    this.exposeAges(streams);
    this.exposeBooks(books);
  }

  private exposeAttempts(attempts: Attempts): void {
    const { metrics } = this;
    metrics.readGauge(
      'holdfast_upstream_attempts_left',
      'Connection attempts that may still be begun now, by what this process knows of all of them.',
      () => attempts.look().left,
    );
    metrics.readGauge(
      'holdfast_upstream_next_attempt_seconds',
      'Until a connection attempt may be begun: 0 unless all are used up or Binance has ordered to wait.',
      () => attempts.look().waitMs / 1_000,
    );
  }

  private exposeAges(streams: Streams): void {
    this.ages.watch(
      'holdfast_upstream_frame_age_seconds',
      'Since the last message from Binance, or since the start.',
      () => this.traffic.frames,
    );
    this.ages.watch(
      'holdfast_upstream_publish_age_seconds',
      'Since the last message was published, or since the start.',
      () => streams.published,
    );
  }

  private exposeBooks(books: Books): void {
    const { counts } = books;
    this.reading('books_asked', 'Books asked for over REST.', () => counts.asked);
    this.reading(
      'books_told',
      'Books that the upstream gave which publishes, while this one stood by.',
      () => counts.told,
    );
    this.reading('books_failed', 'Books that could not be had, or not be read.', () => counts.failed);
    this.reading('books_behind', 'Books that came and were too old to join their stream.', () => counts.behind);
    this.reading('books_bridged', 'Books that took the place of missing diffs.', () => counts.bridged);
    this.reading('books_joined', 'Books that joined their stream where nothing was missing.', () => counts.joined);
    this.metrics.gauge({
      name: 'holdfast_upstream_books',
      help: 'Books of wanted streams: those that are known, those that are not, those whose diffs wait for one.',
      labelNames: ['state'],
      collect() {
        const { known, unknown, torn } = bookTotals(books);
        this.set({ state: 'known' }, known);
        this.set({ state: 'unknown' }, unknown);
        this.set({ state: 'torn' }, torn);
      },
    });
    this.metrics.gauge({
      name: 'holdfast_upstream_book_bytes',
      help: 'About how much memory books and the diffs kept for them take.',
      collect() {
        this.set(bookTotals(books).bytes);
      },
    });
  }

  private spares({ spares: { counts } }: Pool): void {
    this.reading('spare_kept', 'Messages that spare connections kept as bytes.', () => counts.kept);
    this.reading('spare_read', 'Kept messages that were read because something was missing.', () => counts.read);
    this.reading('stand_ins', 'Times a spare connection began to bring another one’s streams.', () => counts.stoodIn);
  }

  private gauges(streams: Streams, pool: Pool): void {
    this.metrics.gauge({
      name: 'holdfast_upstream_connections',
      help: 'Connections to Binance that are open, replacements and spare ones included.',
      collect() {
        this.set(pool.lines.filter(({ connection }) => connection).length);
      },
    });
    this.metrics.gauge({
      name: 'holdfast_upstream_streams',
      help: 'Wanted streams by feed state.',
      labelNames: ['state'],
      collect() {
        this.reset();
        for (const state of ['live', 'recovering', 'stale', 'gap', 'refused']) this.set({ state }, 0);
        for (const {
          transcript: { feed },
        } of streams.wanted.values())
          if (feed) this.inc({ state: feed.state });
      },
    });
  }

  private announced({ announced }: HoleJournal): void {
    this.metrics.counter({
      name: 'holdfast_upstream_given_up_total',
      help: 'Gaps announced, by why what was missing was given up.',
      labelNames: ['reason'],
      collect() {
        this.reset();
        const all = { ...GIVEN_UP, ...Object.fromEntries(announced) };
        for (const [reason, gaps] of Object.entries(all)) this.inc({ reason }, gaps);
      },
    });
  }

  private reading(what: string, help: string, read: () => number): void {
    this.metrics.readCounter(`holdfast_upstream_${what}_total`, help, read);
  }
}
