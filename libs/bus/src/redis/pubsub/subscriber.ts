import type { Redis } from 'ioredis';
import { type Cancel, type Clock, type Millis, type Topic, doubled } from '#libs/core';
import { systemRandom } from '#libs/runtime';
import { inChunks } from './in-chunks.js';
import { WantedChannel } from './wanted-channel.js';

/** SUBSCRIBE takes many channels; very long commands would hold up the connection. */
const CHANNELS_PER_COMMAND = 500;

const RETRY_FIRST_MS: Millis = 250;
const RETRY_MOST_MS: Millis = 15_000;

/** Who is told how the subscriptions go. */
export interface SubscriberWatch {
  /** Redis has answered for some channels. */
  settled(): void;
  /** Redis said no, for instance because its access list forbids the channels. Told when its words are new. */
  refused(channels: readonly Topic[], words: string): void;
}

/**
 * Keeps the subscriptions of one connection equal to the wanted channels, over as many connections as it takes. A refusal
 * costs the refused channel only: own channels are asked for apart, a forbidden batch is halved until the culprit is alone,
 * and everything that was refused is asked for again.
 */
export class RedisSubscriber {
  private readonly channels = new Map<Topic, WantedChannel>();
  private readonly asked = new Set<Topic>();
  private readonly changed = new Set<Topic>();
  private readonly retries = new Set<Cancel>();
  /** Channels whose refusal has not been told yet, by Redis's words. */
  private readonly news = new Map<string, Topic[]>();
  /** Counts connections, so that an answer of an earlier one changes nothing. */
  private connection = 0;

  constructor(
    private readonly redis: Redis,
    private readonly clock: Clock,
    private readonly watch: SubscriberWatch,
    /** Whether its channels are sharded ones: one command may then name those of one slot only. */
    private readonly isSharded = false,
  ) {
    redis.on('ready', () => this.restore());
    redis.on('close', () => this.forget());
    // ioredis says so once for any of them, and leaves the question unanswered.
    redis.on('moved', () => {
      const awaited = [...this.channels.values()].filter(({ state }) => state === 'asked');
      this.refuse(awaited, 'MOVED to another shard');
    });
  }

  /** From now on the channel is wanted; it says itself when Redis delivers it. */
  want(name: Topic, kind: 'own' | 'others'): WantedChannel {
    const known = this.channels.get(name);
    if (known) return known;
    const channel = new WantedChannel(name, kind === 'own');
    this.channels.set(name, channel);
    this.change(name);
    return channel;
  }

  drop(name: Topic): void {
    if (this.channels.delete(name)) this.change(name);
  }

  /** Whether every wanted channel stands on the present connection, but for those that Redis refuses, at whatever shard. */
  get isWhole(): boolean {
    if (this.redis.status !== 'ready') return false;
    for (const { isAwaited } of this.channels.values()) if (isAwaited) return false;
    return true;
  }

  /** The channels that Redis refuses now. */
  refused(): WantedChannel[] {
    return [...this.channels.values()].filter(({ state }) => state === 'refused');
  }

  private change(name: Topic): void {
    this.changed.add(name);
    if (this.changed.size === 1) setImmediate(() => this.follow());
  }

  /** Sends what changed in this turn of the loop, as few commands as possible. */
  private follow(): void {
    const changed = [...this.changed];
    this.changed.clear();
    if (this.redis.status !== 'ready') return;
    const leave = changed.filter((name) => this.asked.has(name));
    for (const some of inChunks(leave, this.most))
      (this.isSharded ? this.redis.sunsubscribe(...some) : this.redis.unsubscribe(...some)).catch(ignoreLostConnection);
    for (const name of leave) this.asked.delete(name);
    const join = changed.flatMap((name) => this.channels.get(name) ?? []);
    for (const own of join.filter(({ isOwn }) => isOwn)) this.join([own]);
    this.joinAll(join.filter(({ isOwn }) => !isOwn));
  }

  /** How many channels one command may name. */
  private get most(): number {
    return this.isSharded ? 1 : CHANNELS_PER_COMMAND;
  }

  private joinAll(channels: readonly WantedChannel[]): void {
    for (const some of inChunks(channels, this.most)) this.join(some);
  }

  private join(channels: readonly WantedChannel[]): void {
    if (channels.length === 0) return;
    const { connection } = this;
    for (const channel of channels) {
      channel.state = 'asked';
      this.asked.add(channel.name);
    }
    const present = (): WantedChannel[] =>
      connection === this.connection ? channels.filter((channel) => this.isStill(channel, 'asked')) : [];
    const names = channels.map(({ name }) => name);
    (this.isSharded ? this.redis.ssubscribe(...names) : this.redis.subscribe(...names)).then(
      () => {
        for (const channel of present()) channel.stand();
        this.watch.settled();
      },
      (error: Error) => {
        if (this.redis.status === 'ready') this.refuse(present(), error.message);
      },
    );
  }

  private isStill(channel: WantedChannel, state: WantedChannel['state']): boolean {
    return this.channels.get(channel.name) === channel && channel.state === state;
  }

  /** One forbidden channel makes Redis refuse the whole command; what else it may say has nothing to do with channels. */
  private refuse(channels: WantedChannel[], words: string): void {
    if (words.startsWith('NOPERM') && channels.length > 1) {
      const middle = Math.ceil(channels.length / 2);
      this.join(channels.slice(0, middle));
      this.join(channels.slice(middle));
      return;
    }
    for (const { name } of channels) this.asked.delete(name);
    for (const channel of channels) if (channel.refuse(words)) this.report(channel.name, words);
    this.retryLater(channels);
    this.watch.settled();
  }

  /** Gathers what one turn of the loop brings: halving gives thousands of single refusals where a whole edge is forbidden. */
  private report(name: Topic, words: string): void {
    const names = this.news.get(words) ?? [];
    this.news.set(words, names);
    names.push(name);
    if (this.news.size > 1 || names.length > 1) return;
    setImmediate(() => {
      const news = [...this.news];
      this.news.clear();
      for (const [why, channels] of news) this.watch.refused(channels, why);
    });
  }

  private retryLater(channels: readonly WantedChannel[]): void {
    const refusals = Math.max(1, ...channels.map((channel) => channel.refusals));
    const waitMs = doubled(RETRY_FIRST_MS, refusals - 1, RETRY_MOST_MS);
    const cancel = this.clock.after(waitMs * (0.5 + systemRandom() / 2), () => {
      this.retries.delete(cancel);
      this.joinAll(channels.filter((channel) => this.isStill(channel, 'refused')));
    });
    this.retries.add(cancel);
  }

  private restore(): void {
    for (const name of this.channels.keys()) this.changed.add(name);
    this.follow();
  }

  private forget(): void {
    this.connection += 1;
    this.asked.clear();
    for (const cancel of this.retries) cancel();
    this.retries.clear();
    for (const channel of this.channels.values()) channel.lose();
  }
}

/** A lost connection ends every subscription by itself; the next one starts from the wanted channels. */
function ignoreLostConnection(): void {
  return undefined;
}
