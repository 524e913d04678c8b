import { HEARTBEAT_EVERY_MS, type Millis } from '#libs/core';
import { showRest } from '#libs/rest';
import type { Service, UpstreamSettings } from '#libs/runtime';
import type { Books } from './books/books.js';
import { DemandBoard } from './demand/demand-board.js';
import type { Journal } from './journal/journal.js';
import { UpstreamCounts } from './ops/counts.js';
import { exposeLead } from './ops/lead-counts.js';
import { showUpstream } from './ops/pages.js';
import { showSymbols } from './ops/symbols-shown.js';
import type { Pool } from './pool/pool.js';
import type { Problems } from './problems/problems.js';
import { Bookmarks } from './restart/bookmarks.js';
import { HeldVoice } from './standby/held-voice.js';
import type { Streams } from './streams/streams.js';
import { TIMINGS, type Timings } from './timings.js';
import { warmUp } from './warm-up.js';
import { Metronome } from './watch/metronome.js';
import { Watch } from './watch/watch.js';
import { Front } from './wiring/front.js';
import { makeReading } from './wiring/reading.js';
import { type Repairing, makeRepairing } from './wiring/repairing.js';
import { speakAlone, speakInTurn } from './wiring/speaking.js';
import type { UpstreamParts } from './wiring/upstream-parts.js';

const NOBODY_YET =
  'no connection to Binance yet: the first who subscribes to a stream opens it; HOLDFAST_STREAMS names streams that are always wanted';

/** The role that reads one market of Binance: follows demand, keeps the lines whole, publishes every event once. */
export class Upstream implements Service {
  readonly name: string;
  readonly journal: Journal;
  readonly problems: Problems;
  readonly streams: Streams;
  readonly pool: Pool;
  readonly books: Books;
  private readonly counts: UpstreamCounts;
  private readonly front: Front;
  private readonly watch: Watch;
  private readonly metronome: Metronome;
  private readonly timings: Timings;
  private readonly rest: Repairing['rest'];
  private beatAt: Millis = 0;
  private lookAt: Millis = 0;
  private isStopped = false;

  constructor(
    settings: Readonly<UpstreamSettings>,
    private readonly parts: UpstreamParts,
  ) {
    const { market, always, bus, clock, metrics, ops, timings = TIMINGS } = parts;
    this.name = `upstream ${market.name}`;
    this.timings = timings;
    this.metronome = new Metronome(clock, { everyMs: timings.tickMs, stallMs: timings.stallMs }, this);
    const counts = new UpstreamCounts(metrics, market, clock);
    const board = new DemandBoard(market, always, settings.maxStreams);
    const voice = settings.standby ? new HeldVoice() : undefined;
    const stallMs = (now: Millis): Millis => this.metronome.stallMs(now);
    const reading = makeReading(settings, parts, { counts, messages: voice ?? bus.messages, stallMs });
    const { journal, problems, streams, attempts, pool } = reading;
    const repairing = makeRepairing(settings, parts, { streams, pool, counts, board });
    const { rest, books, holes } = repairing;
    const bookmarks = new Bookmarks({ marks: bus.marks, key: market.channels.marks, streams });
    const inTurn = voice && speakInTurn(settings, parts, { ...reading, voice, board, bookmarks });
    const speaking = inTurn ?? speakAlone(parts, streams);
    this.front = new Front(settings, parts, { ...reading, ...repairing, board, speaking, bookmarks });
    this.watch = new Watch({ pool, streams, quarantine: problems.quarantine, clock, settings, timings });
    counts.expose({ streams, problems, journal, pool, holes, books, attempts });
    showUpstream(ops, { pool, streams, journal, problems, board, speaking, market, holes, books }, clock);
    if (inTurn) exposeLead(metrics, inTurn, streams);
    showRest(rest, parts);
    showSymbols(this.front.symbols, parts);
    this.journal = journal;
    this.problems = problems;
    this.streams = streams;
    this.pool = pool;
    this.books = books;
    this.rest = rest;
    this.counts = counts;
  }

  warmUp(forMs: Millis): Promise<void> {
    return warmUp(this.parts.market, (settings, parts) => new Upstream(settings, parts), forMs);
  }

  /** A market is read only while somebody wants something of it. */
  get waitsFor(): string | undefined {
    return this.streams.wanted.size === 0 ? NOBODY_YET : undefined;
  }

  /** Resolves when demand is heard and what is always on has been asked for; data follows. */
  async start(): Promise<void> {
    await this.front.start();
    if (!this.isStopped) this.metronome.start();
  }

  /** Resolves when another upstream goes on, where several stand by for each other. */
  drain(): Promise<void> {
    return this.front.part();
  }

  async stop(): Promise<void> {
    if (this.isStopped) return;
    this.isStopped = true;
    this.front.stop();
    this.metronome.stop();
    this.streams.stop();
    this.front.mark();
    const leaving = this.front.leave();
    this.books.stop();
    await this.pool.stop();
    await this.rest.stop();
    await leaving;
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
      this.front.beat(now);
    }
  }

  /** Our own process stood still; whatever looks late by the clock is not the fault of others. */
  stalled(stallMs: Millis, now: Millis): void {
    this.counts.stalls += 1;
    this.front.pardon(now);
    this.streams.pardon(now);
    this.watch.stalled(stallMs, now);
    this.parts.log.warn({ code: 'process.stalled', stallMs: Math.round(stallMs) }, 'our own process stood still');
  }
}
