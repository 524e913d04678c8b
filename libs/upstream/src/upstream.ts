import type { Bus, Subscription } from '#libs/bus';
import {
  type Clock,
  HEARTBEAT_EVERY_MS,
  type Heartbeat,
  type Millis,
  type Random,
  type StreamName,
  type Welcome,
  demandCallTopic,
  demandTopic,
  heartbeatTopic,
  welcomeTopic,
} from '#libs/core';
import type { Dial } from '#libs/link';
import type { Log, Metrics, Ops, Service, UpstreamSettings } from '#libs/runtime';
import { Continuity } from './continuity/continuity.js';
import { DemandBoard } from './demand/demand-board.js';
import { FeedDesk } from './feed/feed-desk.js';
import { Publisher } from './feed/publisher.js';
import { Journal } from './journal/journal.js';
import { showUpstream, streamTypeOf } from './journal/ops-pages.js';
import { UpstreamCounts } from './journal/upstream-counts.js';
import { type PipePorts, pipe } from './pipe.js';
import { Pool } from './pool/pool.js';
import type { Slot } from './pool/slot.js';
import type { SlotTools } from './pool/slot-tools.js';
import { Drift } from './problems/drift.js';
import { Quarantine } from './problems/quarantine.js';
import { TIMINGS, type Timings } from './timings.js';
import { Ticker } from './watch/ticker.js';
import { Watch } from './watch/watch.js';

/** What the upstream gets from its process. */
export interface UpstreamParts {
  bus: Bus;
  dial: Dial;
  clock: Clock;
  random: Random;
  log: Log;
  metrics: Metrics;
  ops: Ops;
  timings?: Timings;
}

/** Where the newest term is kept; PROTOCOL.md section 8. */
const TERM_KEY = 'holdfast:spot:epoch';

/** The role that reads Binance: follows demand, keeps the lines whole, publishes every event once. */
export class Upstream implements Service {
  readonly name = 'upstream';
  readonly journal: Journal;
  readonly pool: Pool;
  readonly continuity: Continuity;
  readonly quarantine = new Quarantine();
  readonly drift: Drift;
  private readonly counts: UpstreamCounts;
  private readonly publisher: Publisher;
  private readonly desk: FeedDesk;
  private readonly board: DemandBoard;
  private readonly watch: Watch;
  private readonly ticker: Ticker;
  private readonly timings: Timings;
  private generation = 0;
  private beatAt: Millis = 0;
  private lookAt: Millis = 0;
  private demands: Subscription | undefined;
  private endBusWatch: (() => void) | undefined;
  private isStopped = false;

  constructor(
    private readonly settings: Readonly<UpstreamSettings>,
    private readonly parts: UpstreamParts,
  ) {
    const { bus, clock, log, metrics, ops, timings = TIMINGS } = parts;
    this.timings = timings;
    this.counts = new UpstreamCounts(metrics);
    this.journal = new Journal(clock, log, (record) => this.counts.ended(record));
    this.drift = new Drift(({ what, where }) => log.warn({ code: 'drift', what, where }, 'Binance sent something new'));
    this.publisher = new Publisher(bus);
    this.desk = new FeedDesk(clock, this.publisher);
    this.continuity = new Continuity(clock, timings.holdMs, this.publisher, this.desk);
    this.board = new DemandBoard(settings.streams, settings.maxStreams);
    this.pool = new Pool(this.slotTools(), settings.streamsPerConnection);
    const { pool, continuity, desk, publisher, drift } = this;
    this.watch = new Watch({ pool, continuity, desk, settings, timings });
    this.ticker = new Ticker(clock, { everyMs: timings.tickMs, stallMs: timings.stallMs }, this);
    const { journal, quarantine, board } = this;
    this.counts.expose({ continuity, publisher, drift, journal, pool });
    showUpstream(ops, { pool, continuity, journal, quarantine, drift, board }, clock);
  }

  /** Resolves when demand is heard and what is always on has been asked for; data follows. */
  async start(): Promise<void> {
    const { bus, clock } = this.parts;
    this.publisher.epoch = await bus.terms.next(TERM_KEY);
    this.demands = bus.messages.subscribe(demandTopic(), (text) => this.demanded(text));
    this.endBusWatch = bus.messages.onState((state) => {
      this.board.pardon(clock.now());
      if (state === 'up') this.callDemand();
    });
    await this.demands.ready;
    this.follow();
    this.callDemand();
    this.ticker.start();
  }

  async stop(): Promise<void> {
    if (this.isStopped) return;
    this.isStopped = true;
    this.demands?.end();
    this.endBusWatch?.();
    this.ticker.stop();
    for (const series of this.continuity.all()) this.desk.set(series, 'stale', 'stopped');
    this.continuity.stop();
    await this.pool.stop();
  }

  tick(now: Millis): void {
    this.pool.tick(now);
    if (now >= this.lookAt) {
      this.lookAt = now + this.timings.watchMs;
      this.watch.look(now);
    }
    if (now >= this.beatAt) {
      this.beatAt = now + HEARTBEAT_EVERY_MS;
      this.beat(now);
    }
  }

  /** Our own process stood still; whatever looks late by the clock is not the fault of others. */
  stalled(stallMs: Millis, now: Millis): void {
    this.counts.stalls += 1;
    this.board.pardon(now);
    this.watch.stalled(stallMs, now);
    this.parts.log.warn({ code: 'process.stalled', stallMs: Math.round(stallMs) }, 'our own process stood still');
  }

  private demanded(text: string): void {
    const { clock, log } = this.parts;
    const taken = this.board.take(text, clock.now());
    if (!taken.ok) return log.warn({ code: 'demand.refused', why: taken.problem }, 'a demand was refused');
    const { edge, newcomers, refused } = taken.value;
    for (const { message } of refused)
      log.warn({ code: 'demand.bad-stream', edge, why: message }, 'a stream was refused');
    this.follow();
    for (const stream of newcomers) this.welcome(edge, stream);
  }

  /** Wants exactly what is demanded now. */
  private follow(): void {
    const { board } = this;
    const before = board.leftOut;
    this.pool.want(board.wanted());
    if (board.leftOut === before || board.leftOut === 0) return;
    const { leftOut } = board;
    this.parts.log.warn({ code: 'demand.too-many', leftOut }, 'more streams are wanted than allowed');
  }

  private welcome(edge: string, stream: StreamName): void {
    const series = this.continuity.get(stream);
    if (!series) return;
    const { seq, feedText, latest } = series;
    const place = { epoch: this.publisher.epoch, seq };
    const welcome: Welcome = { stream, place, feed: feedText, latest: latest === undefined ? [] : [latest] };
    this.parts.bus.messages.publish(welcomeTopic(edge), JSON.stringify(welcome));
  }

  private callDemand(): void {
    this.parts.bus.messages.publish(demandCallTopic(), '{}');
  }

  private beat(now: Millis): void {
    const { bus } = this.parts;
    const heartbeat: Heartbeat = { epoch: this.publisher.epoch, at: now };
    bus.messages.publish(heartbeatTopic(), JSON.stringify(heartbeat));
    // Edges that cannot reach us are not edges that are gone.
    if (bus.messages.state === 'up' && this.board.expire(now)) this.follow();
  }

  private slotTools(): SlotTools<Slot> {
    const { settings, journal, continuity, desk, counts, timings } = this;
    const ports = this.pipePorts();
    return {
      ...this.parts,
      settings,
      journal,
      continuity,
      desk,
      timings,
      budget: this.parts.bus.budget,
      stallMs: (now) => this.ticker.stallMs(now),
      nextGeneration: () => ++this.generation,
      message: (slot, line, bytes, isBinary, now) => {
        counts.frames += 1;
        counts.bytes += bytes.byteLength;
        pipe({ slot, line, isBinary, now }, bytes, ports);
      },
      rotated: (reason, result) => counts.rotated(reason, result),
    };
  }

  private pipePorts(): PipePorts {
    const { continuity, quarantine, drift, counts } = this;
    return {
      continuity,
      drift,
      problem: ({ slot, line, now }, problem, bytes) => {
        quarantine.add(problem, bytes, line.generation, now);
        counts.badFrame(problem.code, streamTypeOf(problem.stream));
        slot.badFrame(line, problem.code, now);
      },
    };
  }
}
