import type { Redis } from 'ioredis';
import type { Cancel, Clock } from '#libs/core';
import type { Log } from '#libs/runtime';
import type { BusCounts } from '../local/bus-metrics.js';
import type { BusState } from '../ports/messages.js';
import { cut } from './connection.js';

/** How often the bus sends itself an echo, and after how many unanswered ones its connections count as dead. */
const ECHO_EVERY_MS = 1_000;
const ECHOES_MISSED = 3;

export interface LivenessParts {
  publishing: Redis;
  subscribing: Redis;
  clock: Clock;
  log: Log;
  counts: BusCounts;
  /** Host and port, for the log. */
  address: string;
}

/** How liveness makes the bus speak to itself. */
export interface Echo {
  /** Publishes one; whoever hears it calls `heard`. */
  send(): void;
  /** Whether every subscription stands. */
  isWhole(): boolean;
}

/**
 * Whether the bus carries messages. It is up when an echo has gone out over the publisher and come back over the subscriber
 * after all subscriptions were restored, so a half-open connection or an evicted subscriber cannot look healthy for long.
 */
export class Liveness {
  private readonly listeners = new Set<(state: BusState) => void>();
  private current: BusState = 'down';
  private trouble = 'not started';
  private echoesMissed = 0;
  private cancelEcho: Cancel = () => undefined;
  private hasStopped = false;

  constructor(
    private readonly parts: LivenessParts,
    private readonly echo: Echo,
  ) {
    const { publishing, subscribing } = parts;
    this.watchConnection(publishing, 'publisher');
    this.watchConnection(subscribing, 'subscriber');
  }

  get state(): BusState {
    return this.current;
  }

  onState(listener: (state: BusState) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Connects, and resolves when the bus is up, or when the first attempt to get there has failed. */
  async start(): Promise<void> {
    const { publishing, subscribing, address, log } = this.parts;
    this.echoLater();
    const settled = new Promise<void>((resolve) => {
      this.onState(() => resolve());
      publishing.once('error', () => resolve());
      subscribing.once('error', () => resolve());
    });
    for (const redis of [publishing, subscribing]) redis.connect().catch((error: Error) => this.note(error.message));
    await settled;
    if (this.current === 'up') return;
    log.warn({ code: 'bus.unreachable', redis: address, why: this.trouble }, 'no Redis yet; going on trying');
  }

  stop(): void {
    this.hasStopped = true;
    this.cancelEcho();
  }

  /** The echo came back. */
  heard(): void {
    this.echoesMissed = 0;
    if (!this.hasStopped && this.echo.isWhole()) this.become('up', '');
  }

  /** Asks for an echo at once where it can bring the bus up. */
  echoIfDown(): void {
    if (this.current === 'down') this.sendEcho();
  }

  /** Redis answered, and said no. */
  refused(words: string): void {
    const { address, log } = this.parts;
    log.error({ code: 'bus.refused', redis: address, why: words }, 'Redis refuses something');
  }

  /** No connection is left. */
  ended(): void {
    this.become('down', 'stopped');
  }

  private watchConnection(redis: Redis, role: string): void {
    redis.on('error', (error: Error) => this.note(error.message));
    redis.on('ready', () => this.echoIfDown());
    redis.on('close', () => this.become('down', `${role}: connection closed${this.trouble && `: ${this.trouble}`}`));
  }

  private note(why: string): void {
    this.trouble = why;
  }

  private echoLater(): void {
    this.cancelEcho = this.parts.clock.after(ECHO_EVERY_MS, () => {
      this.echoLater();
      this.watch();
      this.sendEcho();
    });
  }

  private get isConnected(): boolean {
    return this.parts.publishing.status === 'ready' && this.parts.subscribing.status === 'ready';
  }

  private sendEcho(): void {
    if (this.isConnected) this.echo.send();
  }

  /**
   * Counts echoes, not time: after a stall of our own event loop only one echo is overdue, and its answer is already
   * waiting to be read.
   */
  private watch(): void {
    if (!this.isConnected) return;
    this.echoesMissed += 1;
    if (this.echoesMissed <= ECHOES_MISSED) return;
    this.echoesMissed = 0;
    this.note(`no echo for ${ECHOES_MISSED * ECHO_EVERY_MS} ms`);
    cut(this.parts.publishing);
    cut(this.parts.subscribing);
  }

  private become(state: BusState, why: string): void {
    if (state === this.current) return;
    const { address, counts, log } = this.parts;
    this.current = state;
    this.trouble = '';
    if (state === 'up') log.info({ code: 'bus.up', redis: address }, 'Redis carries messages');
    else if (!this.hasStopped) {
      counts.wentDown += 1;
      log.warn({ code: 'bus.down', redis: address, why }, 'Redis does not carry messages');
    }
    for (const listener of this.listeners) listener(state);
  }
}
