import { type Cancel, type Clock, type Millis, duration, stamp } from '#libs/core';
import type { Log } from '#libs/runtime';
import type { BusCounts } from '../../local/bus-metrics.js';
import type { BusState } from '../../ports/messages.js';
import type { Complaints } from './complaints.js';
import { type RedisConnection, cut, troubleOf } from './connection.js';

/** How often the bus sends itself an echo, and after how many unanswered ones its connections count as dead. */
const ECHO_EVERY_MS: Millis = 1_000;
const ECHOES_MISSED = 3;

/** A start that has neither come up nor failed by then goes on by itself: Redis may hang. */
const START_WITHIN_MS: Millis = 2_000;

export interface LivenessParts {
  publishing: RedisConnection;
  subscribing: RedisConnection;
  clock: Clock;
  log: Log;
  counts: BusCounts;
  complaints: Complaints;
  /** Told how long an echo took. */
  roundTrip(ms: Millis): void;
  /** Host and port, for the log. */
  address: string;
  hasPassword: boolean;
}

/** How liveness makes the bus speak to itself. */
export interface Echo {
  /** Publishes one; whoever hears it calls `heard`. */
  send(): void;
  /** Whether every subscription stands that Redis does not refuse. */
  isWhole(): boolean;
}

/**
 * Whether the bus carries messages. It is up when an echo has gone out over the publisher and come back over the subscriber
 * after all subscriptions were restored, so a half-open connection or an evicted subscriber cannot look healthy for long.
 */
export class Liveness {
  private readonly listeners = new Set<(state: BusState) => void>();
  private current: BusState = 'down';
  private changedAt: Millis;
  /** What went wrong last: Redis's own words, or what became of a connection. Absent once an echo was heard. */
  private trouble: string | undefined;
  private echoesMissed = 0;
  /** When the oldest echo left that has not come back. */
  private echoLeftAt: Millis | undefined;
  private cancelEcho: Cancel = () => undefined;
  private settle: () => void = () => undefined;
  private hasStopped = false;

  constructor(
    private readonly parts: LivenessParts,
    private readonly echo: Echo,
  ) {
    this.changedAt = stamp(parts.clock);
    this.watchConnection(parts.publishing, 'publisher');
    this.watchConnection(parts.subscribing, 'subscriber');
  }

  get state(): BusState {
    return this.current;
  }

  /** For operators: since when it has been in its state, and why it is down. */
  describe(): { state: BusState; sinceAt: Millis; why: string | null } {
    const why = this.current === 'up' ? null : (this.trouble ?? 'no answer yet');
    return { state: this.current, sinceAt: this.changedAt, why };
  }

  onState(listener: (state: BusState) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Connects. Resolves when the bus is up, when something has gone wrong, or after a while: it goes on trying by itself. */
  async start(): Promise<void> {
    const { publishing, subscribing, clock } = this.parts;
    this.echoLater();
    const settled = new Promise<void>((resolve) => {
      this.settle = resolve;
    });
    const cancel = clock.after(START_WITHIN_MS, () => this.note(`no answer for ${duration(START_WITHIN_MS)}`));
    for (const { redis } of [publishing, subscribing])
      redis.connect().catch((error: Error) => this.note(this.trouble ?? error.message));
    await settled;
    cancel();
  }

  stop(): void {
    this.hasStopped = true;
    this.cancelEcho();
    this.settle();
  }

  /** The echo came back. */
  heard(): void {
    this.echoesMissed = 0;
    if (this.echoLeftAt !== undefined) this.parts.roundTrip(this.parts.clock.now() - this.echoLeftAt);
    this.echoLeftAt = undefined;
    if (!this.hasStopped && this.echo.isWhole()) this.become('up');
  }

  /** Asks for an echo at once where it can bring the bus up. */
  echoIfDown(): void {
    if (this.current === 'down') this.sendEcho();
  }

  /**
   * Redis answered, and said no. It may do so for one thing and carry messages all the same. NOAUTH says nothing where a
   * password was sent: it comes with the answer to that password, which says what is wrong with it.
   */
  refused(words: string): void {
    if (this.parts.hasPassword && words.startsWith('NOAUTH')) return;
    if (this.current === 'down') this.note(words);
    else this.parts.complaints.say('bus.refused', words, 'Redis refuses something');
  }

  /** No connection is left. */
  ended(): void {
    this.trouble = 'stopped';
    this.become('down');
  }

  private watchConnection({ redis }: RedisConnection, role: string): void {
    redis.on('error', (error: Error) => this.note(troubleOf(error)));
    redis.on('ready', () => {
      this.echoesMissed = 0;
      this.echoIfDown();
    });
    redis.on('close', () => {
      this.echoLeftAt = undefined;
      this.trouble ??= `${role}: connection closed`;
      this.become('down');
    });
  }

  /** While the bus is up this is only remembered: if it matters, the bus goes down and says why. */
  private note(why: string | undefined): void {
    if (why === undefined) return;
    this.trouble = why;
    if (this.current === 'up' || this.hasStopped) return;
    this.parts.complaints.say('bus.trouble', why, 'Redis does not carry messages yet; going on trying');
    this.settle();
  }

  private echoLater(): void {
    this.cancelEcho = this.parts.clock.after(ECHO_EVERY_MS, () => {
      this.echoLater();
      this.watch();
      this.sendEcho();
    });
  }

  private sendEcho(): void {
    if (!areConnected(this.parts)) return;
    this.echoLeftAt ??= this.parts.clock.now();
    this.echo.send();
  }

  /**
   * Counts echoes, not time: after a stall of our own event loop only one echo is overdue, and its answer is already
   * waiting to be read.
   */
  private watch(): void {
    if (!areConnected(this.parts)) return;
    this.echoesMissed += 1;
    if (this.echoesMissed <= ECHOES_MISSED) return;
    this.echoesMissed = 0;
    this.note(this.trouble ?? `no echo for ${duration(ECHOES_MISSED * ECHO_EVERY_MS)}`);
    cut(this.parts.publishing);
    cut(this.parts.subscribing);
  }

  private become(state: BusState): void {
    const { address, clock, complaints, counts, log, publishing, subscribing } = this.parts;
    if (state === 'up') this.trouble = undefined;
    if (state === this.current) return;
    this.current = state;
    this.changedAt = stamp(clock);
    if (state === 'up') {
      publishing.worked();
      subscribing.worked();
      complaints.takeAllBack();
      log.info({ code: 'bus.up', redis: address }, 'Redis carries messages');
    } else if (!this.hasStopped) {
      counts.wentDown += 1;
      complaints.say('bus.down', this.trouble ?? '', 'Redis does not carry messages');
    }
    this.settle();
    for (const listener of this.listeners) listener(state);
  }
}

const areConnected = ({ publishing, subscribing }: LivenessParts): boolean =>
  publishing.redis.status === 'ready' && subscribing.redis.status === 'ready';
