import type { Messages, Subscription } from '#libs/bus';
import {
  type Clock,
  type Epoch,
  HEARTBEAT_EVERY_MS,
  HEARTBEATS_MISSED,
  type Millis,
  type Topic,
  decodeHeartbeat,
} from '#libs/core';
import type { HeardOfOthers } from './patience.js';

interface OthersHeardParts {
  messages: Pick<Messages, 'subscribe'>;
  channel: Topic;
  clock: Pick<Clock, 'now'>;
  /** Whether it is a term of ours. */
  isOurs: (epoch: Epoch) => boolean;
  /** Somebody else beats; `isAgain`: not for the first time in this term. */
  heard: (epoch: Epoch, isAgain: boolean) => void;
}

/** Who was heard so recently is there. */
const ALIVE_MS: Millis = HEARTBEAT_EVERY_MS * (HEARTBEATS_MISSED + 1);

/** Whoever has begun a term that edges have seen is heard himself within this time. */
const SHOWS_WITHIN_MS: Millis = 2 * HEARTBEAT_EVERY_MS;

/** What this process knows of others who publish: their heartbeats, and the terms that edges have seen. */
export class OthersHeard {
  /** The newest heartbeat of somebody else, by our own clock. */
  beat: HeardOfOthers['beat'];
  /** The newest term that anybody has seen. */
  newest: Epoch = 0;
  private newestAt: Millis = -Infinity;
  private subscription: Subscription | undefined;

  constructor(private readonly parts: OthersHeardParts) {}

  start(): Promise<void> {
    const { messages, channel } = this.parts;
    this.subscription = messages.subscribe(channel, (text) => this.take(text));
    return this.subscription.ready;
  }

  stop(): void {
    this.subscription?.end();
  }

  sees(epoch: Epoch): void {
    if (epoch <= this.newest) return;
    this.newest = epoch;
    this.newestAt = this.parts.clock.now();
  }

  /** Whether edges have seen a term above this one in which nobody is there. */
  hasGhostAbove(term: Epoch, now: Millis): boolean {
    return this.newest > term && now - this.newestAt >= SHOWS_WITHIN_MS && !this.isThereAbove(term, now);
  }

  /** Whether somebody publishes in a term above this one. */
  private isThereAbove(term: Epoch, now: Millis): boolean {
    return this.beat !== undefined && this.beat.epoch > term && now - this.beat.at < ALIVE_MS;
  }

  private take(text: string): void {
    const heartbeat = decodeHeartbeat(text);
    if (!heartbeat || this.parts.isOurs(heartbeat.epoch)) return;
    const { epoch } = heartbeat;
    // Of somebody who was overtaken a last one may come late.
    if (this.beat && epoch < this.beat.epoch) return;
    const isAgain = this.beat?.epoch === epoch;
    this.beat = { epoch, at: this.parts.clock.now() };
    this.sees(epoch);
    this.parts.heard(epoch, isAgain);
  }
}
