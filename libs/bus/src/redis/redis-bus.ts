import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import type { Cancel, Clock, Epoch, Topic } from '#libs/core';
import { type Log, Metrics, silentLog, systemClock } from '#libs/runtime';
import type { AttemptLedger, Bus, BusState, Deliver, Subscription } from '../bus.js';
import { type BusCounts, exposeBus, newBusCounts } from '../bus-metrics.js';
import { LocalLedger } from '../local-ledger.js';
import type { BusParts } from '../memory-bus.js';
import { Subscribers } from '../subscribers.js';
import { addressOf, connectTo, cut } from './connection.js';
import { RedisLedger } from './ledger.js';
import { RedisPublisher } from './publisher.js';
import { RedisSubscriber } from './subscriber.js';

export interface RedisBusOptions {
  redisUrl: string;
  /** Bytes (of ASCII) that may wait for Redis before newer messages are dropped. */
  queueBytes: number;
  /** Put before every channel and key, so that tests or installations can share one Redis. */
  prefix?: string;
}

/** How often the bus sends itself an echo, and after how many unanswered ones its connections count as dead. */
const ECHO_EVERY_MS = 1_000;
const ECHOES_MISSED = 3;

/**
 * Higher than the last, and never below the server's clock: a Redis that lost its memory must not begin again at 1, or
 * every edge would take the new term for an old one.
 */
const NEXT_EPOCH = `
local time = redis.call('TIME')
local last = tonumber(redis.call('GET', KEYS[1]) or '0')
local epoch = string.format('%.0f', math.max(last + 1, time[1] * 1000 + math.floor(time[2] / 1000)))
redis.call('SET', KEYS[1], epoch)
return epoch`;

/**
 * A bus over Redis pub/sub. It is up when an echo has gone out over the publisher and come back over the subscriber after
 * all subscriptions were restored, so a half-open connection or an evicted subscriber cannot look healthy for long.
 */
export class RedisBus implements Bus {
  readonly name = 'bus';
  readonly attempts: AttemptLedger;
  readonly counts: BusCounts = newBusCounts();
  private readonly clock: Clock;
  private readonly log: Log;
  private readonly prefix: string;
  private readonly address: string;
  private readonly publishing: Redis;
  private readonly subscribing: Redis;
  private readonly publisher: RedisPublisher;
  private readonly subscriber: RedisSubscriber;
  private readonly subscribers: Subscribers;
  private readonly echoTopic = `holdfast:echo:${randomUUID()}`;
  private readonly listeners = new Set<(state: BusState) => void>();
  private readonly waitingForUp = new Set<() => void>();
  private current: BusState = 'down';
  private trouble = 'not started';
  private echoesMissed = 0;
  private cancelEcho: Cancel = () => undefined;
  private hasStopped = false;

  constructor(options: RedisBusOptions, parts: Partial<BusParts> = {}) {
    const { clock = systemClock, log = silentLog, metrics = new Metrics() } = parts;
    this.clock = clock;
    this.log = log;
    this.prefix = options.prefix ?? '';
    this.address = addressOf(options.redisUrl);
    this.publishing = this.connect(options.redisUrl, 'publisher');
    this.subscribing = this.connect(options.redisUrl, 'subscriber');
    this.publisher = new RedisPublisher(this.publishing, options.queueBytes, this.counts);
    this.subscriber = new RedisSubscriber(this.subscribing, {
      subscribed: () => this.echoIfDown(),
      refused: (why) => this.refused(why),
    });
    this.subscribers = new Subscribers(this.counts, log);
    const key = `${this.prefix}holdfast:{attempts}`;
    this.attempts = new RedisLedger(this.publishing, key, new LocalLedger(clock), clock);
    exposeBus(metrics, this.counts, () => this.current === 'up');
  }

  get state(): BusState {
    return this.current;
  }

  /** Resolves when the bus is up, or when the first attempt to get there has failed: it goes on trying by itself. */
  async start(): Promise<void> {
    this.subscribe(this.echoTopic, () => this.heardEcho());
    this.subscribing.on('messageBuffer', (channel: Buffer, text: Buffer) =>
      this.subscribers.deliver(channel.toString().slice(this.prefix.length), text.toString()),
    );
    this.echoLater();
    const settled = new Promise<void>((resolve) => {
      this.onState(() => resolve());
      this.publishing.once('error', () => resolve());
      this.subscribing.once('error', () => resolve());
    });
    this.publishing.connect().catch((error: Error) => this.note(error.message));
    this.subscribing.connect().catch((error: Error) => this.note(error.message));
    await settled;
    if (this.current === 'down') {
      this.log.warn(
        { code: 'bus.unreachable', redis: this.address, why: this.trouble },
        'no Redis yet; going on trying',
      );
    }
  }

  async stop(): Promise<void> {
    if (this.hasStopped) return;
    this.hasStopped = true;
    this.cancelEcho();
    this.publisher.flush();
    if (this.publishing.status === 'ready') await this.goodbye();
    this.publishing.disconnect();
    this.subscribing.disconnect();
    this.become('down', 'stopped');
    for (const giveUp of this.waitingForUp) giveUp();
  }

  publish(topic: Topic, text: string): void {
    this.publisher.publish(this.prefix + topic, text);
  }

  subscribe(topic: Topic, deliver: Deliver): Subscription {
    const remove = this.subscribers.add(topic, deliver);
    const ready = this.subscriber.want(this.prefix + topic);
    const end = (): void => {
      if (remove()) this.subscriber.drop(this.prefix + topic);
    };
    return { ready, end };
  }

  onState(listener: (state: BusState) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  async nextEpoch(): Promise<Epoch> {
    for (;;) {
      await this.isUp();
      try {
        return Number(await this.publishing.eval(NEXT_EPOCH, 1, `${this.prefix}holdfast:epoch`));
      } catch (error) {
        if (this.current === 'up') throw error;
      }
    }
  }

  private isUp(): Promise<void> {
    if (this.hasStopped) return Promise.reject(new Error('The bus has stopped'));
    if (this.current === 'up') return Promise.resolve();
    return new Promise((resolve, reject) => {
      const giveUp = (): void => reject(new Error('The bus has stopped'));
      const forget = this.onState(() => {
        forget();
        this.waitingForUp.delete(giveUp);
        resolve();
      });
      this.waitingForUp.add(giveUp);
    });
  }

  private connect(redisUrl: string, role: string): Redis {
    const redis = connectTo(redisUrl, `holdfast-${role}`, (why) => this.note(why));
    redis.on('ready', () => this.echoIfDown());
    redis.on('close', () => this.become('down', `${role}: connection closed${this.trouble && `: ${this.trouble}`}`));
    return redis;
  }

  private note(why: string): void {
    this.trouble = why;
  }

  private refused(why: string): void {
    this.log.error({ code: 'bus.subscribe-refused', redis: this.address, why }, 'Redis refuses a subscription');
  }

  private echoLater(): void {
    this.cancelEcho = this.clock.after(ECHO_EVERY_MS, () => {
      this.echoLater();
      this.watch();
      this.echo();
    });
  }

  private echoIfDown(): void {
    if (this.current === 'down') this.echo();
  }

  private echo(): void {
    if (this.publishing.status === 'ready' && this.subscribing.status === 'ready') this.publish(this.echoTopic, '');
  }

  /**
   * Counts echoes, not time: after a stall of our own event loop only one echo is overdue, and its answer is already
   * waiting to be read.
   */
  private watch(): void {
    if (this.publishing.status !== 'ready' || this.subscribing.status !== 'ready') return;
    this.echoesMissed += 1;
    if (this.echoesMissed <= ECHOES_MISSED) return;
    this.echoesMissed = 0;
    this.note(`no echo for ${ECHOES_MISSED * ECHO_EVERY_MS} ms`);
    cut(this.publishing);
    cut(this.subscribing);
  }

  private heardEcho(): void {
    this.echoesMissed = 0;
    if (!this.hasStopped && this.subscriber.isWhole) this.become('up', '');
  }

  private become(state: BusState, why: string): void {
    if (state === this.current) return;
    this.current = state;
    this.trouble = '';
    if (state === 'up') this.log.info({ code: 'bus.up', redis: this.address }, 'Redis carries messages');
    else if (!this.hasStopped) {
      this.counts.wentDown += 1;
      this.log.warn({ code: 'bus.down', redis: this.address, why }, 'Redis does not carry messages');
    }
    for (const listener of this.listeners) listener(state);
  }

  /** Lets what was published last arrive, but does not wait long for a Redis that does not answer. */
  private async goodbye(): Promise<void> {
    const cancel = this.clock.after(ECHO_EVERY_MS, () => this.publishing.disconnect());
    await this.publishing.quit().catch((error: Error) => this.note(error.message));
    cancel();
  }
}
