import type { Bus, Subscription } from '#libs/bus';
import {
  type Cancel,
  type Clock,
  type Heartbeat,
  HEARTBEAT_EVERY_MS,
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
import { type PipePorts, pipe } from './pipe.js';
import { Pool } from './pool/pool.js';
import { Drift } from './problems/drift.js';
import { Quarantine } from './problems/quarantine.js';
import { TIMINGS, type Timings } from './timings.js';

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

/** The role that reads Binance: follows demand, keeps the lines whole, publishes every event once. */
export class Upstream implements Service {
  readonly name = 'upstream';
  readonly journal: Journal;
  readonly pool: Pool;
  readonly continuity: Continuity;
  readonly quarantine: Quarantine;
  readonly drift: Drift;
  private readonly publisher: Publisher;
  private readonly desk: FeedDesk;
  private readonly board: DemandBoard;
  private readonly timings: Timings;
  private readonly alarms = new Set<Cancel>();
  private generation = 0;
  private demand: Subscription | undefined;
  private endBusWatch: (() => void) | undefined;
  private isStopped = false;

  constructor(
    private readonly settings: Readonly<UpstreamSettings>,
    private readonly parts: UpstreamParts,
  ) {
    const { bus, dial, clock, random, log } = parts;
    this.timings = parts.timings ?? TIMINGS;
    this.journal = new Journal(clock, log);
    this.quarantine = new Quarantine();
    this.drift = new Drift();
    this.publisher = new Publisher(bus);
    this.desk = new FeedDesk(clock, this.publisher);
    this.continuity = new Continuity(clock, this.timings.holdMs, this.publisher, this.desk);
    this.board = new DemandBoard(settings.streams, settings.maxStreams);
    const ports = this.pipePorts();
    this.pool = new Pool(
      {
        dial,
        clock,
        random,
        log,
        settings,
        attempts: bus.attempts,
        timings: this.timings,
        journal: this.journal,
        continuity: this.continuity,
        desk: this.desk,
        nextGeneration: () => ++this.generation,
        message: (_, line, bytes, isBinary, now) => pipe(line, bytes, isBinary, now, ports),
        rotated: () => undefined,
      },
      settings.streamsPerConnection,
    );
  }

  /** Resolves when demand is heard and what is always on has been asked for; data follows. */
  async start(): Promise<void> {
    const { bus } = this.parts;
    this.publisher.epoch = await bus.nextEpoch();
    this.demand = bus.subscribe(demandTopic(), (text) => this.demanded(text));
    this.endBusWatch = bus.onState((state) => {
      if (state === 'up') this.callDemand();
    });
    await this.demand.ready;
    this.pool.want(this.board.wanted());
    this.callDemand();
    this.every(HEARTBEAT_EVERY_MS, () => this.beat());
    this.every(this.timings.tickMs, () => this.pool.tick(this.parts.clock.now()));
  }

  async stop(): Promise<void> {
    if (this.isStopped) return;
    this.isStopped = true;
    this.demand?.end();
    this.endBusWatch?.();
    for (const cancel of this.alarms) cancel();
    this.alarms.clear();
    for (const series of this.continuity.all()) this.desk.set(series, 'stale', 'stopped');
    this.continuity.stop();
    await this.pool.stop();
  }

  private demanded(text: string): void {
    const { clock, log } = this.parts;
    const taken = this.board.take(text, clock.now());
    if (!taken.ok) return log.warn({ code: 'demand.refused', why: taken.problem }, 'a demand was refused');
    const { edge, newcomers, refused } = taken.value;
    for (const { message } of refused)
      log.warn({ code: 'demand.bad-stream', edge, why: message }, 'a stream was refused');
    this.pool.want(this.board.wanted());
    for (const stream of newcomers) this.welcome(edge, stream);
  }

  private welcome(edge: string, stream: StreamName): void {
    const series = this.continuity.get(stream);
    if (!series) return;
    const { seq, feedText, latest } = series;
    const place = { epoch: this.publisher.epoch, seq };
    const welcome: Welcome = { stream, place, feed: feedText, latest: latest === undefined ? [] : [latest] };
    this.parts.bus.publish(welcomeTopic(edge), JSON.stringify(welcome));
  }

  private callDemand(): void {
    this.parts.bus.publish(demandCallTopic(), '{}');
  }

  private beat(): void {
    const now = this.parts.clock.now();
    const heartbeat: Heartbeat = { epoch: this.publisher.epoch, at: now };
    this.parts.bus.publish(heartbeatTopic(), JSON.stringify(heartbeat));
    if (this.board.expire(now)) this.pool.want(this.board.wanted());
  }

  private pipePorts(): PipePorts {
    return {
      continuity: this.continuity,
      quarantine: this.quarantine,
      drift: this.drift,
      serverShutdown: (line) => this.slotOf(line.generation)?.rotate('server-shutdown'),
      badFrame: () => undefined,
    };
  }

  private slotOf(generation: number) {
    return this.pool.all.find(({ lines }) => lines.has(generation));
  }

  /** Calls again and again, `ms` apart, until the stop. */
  private every(ms: Millis, act: () => void): void {
    let cancel: Cancel | undefined;
    const arm = (): void => {
      const previous = cancel;
      cancel = this.parts.clock.after(ms, () => {
        arm();
        act();
      });
      if (previous) this.alarms.delete(previous);
      this.alarms.add(cancel);
    };
    arm();
  }
}
