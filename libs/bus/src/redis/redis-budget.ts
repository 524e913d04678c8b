import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import type { Clock, Millis, Topic } from '#libs/core';
import { type KnownAttempts, AttemptsByKey, KEEP_MS } from '../local/attempts.js';
import type { Budget } from '../ports/budget.js';

/**
 * One atomic step with the server's clock, so that processes with different clocks share one window. First Redis is told
 * what this process remembers: it may have come back empty. Without an id nothing is taken. The answer is how long to
 * wait, how long the key is held, and what Redis knows: id and age of every attempt it keeps.
 */
const TAKE = `
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local id, limit, window, keep, held = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]) * 1000, tonumber(ARGV[4]) * 1000, tonumber(ARGV[5])
for i = 6, #ARGV, 2 do
  redis.call('ZADD', KEYS[1], 'NX', string.format('%.0f', now - ARGV[i + 1] * 1000), ARGV[i])
end
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', string.format('(%.0f', now - keep))
local known = redis.call('ZRANGE', KEYS[1], 0, -1, 'WITHSCORES')
local heldMs = math.max(0, redis.call('PTTL', KEYS[2]))
if held > heldMs then
  redis.call('SET', KEYS[2], '1', 'PX', held)
  heldMs = held
end
local wait = heldMs
if id ~= '' then
  local taken = redis.call('ZCOUNT', KEYS[1], string.format('(%.0f', now - window), '+inf')
  if taken >= limit then
    local blocking = redis.call('ZRANGE', KEYS[1], -limit, -limit, 'WITHSCORES')
    wait = math.max(wait, 1, math.ceil((tonumber(blocking[2]) + window - now) / 1000))
  end
  if wait == 0 then redis.call('ZADD', KEYS[1], string.format('%.0f', now), id) end
end
redis.call('PEXPIRE', KEYS[1], math.ceil(keep / 1000))
local answer = { wait, heldMs }
for i = 1, #known, 2 do
  answer[#answer + 1] = known[i]
  answer[#answer + 1] = string.format('%.0f', (now - known[i + 1]) / 1000)
end
return answer`;

const ANSWER_WITHIN_MS = 1_000;

interface Take {
  id: string;
  limit: number;
  windowMs: Millis;
}

/** Only to tell and to learn. */
const NO_TAKE: Take = { id: '', limit: 0, windowMs: 0 };

type Decide = (redisWaitMs: Millis, now: Millis) => Millis;

interface Known {
  waitMs: Millis;
  heldMs: Millis;
  known: { id: string; ageMs: Millis }[];
}

/**
 * The attempts of every process on this Redis. The larger of what Redis and this process know counts, and each tells the
 * other: neither an empty Redis nor one that is away makes room for more attempts. Without an answer within a second,
 * this process counts by itself.
 */
export class RedisBudget implements Budget {
  private readonly attempts = new AttemptsByKey();

  constructor(
    private readonly redis: Redis,
    private readonly prefix: string,
    private readonly clock: Clock,
  ) {}

  async take(key: Topic, limit: number, windowMs: Millis): Promise<Millis> {
    const attempts = this.attempts.of(key);
    const id = randomUUID();
    return this.exchange(key, { id, limit, windowMs }, (redisWaitMs, now) => {
      const waitMs = Math.max(redisWaitMs, attempts.waitMs(limit, windowMs, now));
      if (waitMs === 0) attempts.add([{ id, at: now }], windowMs, now);
      return waitMs;
    });
  }

  async hold(key: Topic, forMs: Millis): Promise<void> {
    this.attempts.of(key).hold(this.clock.now() + forMs);
    await this.exchange(key);
  }

  /** Tells Redis all that this process remembers, as it must be told when it comes back. */
  tell(): void {
    for (const key of this.attempts.keys()) void this.exchange(key);
  }

  /**
   * Both sides learn what the other knows; then `decide` is called with how long Redis says to wait, 0 also when it says
   * nothing. That is one step: were another answer read in between, its attempt would count against this one too.
   */
  private exchange(key: Topic, take: Take = NO_TAKE, decide: Decide = () => 0): Promise<Millis> {
    const attempts = this.attempts.of(key);
    return new Promise((resolve) => {
      let isDecided = false;
      const answered = (answer?: Known): void => {
        if (isDecided) return;
        isDecided = true;
        giveUp();
        const now = this.clock.now();
        if (answer) learn(attempts, answer, take.windowMs, now);
        resolve(decide(answer?.waitMs ?? 0, now));
      };
      const giveUp = this.clock.after(ANSWER_WITHIN_MS, answered);
      this.redis.eval(TAKE, 2, ...this.keysOf(key), ...tellingOf(attempts, take, this.clock.now())).then(
        (reply) => answered(readKnown(reply)),
        () => answered(),
      );
    });
  }

  /**
   * The attempts and the order of one address: two keys that must be in one slot of a Redis Cluster, so they share the hash
   * tag that the key has, or else the whole key as one.
   */
  private keysOf(key: Topic): [string, string] {
    const name = this.prefix + (/\{[^}]+\}/.test(key) ? key : `{${key}}`);
    return [name, `${name}:held`];
  }
}

/** The script's arguments: what is asked for, and all that this process remembers. */
function tellingOf(attempts: KnownAttempts, { id, limit, windowMs }: Take, now: Millis): (string | number)[] {
  const keepMs = Math.max(KEEP_MS, windowMs);
  const remembered = attempts.all().flatMap((attempt) => [attempt.id, Math.max(0, now - attempt.at)]);
  return [id, limit, windowMs, keepMs, Math.ceil(attempts.heldMs(now)), ...remembered];
}

function learn(attempts: KnownAttempts, { known, heldMs }: Known, windowMs: Millis, now: Millis): void {
  const learnt = known.map(({ id, ageMs }) => ({ id, at: now - ageMs }));
  attempts.add(learnt, windowMs, now);
  attempts.hold(now + heldMs);
}

function readKnown(reply: unknown): Known {
  const [waitMs, heldMs, ...known] = (reply as (string | number)[]).map(String);
  const pairs = Array.from({ length: known.length / 2 }, (_, index) => ({
    id: known[2 * index] ?? '',
    ageMs: Number(known[2 * index + 1]),
  }));
  return { waitMs: Number(waitMs), heldMs: Number(heldMs), known: pairs };
}
