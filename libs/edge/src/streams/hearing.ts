import type { Messages, Subscription } from '#libs/bus';
import {
  type Cancel,
  type Channels,
  type Clock,
  type Epoch,
  HEARTBEATS_MISSED,
  HEARTBEAT_EVERY_MS,
  type Heartbeat,
  type LastBeat,
  type Millis,
  decodeHeartbeat,
  stamp,
} from '#libs/core';
import type { Log } from '#libs/runtime';
import { Absence } from '../following/absence.js';
import type { Deafness, EdgeStream } from './edge-stream.js';

/** So many beats may be on their way. */
const MOST_ON_THEIR_WAY = 1;

const MESSAGES: Record<Deafness['cause'], string> = {
  'bus-lost': 'this edge cannot hear the bus',
  'upstream-gone': `no upstream has been heard for ${HEARTBEATS_MISSED} heartbeats`,
};

interface HearingParts {
  market: string;
  channels: Channels;
  messages: Messages;
  clock: Clock;
  log: Log;
  streams(): EdgeStream[];
  distrust(stream: EdgeStream, deafness: Deafness): void;
  /** An upstream whose data is taken says where its streams stand. */
  heard(heartbeat: Heartbeat): void;
  /** Asks how every stream stands, because something may have been missed. */
  askAgain(): void;
}

/**
 * Listens whether the upstream of a market lives, and has every native client told when it cannot be heard. No client is ever
 * closed for it: the streams go on when the upstream does. Only the upstream of the newest term counts: a sign of life of one
 * whose data would be refused is none.
 */
export class Hearing {
  /** What keeps this edge from hearing; undefined while it hears, and before it has ever heard. */
  deafness: Deafness | undefined;
  private deafAt: Millis = 0;
  /** The newest term that was seen; 0 before the first. */
  newest: Epoch = 0;
  /** The last sign of life of an upstream that counts. */
  beat: LastBeat | undefined;
  private missed = 0;
  /** Of the upstream that counts: it was not heard, or said that it does not hear. */
  private readonly absence: Absence;
  private hasHeard = false;
  private heartbeats: Subscription | undefined;
  private cancelWatch: Cancel = () => undefined;
  private forgetBus: () => void = () => undefined;

  constructor(private readonly parts: HearingParts) {
    this.absence = new Absence(parts.clock);
  }

  start(): void {
    const { messages, channels } = this.parts;
    this.heartbeats = messages.subscribe(channels.heartbeat, (text) => this.heard(decodeHeartbeat(text)));
    this.forgetBus = messages.onState((state) => {
      if (state === 'down') this.deaf('bus-lost');
      else this.hearAgain();
    });
    if (messages.state === 'down') this.deaf('bus-lost');
    this.watch();
  }

  stop(): void {
    this.cancelWatch();
    this.forgetBus();
    this.heartbeats?.end();
  }

  /** Why the edge is not ready for clients of this market; undefined when it hears an upstream. */
  get trouble(): string | undefined {
    if (this.deafness) return this.deafness.message;
    return this.hasHeard ? undefined : 'no upstream has been heard yet';
  }

  /** Whether there is an upstream of this term that may not have heard what it was asked: it was not heard itself a moment ago, or said so. */
  mayBeDeaf(epoch: Epoch): boolean {
    if (epoch !== this.newest) return false;
    return this.deafness !== undefined || this.missed > MOST_ON_THEIR_WAY || this.absence.isRecent;
  }

  /** Takes note that an upstream of this term has published something. False where that term is over. */
  sees(epoch: Epoch): boolean {
    if (epoch < this.newest) return false;
    if (epoch === this.newest) return true;
    this.newest = epoch;
    this.missed = 0;
    this.parts.askAgain();
    return true;
  }

  private heard(heartbeat: Heartbeat | undefined): void {
    if (!heartbeat || !this.sees(heartbeat.epoch)) return;
    const { epoch, at, isDeaf } = heartbeat;
    this.beat = { epoch, at };
    if (isDeaf || this.missed > MOST_ON_THEIR_WAY) this.absence.ends();
    this.missed = 0;
    this.hasHeard = true;
    if (this.deafness?.cause === 'upstream-gone') this.hearAgain();
    this.parts.heard(heartbeat);
  }

  /** Counts beats, not time: after a stall of our own event loop the beats are there, only not read yet. */
  private watch(): void {
    this.cancelWatch = this.parts.clock.after(HEARTBEAT_EVERY_MS, () => {
      this.watch();
      this.missed += 1;
      if (this.missed > HEARTBEATS_MISSED && !this.deafness) this.deaf('upstream-gone');
    });
  }

  private deaf(cause: Deafness['cause']): void {
    const deafness: Deafness = { cause, message: MESSAGES[cause], since: stamp(this.parts.clock) };
    if (this.deafness) this.deafness.isOver = true;
    this.deafAt = this.parts.clock.now();
    this.deafness = deafness;
    this.parts.log.warn({ code: `edge.${cause}`, market: this.parts.market }, MESSAGES[cause]);
    for (const stream of this.parts.streams()) this.parts.distrust(stream, deafness);
  }

  private hearAgain(): void {
    if (!this.deafness) return;
    const afterMs = Math.round(this.parts.clock.now() - this.deafAt);
    this.parts.log.info({ code: 'edge.hears', market: this.parts.market, afterMs }, 'hears again');
    this.deafness.isOver = true;
    this.deafness = undefined;
    this.missed = 0;
    this.parts.askAgain();
  }
}
