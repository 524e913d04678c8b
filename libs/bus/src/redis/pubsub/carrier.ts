import type { Cancel, Topic } from '#libs/core';
import type { Deliver, Messages, Subscription } from '../../ports/messages.js';
import type { Lane } from './lane.js';
import type { RedisNames, RedisRecords } from './redis-names.js';

/** The ways to Redis: one to one Redis, one to each shard of a cluster. */
export interface Lanes {
  /** Those that there are now. */
  readonly all: readonly Lane[];

  /** Leads to the records, and carries what processes tell and ask one another; while nobody knows where that is, a lane that leads nowhere. */
  readonly home: Lane;

  /** The one on which a topic is published; undefined while nobody knows. */
  of(topic: Topic): Lane | undefined;

  /** Told of every publishing connection that is there, or is gone. */
  onConnection(listener: (lane: Lane, isThere: boolean) => void): Cancel;

  /**
   * Ends a connection of the lane of this name, which may be none of the present ones. Resolves when it carries nothing more; rejects
   * where that cannot be known.
   */
  kill(lane: string, order: readonly string[]): Promise<void>;
}

/** What carries messages and keeps records for a bus: one Redis, or the shards of a cluster. */
export interface Carrier extends Messages {
  readonly records: RedisRecords;
  readonly lanes: Lanes;

  /** The same as `publish` for questions and answers, which have room of their own. */
  publishAsk(topic: Topic, text: string): void;

  /** The same as `subscribe` for a topic without which the bus itself does not work. */
  listen(topic: Topic, deliver: Deliver): Subscription;

  /** What operators see of it, and which topics Redis refuses. */
  describe(): object;

  /** What keeps it from carrying messages, in Redis's own words where it has said any. */
  trouble(): string | undefined;

  /** Resolves when it is up, or soon when it does not come up: it goes on trying by itself. */
  start(): Promise<void>;

  /** Tries nothing more, and hands what was published last to the connections. */
  halt(): void;

  /** No connection is left. */
  end(): void;
}

/** A few of the topics that Redis refuses, with its words, and how many there are. */
export function refusedAt(lanes: readonly Lane[], names: RedisNames): { count: number; topics: object[] } {
  const channels = lanes.flatMap((lane) => lane.refused());
  const topics = channels.slice(0, 10).map(({ name, why }) => ({ topic: names.topic(name), why }));
  return { count: channels.length, topics };
}
