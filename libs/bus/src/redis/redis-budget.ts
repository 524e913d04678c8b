import { randomBytes } from 'node:crypto';
import type { Clock, Millis, Topic } from '#libs/core';
import { type Spending, type Spendings, SpendingsByKey, type Take, lookAt } from '../local/spendings.js';
import type { Budget, BudgetView } from '../ports/budget.js';
import { EXCHANGE } from './budget-script.js';
import type { RedisRecords } from './pubsub/redis-names.js';

const ANSWER_WITHIN_MS = 1_000;

/** What an exchange is for, beside telling and being told. Under which id, and what is taken or what the address has counted. */
interface Exchange extends Take {
  id: string;
  used: number;
  sinceMs: Millis;
}

const TO_TELL: Exchange = { id: '', limit: 0, windowMs: 0, amount: 0, used: 0, sinceMs: 0 };

/** What Redis answered. */
interface Known {
  waitMs: Millis;
  heldMs: Millis;
  processes: number;
  spendings: { id: string; ageMs: Millis; amount: number }[];
}

/**
 * What every process on this Redis takes. The larger of what Redis and this process know counts, and each tells the other:
 * neither an empty Redis nor one that is away makes room for more. Without an answer within a second, this process counts by
 * itself, and takes no more than its part of the limit.
 */
export class RedisBudget implements Budget {
  private readonly owner = randomBytes(6).toString('base64url');
  private readonly spendings = new SpendingsByKey(this.owner);

  constructor(
    private readonly records: RedisRecords,
    private readonly clock: Clock,
  ) {}

  async take(key: Topic, limit: number, windowMs: Millis, amount = 1): Promise<Millis> {
    const spendings = this.spendings.of(key);
    const take = { limit, windowMs, amount };
    const waitMs = spendings.waitMs(take, this.clock.now());
    // Redis would record what is then not taken.
    if (waitMs > 0) return this.exchange(key, TO_TELL, (answer) => Math.max(waitMs, answer?.heldMs ?? 0));
    const id = spendings.idFor(take);
    return this.exchange(key, { ...TO_TELL, ...take, id }, (answer, now) => {
      // Asked again of this process too: Redis may have been emptied since others of its own takes were answered.
      const wait = answer ? Math.max(answer.waitMs, spendings.waitMs(take, now)) : spendings.waitAloneMs(take, now);
      if (wait === 0) spendings.spend(id, amount, now);
      return wait;
    });
  }

  look(key: Topic, limit: number, windowMs: Millis): BudgetView {
    return lookAt(this.spendings.of(key), limit, windowMs, this.clock.now());
  }

  async learn(key: Topic, used: number, sinceMs: Millis): Promise<void> {
    const spendings = this.spendings.of(key);
    await this.exchange(key, { ...TO_TELL, id: spendings.foreignId(), used, sinceMs }, (answer, now) => {
      if (!answer) spendings.learn(used, sinceMs, now);
    });
  }

  async hold(key: Topic, forMs: Millis): Promise<void> {
    this.spendings.of(key).hold(this.clock.now() + forMs);
    await this.exchange(key, TO_TELL, () => undefined);
  }

  /** Tells Redis all that this process remembers, as it must be told when it comes back. */
  tell(): void {
    for (const key of this.spendings.keys()) void this.exchange(key, TO_TELL, () => undefined);
  }

  /**
   * Both sides learn what the other knows; then `decide` is called with what Redis answered, or nothing. That is one step: were
   * another answer read in between, what it took would count against this one too.
   */
  private exchange<T>(
    key: Topic,
    purpose: Exchange,
    decide: (answer: Known | undefined, now: Millis) => T,
  ): Promise<T> {
    const spendings = this.spendings.of(key);
    return new Promise((resolve) => {
      let isDecided = false;
      const answered = (answer?: Known): void => {
        if (isDecided) return;
        isDecided = true;
        giveUp();
        const now = this.clock.now();
        if (answer) hear(spendings, answer, now);
        resolve(decide(answer, now));
      };
      const giveUp = this.clock.after(ANSWER_WITHIN_MS, answered);
      const telling = [this.owner, ...tellingOf(spendings, purpose, this.clock.now())];
      this.records.redis.eval(EXCHANGE, 4, ...this.keysOf(key), ...telling).then(
        (reply) => answered(readKnown(reply)),
        () => answered(),
      );
    });
  }

  /**
   * All that is kept of one address: keys that must be in one slot of a Redis Cluster, so they share the hash tag that the key
   * has, or else the whole key as one.
   */
  private keysOf(key: Topic): [string, string, string, string] {
    const name = this.records.key(/\{[^}]+\}/.test(key) ? key : `{${key}}`);
    return [name, `${name}:held`, `${name}:amounts`, `${name}:seen`];
  }
}

/** The script's arguments: what is asked for, and all that this process remembers. */
function tellingOf(spendings: Spendings, purpose: Exchange, now: Millis): (string | number)[] {
  const { id, amount, limit, windowMs, used, sinceMs } = purpose;
  const remembered = spendings.all().flatMap((one) => [one.id, Math.max(0, now - one.at), one.amount]);
  const heldMs = Math.ceil(spendings.heldMs(now));
  return [id, amount, limit, windowMs, spendings.keepMs, heldMs, used, sinceMs, ...remembered];
}

function hear(spendings: Spendings, answer: Known, now: Millis): void {
  const told = answer.spendings.map(({ id, ageMs, amount }): Spending => ({ id, at: now - ageMs, amount }));
  spendings.add(told, now);
  spendings.hold(now + answer.heldMs);
  spendings.seen(answer.processes, now);
}

function readKnown(reply: unknown): Known {
  const [waitMs, heldMs, processes, ...known] = (reply as (string | number)[]).map(String);
  const spendings = Array.from({ length: known.length / 3 }, (_, index) => ({
    id: known[3 * index] ?? '',
    ageMs: Number(known[3 * index + 1]),
    amount: Number(known[3 * index + 2]),
  }));
  return { waitMs: Number(waitMs), heldMs: Number(heldMs), processes: Number(processes), spendings };
}
