import type { Redis } from 'ioredis';
import { type Cancel, type Clock, type Millis, doubled, duration } from '#libs/core';
import type { RedisHost } from '#libs/runtime';
import { type RedisAddressee, credentialsOf, redisWith, wordsOf } from '../pubsub/connection.js';
import { type SlotMap, readSlotMap } from './slot-map.js';

/** How often a node is asked; and how often while something is wrong or was said to have changed, so that a failover is seen soon. */
const ASK_EVERY_MS: Millis = 1_000;
const ASK_SOON_MS: Millis = 100;
const UNEASY_FOR_MS: Millis = 2_000;

const ANSWER_WITHIN_MS: Millis = 1_000;

const NEXT_NODE_FIRST_MS: Millis = 50;
const NEXT_NODE_MOST_MS: Millis = 1_000;

interface TopologyParts {
  clock: Clock;
  /** Told each map that is not older than the one before. */
  found: (map: SlotMap) => void;
  /** Told why no node answers. */
  failed: (why: string) => void;
  /** Whether some shard does not work, so that another one may have its slots soon. */
  isUneasy: () => boolean;
  /** Whether nothing works as it was seen last: then an older map, of a cluster that was made anew, is as good as any. */
  isLost: () => boolean;
}

/**
 * Looks which shard has which slots: asks one node after the other, over a connection of its own, so that one that hangs or is cut
 * off from the rest hides nothing. A map that is older than one that was seen is not taken.
 */
export class Topology {
  private map: SlotMap | undefined;
  private redis: Redis | undefined;
  private at: RedisHost;
  private isAsking = false;
  private askedAt: Millis = -Infinity;
  /** When somebody had reason to believe that something had changed. */
  private hintedAt: Millis = -Infinity;
  /** How many nodes have been tried, how many in vain since one answered, and what became of the last one. */
  private turn = 0;
  private failures = 0;
  private why = 'no answer';
  private cancelNext: Cancel = () => undefined;
  private hasStopped = true;

  constructor(
    private readonly addressee: RedisAddressee,
    private readonly parts: TopologyParts,
  ) {
    this.at = addressee.hosts[0];
  }

  start(): void {
    this.hasStopped = false;
    this.visit();
  }

  stop(): void {
    this.hasStopped = true;
    this.cancelNext();
    this.leave();
  }

  /** Somebody has reason to believe that something has changed. */
  askSoon(): void {
    const now = this.parts.clock.now();
    this.hintedAt = now;
    if (this.redis?.status !== 'ready' || this.isAsking) return;
    this.goOnAfter(Math.max(0, this.askedAt + ASK_SOON_MS - now), true);
  }

  /** Goes to the next node that is known. */
  private visit(): void {
    const known = [...this.addressee.hosts, ...(this.map?.nodes ?? [])];
    const at = known[this.turn % known.length] ?? this.addressee.hosts[0];
    this.turn += 1;
    this.leave();
    this.at = at;
    const redis = redisWith({
      host: at.host,
      port: at.port,
      ...credentialsOf(this.addressee),
      retryStrategy: () => null,
    });
    this.redis = redis;
    this.isAsking = false;
    redis.on('error', ({ message }: Error) => (this.why = message));
    redis.on('ready', () => this.ask(redis));
    redis.on('end', () => {
      if (this.redis === redis) this.visitLater();
    });
    redis.connect().catch(({ message }: Error) => (this.why = message));
  }

  private leave(): void {
    const { redis } = this;
    this.redis = undefined;
    redis?.disconnect();
  }

  private visitLater(): void {
    this.cancelNext();
    if (this.hasStopped) return;
    const waitMs = doubled(NEXT_NODE_FIRST_MS, this.failures++, NEXT_NODE_MOST_MS);
    this.cancelNext = this.parts.clock.after(waitMs, () => this.visit());
    if (this.failures >= this.addressee.hosts.length) this.parts.failed(this.why);
  }

  private ask(redis: Redis): void {
    const { clock } = this.parts;
    this.isAsking = true;
    this.askedAt = clock.now();
    const cancel = clock.after(ANSWER_WITHIN_MS, () => {
      this.why = `no answer for ${duration(ANSWER_WITHIN_MS)}`;
      redis.disconnect();
    });
    Promise.all([redis.cluster('SLOTS'), redis.cluster('INFO')]).then(
      ([slots, info]) => {
        cancel();
        if (this.redis === redis) this.answered(readSlotMap(slots, info, this.at));
      },
      (error: Error) => {
        cancel();
        if (wordsOf(error) !== undefined) this.why = error.message;
        redis.disconnect();
      },
    );
  }

  private answered(map: SlotMap | undefined): void {
    const { clock, found, isUneasy, isLost } = this.parts;
    this.isAsking = false;
    this.failures = 0;
    const isTaken = map !== undefined && (map.epoch >= (this.map?.epoch ?? 0) || isLost());
    if (isTaken) {
      this.map = map;
      found(map);
    }
    const isHinted = clock.now() - this.hintedAt < UNEASY_FOR_MS;
    // A node that is cut off from the others goes on answering.
    this.goOnAfter(isHinted || isUneasy() ? ASK_SOON_MS : ASK_EVERY_MS, isTaken && map.isWell);
  }

  private goOnAfter(waitMs: Millis, stays: boolean): void {
    this.cancelNext();
    if (this.hasStopped) return;
    this.cancelNext = this.parts.clock.after(waitMs, () => {
      const { redis } = this;
      if (stays && redis?.status === 'ready') this.ask(redis);
      else this.visit();
    });
  }
}
