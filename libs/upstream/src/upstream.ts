import type { Market, ParsedStream } from '#libs/binance';
import type { Bus } from '#libs/bus';
import {
  type Clock,
  HEARTBEAT_EVERY_MS,
  HistoryShelf,
  type Millis,
  type Random,
  type Seq,
  type StreamName,
  stamp,
} from '#libs/core';
import type { Dial } from '#libs/link';
import { Rest, historyHost, showRest } from '#libs/rest';
import type { Log, Metrics, Ops, Service, UpstreamSettings } from '#libs/runtime';
import { Books } from './books/books.js';
import { DemandBoard } from './demand/demand-board.js';
import { DemandDesk } from './demand/demand-desk.js';
import { MissedDesk } from './demand/missed-desk.js';
import { Journal } from './journal/journal.js';
import { Attempts } from './line/attempts.js';
import { UpstreamCounts } from './ops/counts.js';
import { showUpstream } from './ops/pages.js';
import { showSymbols } from './ops/symbols-shown.js';
import { pipe } from './pipe.js';
import { Problems } from './problems/problems.js';
import { HistoryDesk } from './repair/history-desk.js';
import { HoleJournal } from './repair/hole-journal.js';
import { Cargo } from './rotation/cargo.js';
import { Pool } from './pool/pool.js';
import { Bookmarks } from './restart/bookmarks.js';
import { Recollection } from './restart/recollection.js';
import { LastPlaces } from './restart/last-places.js';
import { Streams } from './streams/streams.js';
import { SymbolList } from './symbols/symbol-list.js';
import { TermKeeper } from './term.js';
import { TIMINGS, type Timings } from './timings.js';
import { Metronome } from './watch/metronome.js';
import { Watch } from './watch/watch.js';

/** What the upstream gets from its process. */
export interface UpstreamParts {
  market: Market;
  /** Streams that are always on. */
  always: readonly ParsedStream[];
  bus: Bus;
  dial: Dial;
  clock: Clock;
  random: Random;
  log: Log;
  metrics: Metrics;
  ops: Ops;
  timings?: Timings;
}

/** The role that reads one market of Binance: follows demand, keeps the lines whole, publishes every event once. */
export class Upstream implements Service {
  readonly name: string;
  readonly journal: Journal;
  readonly problems: Problems;
  readonly streams: Streams;
  readonly pool: Pool;
  readonly books: Books;
  private readonly counts: UpstreamCounts;
  private readonly desk: DemandDesk;
  private readonly missed: MissedDesk;
  private readonly board: DemandBoard;
  private readonly bookmarks: Bookmarks;
  private readonly term: TermKeeper;
  private readonly watch: Watch;
  private readonly metronome: Metronome;
  private readonly timings: Timings;
  private readonly rest: Rest;
  private readonly symbols: SymbolList;
  private beatAt: Millis = 0;
  private lookAt: Millis = 0;
  private isStopped = false;

  constructor(
    settings: Readonly<UpstreamSettings>,
    private readonly parts: UpstreamParts,
  ) {
    const { market, always, bus, clock, random, log, metrics, ops, timings = TIMINGS } = parts;
    const { channels } = market;
    this.name = `upstream ${market.name}`;
    this.timings = timings;
    this.counts = new UpstreamCounts(metrics, market, clock);
    this.journal = new Journal(clock, log, (record) => this.counts.ended(record));
    this.problems = new Problems(
      (code, { stream }) => this.counts.badFrame(code, stream === undefined ? undefined : market.parse(stream)),
      ({ what, where }) => log.warn({ code: 'drift', what, where }, 'Binance sent something new'),
    );
    const { answersMs, holdMs } = timings;
    const { fillWaitMs, fillMostWaiting, longestDowntimeMs } = settings;
    const memory = new Recollection({ market, bus, clock, answersMs, longestDowntimeMs });
    const bounds = { holdMs, fillMs: fillWaitMs, mostWaiting: fillMostWaiting };
    const { historyStreamBytes: streamBytes, historyBytes: totalBytes, historyMs: ageMs } = settings;
    const shelf = new HistoryShelf({ streamBytes, totalBytes, ageMs });
    this.streams = new Streams(market, bus.messages, clock, bounds, memory, shelf);
    this.metronome = new Metronome(clock, { everyMs: timings.tickMs, stallMs: timings.stallMs }, this);
    const attempts = new Attempts(bus.budget, channels.attempts, market.limits);
    this.pool = this.newPool(settings, attempts);
    this.board = new DemandBoard(market, always, settings.maxStreams);
    this.rest = new Rest({ market, settings, timeUnit: settings.timeUnit, budget: bus.budget, clock });
    const host = historyHost(settings, market);
    const rest = host === undefined ? undefined : this.rest;
    const { pool, streams, board, journal, problems } = this;
    const isAsked = (stream: string): boolean => board.isAsked(stream);
    this.books = new Books({ rest, streams, clock, log, settings, isAsked });
    const { books } = this;
    streams.remember((stream) => books.open(stream));
    const holes = new HoleJournal(clock, host, (end) => this.counts.closed(end));
    const history = rest ? [new HistoryDesk(rest, clock, isAsked), books] : [];
    streams.repairs.employ([pool.spares.repairer, ...history], holes);
    const begin = (epoch: number, isAlone: boolean): void => streams.beginTerm(epoch, isAlone);
    const lastPlaces = new LastPlaces(streams.wanted);
    const places = (): ReadonlyMap<StreamName, Seq> => lastPlaces.next();
    this.term = new TermKeeper({ bus, channels, random, log, places, begin });
    const { term } = this;
    this.missed = new MissedDesk({ ask: bus.ask, channel: channels.missed, streams, clock });
    const isOvertaken = (): boolean => term.overtaken !== undefined;
    const judged = (): void => this.desk.followSoon();
    const { symbolsEveryMs: everyMs } = settings;
    this.symbols = new SymbolList({ market, rest, bus, clock, log, everyMs, timings, isOvertaken, judged });
    const { symbols } = this;
    this.desk = new DemandDesk({ market, bus, board, pool, streams, symbols, clock, log, term, memory });
    this.bookmarks = new Bookmarks({ marks: bus.marks, key: channels.marks, streams });
    this.watch = new Watch({ pool, streams, quarantine: problems.quarantine, clock, settings, timings });
    this.counts.expose({ streams, problems, journal, pool, holes, books, attempts });
    showUpstream(ops, { pool, streams, journal, problems, board, term: this.term, market, holes, books }, clock);
    showRest(this.rest, parts);
    showSymbols(symbols, parts);
  }

  /** Resolves when demand is heard and what is always on has been asked for; data follows. */
  async start(): Promise<void> {
    this.symbols.start();
    await this.term.start();
    this.missed.start();
    await this.desk.start();
    if (!this.isStopped) this.metronome.start();
  }

  async stop(): Promise<void> {
    if (this.isStopped) return;
    this.isStopped = true;
    this.symbols.stop();
    this.desk.stop();
    this.missed.stop();
    this.term.stop();
    this.metronome.stop();
    this.streams.stop();
    // Not waited for: the bus sees to it while it stops, and it may be down.
    if (this.term.overtaken === undefined) void this.bookmarks.write(stamp(this.parts.clock));
    this.books.stop();
    await this.pool.stop();
    await this.rest.stop();
  }

  tick(now: Millis): void {
    this.pool.tick(now);
    this.streams.tick(now);
    this.books.tick(now);
    this.counts.tick(now);
    if (now >= this.lookAt) {
      this.lookAt = now + this.timings.watchMs;
      this.watch.look(now);
    }
    if (now >= this.beatAt) {
      this.beatAt = now + HEARTBEAT_EVERY_MS;
      const at = stamp(this.parts.clock);
      this.term.beat(at);
      if (this.term.overtaken === undefined) this.bookmarks.tick(now, at);
      this.desk.tick(now);
    }
  }

  /** Our own process stood still; whatever looks late by the clock is not the fault of others. */
  stalled(stallMs: Millis, now: Millis): void {
    this.counts.stalls += 1;
    this.board.pardon(now);
    this.term.pardon();
    this.streams.pardon(now);
    this.watch.stalled(stallMs, now);
    this.parts.log.warn({ code: 'process.stalled', stallMs: Math.round(stallMs) }, 'our own process stood still');
  }

  private newPool(settings: Readonly<UpstreamSettings>, attempts: Attempts): Pool {
    const { market, clock } = this.parts;
    const { journal, problems, streams, counts, timings } = this;
    return new Pool(
      {
        ...this.parts,
        settings,
        streamsPerLine: Math.min(settings.streamsPerConnection, market.limits.streams),
        journal,
        problems,
        timings,
        attempts,
        cargo: () => new Cargo(streams, clock),
        generations: { upcoming: 1 },
        stallMs: (now) => this.metronome.stallMs(now),
        traffic: counts.traffic,
        pipe: (line) => pipe(line, { clock, streams }),
        rotated: (reason, result) => counts.rotated(reason, result),
      },
      { market, streams },
    );
  }
}
