import { randomUUID } from 'node:crypto';
import type { Bus, Subscription } from '#libs/bus';
import {
  type Cancel,
  type Clock,
  DEMAND_EVERY_MS,
  type Demand,
  HoldfastError,
  type Millis,
  type StreamName,
  demandCallTopic,
  demandTopic,
  streamTopic,
} from '#libs/core';
import type { Rendition } from '../rendition.js';
import { EdgeStream } from './edge-stream.js';
import { type Fanout, WELCOME_WITHIN_MS } from './fanout.js';

/** Changes that come closer together than this are told to the upstream in one message. */
const COALESCE_MS = 50;

interface Entry {
  stream: EdgeStream;
  subscription: Subscription;
  /** Whether nothing published on the stream's channel is missed any more; only then may it be demanded. */
  isReady: boolean;
  /** Whether the upstream has been told. */
  isDemanded: boolean;
  /** Set while nobody wants it and it waits to be let go. */
  lingering: Cancel | undefined;
}

interface DemandOptions {
  lingerMs: Millis;
  maxStreams: number;
}

/**
 * Which streams the clients of this edge want, counted; and the edge's word about it to the upstream. A stream that its
 * last client has left stays for `lingerMs`, so that a client that reconnects finds it warm.
 */
export class DemandBook {
  readonly edge = randomUUID();
  private readonly entries = new Map<StreamName, Entry>();
  private lastSent: ReadonlySet<StreamName> = new Set();
  private lastSentAt: Millis = 0;
  private isAgainWanted = false;
  private cancelSend: Cancel | undefined;
  private cancelRepeat: Cancel = () => undefined;
  private call: Subscription | undefined;

  constructor(
    private readonly bus: Bus,
    private readonly clock: Clock,
    private readonly fanout: Fanout,
    private readonly options: DemandOptions,
  ) {}

  start(): void {
    this.call = this.bus.messages.subscribe(demandCallTopic(), () => this.send());
    this.repeat();
  }

  /** Tells the upstream that this edge wants nothing any more. */
  stop(): void {
    this.cancelRepeat();
    this.cancelSend?.();
    this.call?.end();
    for (const name of this.entries.keys()) this.letGo(name);
    this.send();
  }

  get streams(): EdgeStream[] {
    return [...this.entries.values()].map(({ stream }) => stream);
  }

  find(name: StreamName): EdgeStream | undefined {
    return this.entries.get(name)?.stream;
  }

  /** @throws HoldfastError `too-many-streams` if this edge cannot take all of these as well. */
  makeRoom(names: readonly StreamName[]): void {
    const fresh = names.filter((name) => !this.entries.has(name));
    const over = this.entries.size + fresh.length - this.options.maxStreams;
    if (over <= 0) return;
    const idle = [...this.entries].filter(([name, { lingering }]) => lingering && !names.includes(name));
    if (over > idle.length) {
      throw new HoldfastError('too-many-streams', `this edge serves at most ${this.options.maxStreams} streams`);
    }
    for (const [name] of idle.slice(0, over)) this.letGo(name);
  }

  /** One more client wants the stream in this form. */
  want(name: StreamName, rendition: Rendition): EdgeStream {
    const entry = this.entries.get(name) ?? this.open(name);
    entry.lingering?.();
    entry.lingering = undefined;
    entry.stream.wanters[rendition] += 1;
    return entry.stream;
  }

  /** One client fewer. */
  release(name: StreamName, rendition: Rendition): void {
    const entry = this.entries.get(name);
    if (!entry) return;
    entry.stream.wanters[rendition] -= 1;
    if (entry.stream.clients > 0) return;
    entry.lingering = this.clock.after(this.options.lingerMs, () => this.letGo(name));
  }

  /** Asks to be told again how every stream stands, because something may have been missed. */
  askAgain(): void {
    this.isAgainWanted = true;
    this.sendSoon();
  }

  private open(name: StreamName): Entry {
    const stream = new EdgeStream(name, this.clock.now());
    const subscription = this.bus.messages.subscribe(streamTopic(name), (text) => this.fanout.deliver(stream, text));
    const entry: Entry = { stream, subscription, isReady: false, isDemanded: false, lingering: undefined };
    this.entries.set(name, entry);
    void this.demandOnceReady(entry);
    return entry;
  }

  private async demandOnceReady(entry: Entry): Promise<void> {
    await entry.subscription.ready;
    entry.isReady = true;
    this.sendSoon();
  }

  private letGo(name: StreamName): void {
    const entry = this.entries.get(name);
    entry?.lingering?.();
    entry?.subscription.end();
    this.entries.delete(name);
    this.sendSoon();
  }

  private repeat(): void {
    this.cancelRepeat = this.clock.after(DEMAND_EVERY_MS, () => {
      this.repeat();
      this.send();
    });
  }

  /** At once when it has been quiet, else when the time to coalesce is over. */
  private sendSoon(): void {
    if (this.cancelSend) return;
    const waitMs = Math.max(0, this.lastSentAt + COALESCE_MS - this.clock.now());
    this.cancelSend = this.clock.after(waitMs, () => this.send());
  }

  private send(): void {
    this.cancelSend?.();
    this.cancelSend = undefined;
    this.lastSentAt = this.clock.now();
    const ready = [...this.entries.values()].filter(({ isReady }) => isReady);
    const streams = ready.map(({ stream }) => stream.name);
    const isAgain = this.isAgainWanted || ready.some((entry) => this.isWelcomeMissing(entry));
    const demand: Demand = { edge: this.edge, streams, ...(isAgain && { again: true }) };
    this.bus.messages.publish(demandTopic(), JSON.stringify(demand));
    if (this.bus.messages.state === 'up') this.isAgainWanted = false;
    this.lastSent = new Set(streams);
    for (const entry of ready) entry.isDemanded = true;
  }

  /**
   * Whether the upstream would not welcome a stream by itself: it was let go and wanted again between two demands, or a
   * welcome got lost, or this edge has said it hears nothing and nobody has said otherwise since.
   */
  private isWelcomeMissing({ stream, isDemanded }: Entry): boolean {
    if (stream.edgeFeed) return true;
    if (!isDemanded) return this.lastSent.has(stream.name);
    return !stream.isWelcomed && this.clock.now() - stream.since > WELCOME_WITHIN_MS;
  }
}
