import type { Redis } from 'ioredis';
import type { Topic } from '#libs/core';

/** What a topic or a key of ours is called at Redis. */
export interface RedisNames {
  channel: (topic: Topic) => string;
  topic: (channel: string) => Topic;
  key: (name: Topic) => string;
}

/** Where records are kept. */
export interface RedisRecords {
  /** The connection that leads there now; where there is none, it refuses everything at once. */
  readonly redis: Redis;
  key(name: Topic): string;
}
