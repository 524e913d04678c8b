import type { Redis } from 'ioredis';
import type { Topic } from '#libs/core';
import { inChunks } from './in-chunks.js';

/** A channel's way to being subscribed: the promise is renewed for every connection. */
interface Standing {
  ready: Promise<void>;
  isReady: boolean;
  stand: () => void;
}

/** SUBSCRIBE takes many channels; very long commands would hold up the connection. */
const CHANNELS_PER_COMMAND = 500;

/** Keeps the subscriptions of one connection equal to the wanted channels, over as many connections as it takes. */
export class RedisSubscriber {
  private readonly standings = new Map<Topic, Standing>();
  private readonly asked = new Set<Topic>();
  private readonly changed = new Set<Topic>();

  constructor(
    private readonly redis: Redis,
    private readonly tell: {
      subscribed: () => void;
      /** Redis said no, for instance because its access list forbids the channel. */
      refused: (message: string) => void;
    },
  ) {
    redis.on('ready', () => this.restore());
    redis.on('close', () => this.forget());
  }

  /** Resolves once Redis delivers this channel to us. */
  want(channel: Topic): Promise<void> {
    const known = this.standings.get(channel);
    if (known) return known.ready;
    const standing = newStanding();
    this.standings.set(channel, standing);
    this.change(channel);
    return standing.ready;
  }

  drop(channel: Topic): void {
    if (this.standings.delete(channel)) this.change(channel);
  }

  /** Whether every wanted channel is subscribed on the present connection. */
  get isWhole(): boolean {
    if (this.redis.status !== 'ready') return false;
    return [...this.standings.values()].every((standing) => standing.isReady);
  }

  private change(channel: Topic): void {
    this.changed.add(channel);
    if (this.changed.size === 1) setImmediate(() => this.follow());
  }

  /** Sends what changed in this turn of the loop, as few commands as possible. */
  private follow(): void {
    const changed = [...this.changed];
    this.changed.clear();
    if (this.redis.status !== 'ready') return;
    const leave = changed.filter((channel) => this.asked.has(channel));
    const join = changed.filter((channel) => this.standings.has(channel));
    for (const some of inChunks(leave, CHANNELS_PER_COMMAND))
      this.redis.unsubscribe(...some).catch(ignoreLostConnection);
    for (const channel of leave) this.asked.delete(channel);
    for (const some of inChunks(join, CHANNELS_PER_COMMAND)) this.join(some);
  }

  private join(channels: Topic[]): void {
    const standings = channels.flatMap((channel) => this.standings.get(channel) ?? []);
    for (const channel of channels) this.asked.add(channel);
    const stand = (): void => {
      for (const standing of standings) standing.stand();
      this.tell.subscribed();
    };
    const isRefused = (error: Error): void => {
      if (this.redis.status === 'ready') this.tell.refused(error.message);
    };
    this.redis.subscribe(...channels).then(stand, isRefused);
  }

  private restore(): void {
    for (const channel of this.standings.keys()) this.changed.add(channel);
    this.follow();
  }

  private forget(): void {
    this.asked.clear();
    for (const [channel, { isReady }] of this.standings) {
      if (isReady) this.standings.set(channel, newStanding());
    }
  }
}

function newStanding(): Standing {
  let resolve: () => void;
  const ready = new Promise<void>((resolveReady) => {
    resolve = resolveReady;
  });
  const standing: Standing = {
    ready,
    isReady: false,
    stand: () => {
      standing.isReady = true;
      resolve();
    },
  };
  return standing;
}

/** A lost connection ends every subscription by itself; the next one starts from the wanted channels. */
function ignoreLostConnection(): void {
  return undefined;
}
