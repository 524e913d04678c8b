import type { Bus, Subscription } from '#libs/bus';
import {
  type Channels,
  type Epoch,
  HEARTBEATS_MISSED,
  type Millis,
  type Random,
  type Seq,
  type StreamName,
  decodeHeartbeat,
  encodeHeartbeat,
} from '#libs/core';
import type { Log } from '#libs/runtime';

export interface TermParts {
  bus: Bus;
  channels: Channels;
  random: Random;
  log: Log;
  /** Where streams stand; each heartbeat says it. */
  places(): ReadonlyMap<StreamName, Seq>;
  /** A term has begun: everything is published in it from now on. `isAlone`: nobody else may have published since the last. */
  begin(epoch: Epoch, isAlone: boolean): void;
}

/** When several have been overtaken by one that has died, they do not all try again in the same second. */
const SPREAD_BEATS = 3;

/**
 * The term in which this upstream publishes. Edges follow the newest term, so another upstream that began later has
 * overtaken this one; when it falls silent, this one takes a new term above it, and the feed goes on.
 */
export class TermKeeper {
  private epoch: Epoch = 0;
  /** The newest term of somebody else, if it is above ours. */
  private overtakenBy: Epoch | undefined;
  private missed = 0;
  /** Whether another upstream with a newer term was heard, which may have published in it. */
  private hasRival = false;
  private isTaking = false;
  private subscription: Subscription | undefined;

  constructor(private readonly parts: TermParts) {}

  /** Since when somebody else's term is the newest, for operators: its number. */
  get overtaken(): Epoch | undefined {
    return this.overtakenBy;
  }

  /** What operators see. */
  describe(): Record<string, unknown> {
    return { epoch: this.epoch, overtakenBy: this.overtakenBy ?? null };
  }

  get trouble(): string | undefined {
    const { overtakenBy: by } = this;
    return by === undefined
      ? undefined
      : `another upstream has taken over (term ${by}); it is waited for until it falls silent`;
  }

  /** Whether nobody else publishes in a newer term. */
  get isSpeaking(): boolean {
    return this.overtakenBy === undefined;
  }

  /** Resolves when the first term has begun. Waits for the bus. */
  async start(): Promise<void> {
    const { bus, channels } = this.parts;
    this.subscription = bus.messages.subscribe(channels.heartbeat, (text) => this.heard(text));
    await this.take();
  }

  stop(): void {
    this.subscription?.end();
  }

  /** To be called once every `HEARTBEAT_EVERY_MS`; `at` is what it says of the time. */
  beat(at: Millis): void {
    const { bus, channels, random } = this.parts;
    if (this.overtakenBy === undefined) {
      const deafness = bus.messages.state === 'down' && ({ isDeaf: true } as const);
      const heartbeat = { epoch: this.epoch, at, places: this.parts.places(), ...deafness };
      bus.messages.publish(channels.heartbeat, encodeHeartbeat(heartbeat));
      return;
    }
    if (bus.messages.state === 'down' || this.isTaking) return;
    this.missed += 1;
    if (this.missed > HEARTBEATS_MISSED + random() * SPREAD_BEATS) void this.takeAgain();
  }

  /**
   * Somebody has seen this term. If it is newer than ours nobody listens to us, whether an upstream of that term lives or a
   * clock once ran ahead and Redis has forgotten it.
   */
  sees(epoch: Epoch): void {
    if (epoch <= this.epoch) return;
    if (this.overtakenBy === undefined) {
      this.parts.log.warn({ code: 'upstream.overtaken', epoch, ours: this.epoch }, 'another upstream took over');
    }
    this.overtakenBy = Math.max(this.overtakenBy ?? 0, epoch);
  }

  /** Our own process stood still: beats may lie unread. */
  pardon(): void {
    this.missed = 0;
  }

  private heard(text: string): void {
    const heartbeat = decodeHeartbeat(text);
    if (!heartbeat || heartbeat.epoch <= this.epoch) return;
    this.missed = 0;
    this.hasRival = true;
    this.sees(heartbeat.epoch);
  }

  private async takeAgain(): Promise<void> {
    this.isTaking = true;
    try {
      await this.take();
      this.parts.log.warn({ code: 'upstream.took-over', epoch: this.epoch }, 'the other upstream is gone');
    } catch (error) {
      this.parts.log.warn({ code: 'upstream.no-term', why: (error as Error).message }, 'no new term could be had');
    } finally {
      this.isTaking = false;
    }
  }

  private async take(): Promise<void> {
    const { bus, channels } = this.parts;
    const epoch = await bus.terms.next(channels.epoch, this.overtakenBy);
    this.epoch = epoch;
    this.missed = 0;
    if (this.overtakenBy !== undefined && this.overtakenBy <= epoch) this.overtakenBy = undefined;
    const isAlone = !this.hasRival;
    this.hasRival = false;
    this.parts.begin(epoch, isAlone);
  }
}
