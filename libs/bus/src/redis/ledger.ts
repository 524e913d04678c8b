import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import type { Clock, Millis } from '#libs/core';
import type { AttemptLedger } from '../bus.js';
import type { LocalLedger } from '../local-ledger.js';

/**
 * One atomic step with the server's clock, so that processes with different clocks share one window. Entries are kept for
 * at least ten minutes, whatever window is asked for.
 */
const TAKE = `
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local limit = tonumber(ARGV[1])
local window = tonumber(ARGV[2]) * 1000
local keep = math.max(window, 600000000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', string.format('(%.0f', now - keep))
local taken = redis.call('ZCOUNT', KEYS[1], string.format('(%.0f', now - window), '+inf')
if taken >= limit then
  local blocking = redis.call('ZRANGE', KEYS[1], -limit, -limit, 'WITHSCORES')
  return math.max(1, math.ceil((tonumber(blocking[2]) + window - now) / 1000))
end
redis.call('ZADD', KEYS[1], string.format('%.0f', now), ARGV[3])
redis.call('PEXPIRE', KEYS[1], math.ceil(keep / 1000))
return 0`;

const ANSWER_WITHIN_MS = 1_000;

/** The attempts of every process on this Redis. Without an answer within a second, this process counts by itself. */
export class RedisLedger implements AttemptLedger {
  constructor(
    private readonly redis: Redis,
    private readonly key: string,
    private readonly local: LocalLedger,
    private readonly clock: Clock,
  ) {}

  async take(limit: number, windowMs: Millis): Promise<Millis> {
    const waitMs = await this.ask(limit, windowMs);
    if (waitMs === undefined) return this.local.take(limit, windowMs);
    if (waitMs === 0) this.local.note(limit);
    return waitMs;
  }

  private ask(limit: number, windowMs: Millis): Promise<Millis | undefined> {
    return new Promise((resolve) => {
      const giveUp = this.clock.after(ANSWER_WITHIN_MS, () => resolve(undefined));
      const answer = (waitMs: Millis | undefined): void => {
        giveUp();
        resolve(waitMs);
      };
      this.redis.eval(TAKE, 1, this.key, limit, windowMs, randomUUID()).then(
        (reply) => answer(Number(reply)),
        () => answer(undefined),
      );
    });
  }
}
