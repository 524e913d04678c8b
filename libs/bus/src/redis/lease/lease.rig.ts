import { Redis } from 'ioredis';
import { expect } from 'vitest';
import { type TestRedis, startRedis } from '../../../../../test/support/start-redis.js';
import { until } from '../../../../../test/support/until.js';
import type { Holding } from '../../ports/lease.js';
import { RedisBus } from '../redis-bus.js';

export const LEASE = 'spot:{lead}';

/** A Redis of a test's own, an operator who looks into it, and the buses on it. */
export class LeaseRig {
  private readonly buses: RedisBus[] = [];

  private constructor(
    readonly redis: TestRedis,
    readonly operator: Redis,
  ) {}

  static async start(): Promise<LeaseRig> {
    const redis = await startRedis();
    const operator = new Redis(redis.url);
    operator.on('error', () => undefined);
    return new LeaseRig(redis, operator);
  }

  /** A bus of a process of its own, straight to Redis or on another way. */
  async bus(redisUrl = this.redis.url): Promise<RedisBus> {
    const bus = new RedisBus({ redisUrl, queueBytes: 100_000_000 });
    this.buses.push(bus);
    await bus.start();
    await until(() => bus.messages.state === 'up');
    return bus;
  }

  /** The registered connections. */
  async registered(): Promise<string[]> {
    const fields = await this.operator.hkeys(LEASE);
    return fields.filter((field) => field.startsWith('pub:')).map((field) => field.slice('pub:'.length));
  }

  /** The connections that there are, as `<id> <addr>`. */
  async connected(): Promise<string[]> {
    const list = String(await this.operator.client('LIST'));
    return [...list.matchAll(/^id=(\d+) addr=(\S+)/gm)].map(([, id, address]) => `${id} ${address}`);
  }

  async stop(): Promise<void> {
    await Promise.all(this.buses.map((bus) => bus.stop()));
    this.operator.disconnect();
    await this.redis.stop();
  }
}

/** Gives the lease to an owner, who has not entered yet. */
export async function claimed({ lease }: RedisBus, owner: string, mayRestore = true): Promise<Holding> {
  const answer = await lease.claim(LEASE, { owner, above: 0, seen: await lease.look(LEASE) });
  if (answer.is === 'taken') throw new Error(`${owner} was refused a free lease`);
  return lease.hold(LEASE, { owner, term: answer.term, mayRestore: () => mayRestore });
}

/** Gives it, and enters. */
export async function takenOver(bus: RedisBus, owner: string, mayRestore = true): Promise<Holding> {
  const holding = await claimed(bus, owner, mayRestore);
  expect(await holding.enter()).toBe('entered');
  return holding;
}

/** What is heard on the channel `t`. */
export async function hearing({ messages }: RedisBus): Promise<string[]> {
  const heard: string[] = [];
  await messages.subscribe('t', (text) => heard.push(text)).ready;
  return heard;
}
