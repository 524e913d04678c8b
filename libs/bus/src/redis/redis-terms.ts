import type { Epoch, Topic } from '#libs/core';
import type { Terms } from '../ports/terms.js';
import type { RedisRecords } from './pubsub/redis-names.js';
import type { Persistence } from './persistence.js';

/**
 * Higher than the last and than what others have seen, and never below the server's clock: a Redis that lost its memory
 * must not begin again at 1, or every edge would take the new term for an old one.
 */
const NEXT_EPOCH = `
local time = redis.call('TIME')
local last = tonumber(redis.call('GET', KEYS[1]) or '0')
local seen = math.max(last, tonumber(ARGV[1]))
local epoch = string.format('%.0f', math.max(seen + 1, time[1] * 1000 + math.floor(time[2] / 1000)))
redis.call('SET', KEYS[1], epoch)
return epoch`;

/** Terms given by one Redis to every process. */
export class RedisTerms implements Terms {
  constructor(
    private readonly records: RedisRecords,
    private readonly persistence: Persistence,
  ) {}

  async next(key: Topic, above: Epoch = 0): Promise<Epoch> {
    const act = (): Promise<unknown> => this.records.redis.eval(NEXT_EPOCH, 1, this.records.key(key), above);
    return Number(await this.persistence.until(act));
  }
}
