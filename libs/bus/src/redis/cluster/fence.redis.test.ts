import { once } from 'node:events';
import { type Socket, connect } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type ClusterMember, RedisCluster } from '../../../../../test/support/redis-cluster.js';
import { until } from '../../../../../test/support/until.js';
import type { Holding } from '../../ports/lease.js';
import { LEASE, claimed, takenOver } from '../lease/lease.rig.js';
import { RedisBus } from '../redis-bus.js';

const WITHIN = { deadlineMs: 30_000 };
const RECORD = `{holdfast}${LEASE}`;
const HOME = '{holdfast}';

const MESSAGES = 10_000;
const FIRST = 'the first of the successor';
const LAST = 'the last of the successor';

let cluster: RedisCluster;
/** The masters, home first, and a topic at each of them. */
let masters: ClusterMember[];
let topics: string[];
let buses: RedisBus[];
beforeAll(async () => {
  cluster = await RedisCluster.start();
  const home = await cluster.masterOf(HOME);
  masters = [home, ...cluster.members.filter((member) => member !== home)];
  topics = [];
  for (const member of masters) topics.push(await cluster.nameAt(member, 't:'));
}, 60_000);
afterAll(() => cluster.stop());
beforeEach(() => {
  buses = [];
});
afterEach(async () => {
  await Promise.all(buses.map((bus) => bus.stop()));
  await masters[0]!.operator.del(RECORD);
});

const startBus = async (): Promise<RedisBus> => {
  const bus = new RedisBus({ redisUrl: cluster.url(), queueBytes: 100_000_000 });
  buses.push(bus);
  await bus.start();
  await until(() => bus.trouble() === undefined, WITHIN);
  return bus;
};

const hearing = async ({ messages }: RedisBus): Promise<string[][]> => {
  const heard = topics.map((): string[] => []);
  await Promise.all(topics.map((topic, at) => messages.subscribe(topic, (text) => heard[at]!.push(text)).ready));
  return heard;
};

/** The registered connections, and those that there are, as `<id> <addr> <node>`. */
const registered = async (): Promise<string[]> => {
  const fields = await masters[0]!.operator.hkeys(RECORD);
  return fields.filter((field) => field.startsWith('pub:')).map((field) => field.slice('pub:'.length));
};
const connected = async (): Promise<string[]> => {
  const lists = masters.map(async ({ operator, id }) => {
    const list = String(await operator.client('LIST'));
    return [...list.matchAll(/^id=(\d+) addr=(\S+)/gm)].map(([, number, address]) => `${number} ${address} ${id}`);
  });
  return (await Promise.all(lists)).flat();
};

/** So many at each shard who hear everything, and read nothing: Redis has more to do for each message. */
async function audience(size: number): Promise<Socket[]> {
  const at = masters.map(async ({ server, operator }, index) => {
    const sockets = Array.from({ length: size }, () => connect(server.port, '127.0.0.1').pause());
    await Promise.all(sockets.map((socket) => once(socket, 'connect')));
    for (const socket of sockets) socket.write(`SSUBSCRIBE ${topics[index]}\r\n`);
    await until(async () => {
      const counts = (await operator.call('PUBSUB', 'SHARDNUMSUB', topics[index] ?? '')) as unknown[];
      return Number(counts[1]) >= size;
    }, WITHIN);
    return sockets;
  });
  return (await Promise.all(at)).flat();
}

const sayEverywhere = ({ messages }: Pick<Holding, 'messages'>, text: string): void => {
  for (const topic of topics) messages.publish(topic, text);
};

/** How many of the old messages came before the first word of the successor on the same topic, and after it. */
function countsIn(heard: readonly string[]): { before: number; after: number } {
  const first = heard.indexOf(FIRST);
  const isOld = (text: string): boolean => /^\d/.test(text);
  expect(first).toBeGreaterThanOrEqual(0);
  return { before: heard.slice(0, first).filter(isOld).length, after: heard.slice(first).filter(isOld).length };
}

describe('what the holder before has under way on three shards', () => {
  const overrun = async (kills: boolean): Promise<{ before: number[]; after: number[] }> => {
    const many = await audience(30);
    const [old, successor, reader] = [await startBus(), await startBus(), await startBus()];
    const heard = await hearing(reader);
    const oldHolding = await takenOver(old, 'a');
    expect((await registered()).length).toBe(3);
    if (!kills) for (const one of await registered()) await masters[0]!.operator.hdel(RECORD, `pub:${one}`);
    const holding = await claimed(successor, 'b');
    for (let index = 0; index < MESSAGES; index += 1) sayEverywhere(oldHolding, `${index} ${'x'.repeat(100)}`);
    // Redis is as busy as this process, and may take longer than a holder waits.
    const hasEntered = async (): Promise<boolean> => (await holding.enter().catch(() => 'not yet')) === 'entered';
    await until(hasEntered, WITHIN);
    expect(await successor.lease.heardAll(20_000)).toBe(true);
    sayEverywhere(holding, FIRST);
    await until(() => heard.every((texts) => texts.includes(FIRST)), WITHIN);
    if (kills) await until(() => old.trouble() === undefined, WITHIN);
    else await until(() => heard.every((texts) => texts.length > MESSAGES), WITHIN);
    sayEverywhere(holding, LAST);
    await until(() => heard.every((texts) => texts.includes(LAST)), WITHIN);
    const counts = heard.map(countsIn);
    for (const bus of [old, successor, reader]) await bus.stop();
    for (const socket of many) socket.destroy();
    await masters[0]!.operator.del(RECORD);
    return { before: counts.map(({ before }) => before), after: counts.map(({ after }) => after) };
  };

  it('never comes after the first word of the next on any of them, in two runs', { timeout: 120_000 }, async () => {
    let arrived = 0;
    for (let run = 0; run < 2; run += 1) {
      const { before, after } = await overrun(true);
      expect(after).toEqual([0, 0, 0]);
      arrived += before.reduce((sum, count) => sum + count, 0);
    }
    // Otherwise none of it was under way any more.
    expect(arrived).toBeLessThan(2 * topics.length * MESSAGES);
  });

  it('comes after it where his connections are not killed', { timeout: 120_000 }, async () => {
    let late = 0;
    for (let run = 0; run < 5 && late === 0; run += 1) late = Math.max(...(await overrun(false)).after);
    expect(late).toBeGreaterThan(0);
  });
});

it('a take-over ends the connections of the holder before at every shard, and nobody else’s', async () => {
  const [old, successor, edge] = [await startBus(), await startBus(), await startBus()];
  await hearing(edge);
  await takenOver(old, 'a');
  const [theirs, before] = [await registered(), await connected()];
  await takenOver(successor, 'b');
  const after = await connected();
  expect(before.filter((one) => !after.includes(one)).toSorted()).toEqual(theirs.toSorted());
  expect(new Set(theirs.map((one) => one.split(' ')[2])).size).toBe(3);
  expect([successor.trouble(), edge.trouble()]).toEqual([undefined, undefined]);
});

it('a new connection of one shard enters before anything held leaves on it; what goes to others leaves meanwhile', async () => {
  const [holder, far] = [await startBus(), await startBus()];
  const heard = await hearing(far);
  const holding = await takenOver(holder, 'a');
  const [id = '', address = ''] = (await registered()).find((one) => one.endsWith(masters[2]!.id))!.split(' ');
  // Who enters writes at home.
  await masters[0]!.operator.call('CLIENT', 'PAUSE', 500, 'WRITE');
  await masters[2]!.operator.call('CLIENT', 'KILL', 'ID', id, 'ADDR', address);
  await until(() => {
    sayEverywhere(holding, 'held');
    holder.messages.publish(topics[2]!, 'free');
    return heard[2]!.includes('free') && heard[1]!.includes('held');
  }, WITHIN);
  expect(new Set(heard[2])).toEqual(new Set(['free']));
  await masters[0]!.operator.call('CLIENT', 'UNPAUSE');
  await until(() => {
    sayEverywhere(holding, 'held');
    return heard[2]!.includes('held');
  }, WITHIN);
  expect([holding.isOpen, holder.counts.notHeld > 0]).toEqual([true, true]);
});

it('a shard that is away when the lease is taken keeps only what goes there waiting, and is fenced when it is back', async () => {
  const [old, successor, reader] = [await startBus(), await startBus(), await startBus()];
  const heard = await hearing(reader);
  await takenOver(old, 'a');
  const theirs = (await registered()).find((one) => one.endsWith(masters[1]!.id))!;
  await cluster.everywhere((operator) => operator.config('SET', 'cluster-require-full-coverage', 'no'));
  masters[1]!.server.freeze();
  const holding = await claimed(successor, 'b');
  expect(await holding.enter()).toBe('entered');
  sayEverywhere(holding, FIRST);
  await until(() => heard[0]!.includes(FIRST) && heard[2]!.includes(FIRST), WITHIN);
  expect(await registered()).toContain(theirs);
  masters[1]!.server.thaw();
  await until(async () => {
    await holding.renew();
    holding.messages.publish(topics[1]!, FIRST);
    return heard[1]!.includes(FIRST);
  }, WITHIN);
  expect(await connected()).not.toContain(theirs);
  expect(await registered()).not.toContain(theirs);
});

it('one that is left has carried out everything on all shards, and nobody of it is registered any more', async () => {
  const [holder, reader] = [await startBus(), await startBus()];
  const heard = await hearing(reader);
  const holding = await takenOver(holder, 'a');
  for (let index = 0; index < 1_000; index += 1) sayEverywhere(holding, `${index}`);
  expect(await holding.leave('b')).toBe(true);
  expect(await reader.lease.heardAll(5_000)).toBe(true);
  expect(heard.map(({ length }) => length)).toEqual([1_000, 1_000, 1_000]);
  expect(await registered()).toEqual([]);
});
