import type { Bus, Subscription } from '#libs/bus';
import {
  type Cancel,
  type Clock,
  type Epoch,
  type FeedCause,
  HEARTBEAT_EVERY_MS,
  type Heartbeat,
  type Millis,
  type Welcome,
  heartbeatTopic,
  welcomeTopic,
} from '#libs/core';
import type { Log } from '#libs/runtime';
import type { DemandBook } from './demand-book.js';
import type { EdgeStream } from './edge-stream.js';
import type { Fanout } from './fanout.js';
import { readHeartbeat, readWelcome } from './upstream-word.js';

/** What keeps this edge from hearing the upstream. */
export interface Deafness {
  cause: Extract<FeedCause, 'bus-lost' | 'upstream-gone'>;
  message: string;
  since: Millis;
}

/** An upstream that has missed so many heartbeats is gone. */
const HEARTBEATS_MISSED = 3;

const MESSAGES: Record<Deafness['cause'], string> = {
  'bus-lost': 'this edge cannot hear the bus',
  'upstream-gone': `no upstream has been heard for ${HEARTBEATS_MISSED} heartbeats`,
};

/**
 * Listens whether the upstream lives, and tells every native client when it cannot be heard. No client is ever closed
 * for it: the streams go on when the upstream does.
 */
export class UpstreamWatch {
  private deafness: Deafness | undefined;
  private epoch: Epoch = 0;
  private missed = 0;
  private hasHeard = false;
  private subscriptions: Subscription[] = [];
  private cancelWatch: Cancel = () => undefined;
  private forgetBus: () => void = () => undefined;

  constructor(
    private readonly bus: Bus,
    private readonly clock: Clock,
    private readonly log: Log,
    private readonly demand: DemandBook,
    private readonly fanout: Fanout,
  ) {}

  start(): void {
    this.subscriptions = [
      this.bus.messages.subscribe(heartbeatTopic(), (text) => this.heard(readHeartbeat(text))),
      this.bus.messages.subscribe(welcomeTopic(this.demand.edge), (text) => this.welcomed(readWelcome(text))),
    ];
    this.forgetBus = this.bus.messages.onState((state) => {
      if (state === 'down') this.deaf('bus-lost');
      else this.hearAgain();
    });
    if (this.bus.messages.state === 'down') this.deaf('bus-lost');
    this.watch();
  }

  stop(): void {
    this.cancelWatch();
    this.forgetBus();
    for (const subscription of this.subscriptions) subscription.end();
  }

  /** Why the edge is not ready; undefined when it hears an upstream. */
  get trouble(): string | undefined {
    if (this.deafness) return this.deafness.message;
    return this.hasHeard ? undefined : 'no upstream has been heard yet';
  }

  get status(): { epoch: Epoch; trouble: string | null; since: Millis | null } {
    return { epoch: this.epoch, trouble: this.trouble ?? null, since: this.deafness?.since ?? null };
  }

  /** A stream that is opened while nothing can be heard says so from the start. */
  introduce(stream: EdgeStream): void {
    if (!this.deafness || stream.isWelcomed || stream.edgeFeed) return;
    const { cause, message, since } = this.deafness;
    this.fanout.distrust(stream, cause, message, since);
  }

  /** A text that is no heartbeat says nothing about an upstream. */
  private heard(heartbeat: Heartbeat | undefined): void {
    if (!heartbeat) return;
    const { epoch } = heartbeat;
    this.missed = 0;
    this.hasHeard = true;
    const isNewTerm = epoch > this.epoch;
    if (isNewTerm) this.epoch = epoch;
    if (this.deafness?.cause === 'upstream-gone') this.hearAgain();
    else if (isNewTerm) this.demand.askAgain();
  }

  private welcomed(welcome: Welcome | undefined): void {
    const stream = welcome && this.demand.find(welcome.stream);
    if (stream) this.fanout.welcome(stream, welcome);
  }

  /** Counts beats, not time: after a stall of our own event loop the beats are there, only not read yet. */
  private watch(): void {
    this.cancelWatch = this.clock.after(HEARTBEAT_EVERY_MS, () => {
      this.watch();
      if (this.bus.messages.state === 'down') return;
      this.missed += 1;
      if (this.missed > HEARTBEATS_MISSED && !this.deafness) this.deaf('upstream-gone');
    });
  }

  private deaf(cause: Deafness['cause']): void {
    this.deafness = { cause, message: MESSAGES[cause], since: this.clock.now() };
    this.log.warn({ code: `edge.${cause}` }, MESSAGES[cause]);
    for (const stream of this.demand.streams) this.fanout.distrust(stream, cause, MESSAGES[cause], this.deafness.since);
  }

  private hearAgain(): void {
    if (!this.deafness) return;
    this.log.info({ code: 'edge.hears', afterMs: Math.round(this.clock.now() - this.deafness.since) }, 'hears again');
    this.deafness = undefined;
    this.missed = 0;
    this.demand.askAgain();
  }
}
