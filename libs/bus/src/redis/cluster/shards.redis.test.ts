import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Log } from '#libs/runtime';
import { type ClusterMember, RedisCluster } from '../../../../../test/support/redis-cluster.js';
import { startRedis } from '../../../../../test/support/start-redis.js';
import { until } from '../../../../../test/support/until.js';
import { LEASE, takenOver } from '../lease/lease.rig.js';
import { RedisBus } from '../redis-bus.js';

/** What a cluster of the tests needs to agree on another master, on a busy machine. */
const WITHIN = { deadlineMs: 30_000 };

/** Where records are, and what processes tell and ask one another. */
const HOME = '{holdfast}';

const lines: { code: string; redis?: string }[] = [];
const note = (line: { code: string }): void => void lines.push(line);
const log: Log = { debug: note, info: note, warn: note, error: note };

let cluster: RedisCluster;
let buses: RedisBus[];
beforeEach(() => {
  buses = [];
  lines.length = 0;
});
afterEach(() => Promise.all(buses.map((bus) => bus.stop())));

const startBus = async (): Promise<RedisBus> => {
  const bus = new RedisBus({ redisUrl: cluster.url(), queueBytes: 1_000_000 }, { log });
  buses.push(bus);
  await bus.start();
  return bus;
};

/** What a process hears on a topic, and what it is told of not hearing. */
class Ear {
  readonly heard: string[] = [];
  readonly told: (string | undefined)[] = [];
  readonly ready: Promise<void>;

  constructor({ messages }: RedisBus, topic: string) {
    const subscription = messages.subscribe(topic, (text) => this.heard.push(text));
    subscription.onRefused((why) => this.told.push(why));
    this.ready = subscription.ready;
  }

  /** Whether it has been told that it is deaf, and after that that it hears again. */
  get isBack(): boolean {
    return this.told.length > 0 && this.told.at(-1) === undefined;
  }
}

/** A topic at each of the masters: at home, and at two others. */
async function topicsOf(): Promise<{ home: ClusterMember; others: ClusterMember[]; topics: string[] }> {
  const home = await cluster.masterOf(HOME);
  const masters = new Set([home]);
  const topics = [await cluster.nameAt(home, 's:')];
  for (let number = 0; topics.length < 3; number += 1) {
    const master = await cluster.masterOf(`o:{${number}}`);
    if (masters.has(master)) continue;
    masters.add(master);
    topics.push(`o:{${number}}`);
  }
  return { home, others: [...masters].slice(1), topics };
}

/** Two processes; what the one publishes on topics of all shards, the other hears. */
async function twoBuses() {
  const [one, other] = [await startBus(), await startBus()];
  const at = await topicsOf();
  const ears = at.topics.map((topic) => new Ear(other, topic));
  await Promise.all(ears.map(({ ready }) => ready));
  await until(() => buses.every(({ messages }) => messages.state === 'up'), WITHIN);
  const say = (text: string): void => {
    for (const topic of at.topics) one.messages.publish(topic, text);
  };
  /** Resolves when what is said from now on is heard on these. */
  const areHeard = (text: string, some: readonly Ear[]): Promise<unknown> =>
    until(() => {
      say(text);
      return some.every(({ heard }) => heard.includes(text));
    }, WITHIN);
  await areHeard('before', ears);
  const states: string[] = [];
  other.messages.onState((state) => states.push(state));
  return { ...at, one, other, ears, say, areHeard, states };
}

describe('over three masters without replicas', () => {
  beforeAll(async () => {
    cluster = await RedisCluster.start();
  }, 60_000);
  afterAll(() => cluster.stop());

  it('each topic with a hash tag is on the shard of its slot, in order; everything else is on one shard', async () => {
    const [one, other] = [await startBus(), await startBus()];
    const topics = Array.from({ length: 60 }, (_, index) => `holdfast:spot:{s${index}@trade}`);
    const ears = topics.map((topic) => new Ear(other, topic));
    await Promise.all(ears.map(({ ready }) => ready));
    const sent = Array.from({ length: 50 }, (_, index) => `${index}`);
    for (const text of sent) for (const topic of topics) one.messages.publish(topic, text);
    await until(() => ears.every(({ heard }) => heard.length === sent.length));
    for (const { heard } of ears) expect(heard).toEqual(sent);
    await one.marks.write('holdfast:spot:marks', new Map([['a', 'mark']]));
    await one.budget.take('holdfast:spot:{attempts}', 5, 60_000);
    await one.terms.next('holdfast:spot:epoch');
    const home = await cluster.masterOf(HOME);
    for (const { server, operator, id } of cluster.members) {
      const channels = (await operator.call('PUBSUB', 'SHARDCHANNELS')) as string[];
      const streams = channels.filter((channel) => channel.startsWith('holdfast:spot:'));
      expect([server.port, streams.length > 5]).toEqual([server.port, true]);
      const others = channels.filter((channel) => channel.startsWith('{holdfast}holdfast:reply:'));
      expect([others.length, await operator.dbsize()]).toEqual(id === home.id ? [2, 4] : [0, 0]);
    }
  });

  it('those on a shard that is killed are told, and hear again when it is back; the others know nothing of it', async () => {
    const { others, ears, areHeard, states, other } = await twoBuses();
    const [atHome, away, beside] = ears as [Ear, Ear, Ear];
    await others[0]!.server.kill();
    await until(() => away.told.length > 0);
    await areHeard('meanwhile', [atHome, beside]);
    expect([away.heard.includes('meanwhile'), other.messages.state]).toEqual([false, 'up']);
    expect(other.trouble()).toMatch(
      new RegExp(`^Redis at 127.0.0.1:${others[0]!.server.port} does not carry messages`),
    );
    await others[0]!.server.restart();
    await until(() => away.isBack, WITHIN);
    await areHeard('after', ears);
    expect([atHome.told, beside.told, states]).toEqual([[], [], []]);
    expect(other.trouble()).toBeUndefined();
  });

  it('those on other shards go on while home is killed, which all hear of that the bus is down', async () => {
    const { home, ears, areHeard, states, other, one } = await twoBuses();
    const [atHome, ...away] = ears as [Ear, Ear, Ear];
    const term = await one.terms.next('epoch');
    await home.server.kill();
    await until(() => states.includes('down'));
    await areHeard('meanwhile', away);
    expect(atHome.heard).not.toContain('meanwhile');
    await home.server.restart();
    await until(() => other.messages.state === 'up', WITHIN);
    await areHeard('after', ears);
    // Who is told that the bus is down is not told that for each of his topics as well.
    const all = [states, ...ears.map(({ told }) => told)];
    expect(all, JSON.stringify(lines)).toEqual([['down', 'up'], [], [], []]);
    expect(await other.terms.next('epoch')).toBeGreaterThan(term);
  });

  it('a slot that moves takes its topic along, which is deaf for a moment and says so', async () => {
    const { others, topics, ears, areHeard, states } = await twoBuses();
    const [from, to] = others as [ClusterMember, ClusterMember];
    await cluster.move(topics[1]!, to);
    await until(() => ears[1]!.isBack, WITHIN);
    await areHeard('after', ears);
    expect([ears[0]!.told, states]).toEqual([[], []]);
    expect(await from.operator.call('PUBSUB', 'SHARDNUMSUB', topics[1]!)).toEqual([topics[1], 0]);
    await cluster.move(topics[1]!, from);
    await until(() => ears[1]!.told.filter((why) => why === undefined).length > 1, WITHIN);
    await areHeard('back', ears);
  });

  it('home that moves takes the records and all asking along', async () => {
    const { home, others, one, other, ears, areHeard, states } = await twoBuses();
    const term = await one.terms.next('epoch');
    await other.ask.answer('q', (question) => question).ready;
    const ofAsker: string[] = [];
    one.messages.onState((state) => ofAsker.push(state));
    await cluster.move(HOME, others[0]!);
    await until(() => states.includes('down') && ofAsker.includes('down'), WITHIN);
    await until(() => buses.every(({ messages }) => messages.state === 'up'), WITHIN);
    // Whoever is told that it is up is heard there, and is told so once.
    const answer = await new Promise((resolve) => void one.ask.ask('q', 'asked', 5_000, resolve));
    expect([answer, states, ofAsker]).toEqual(['asked', ['down', 'up'], ['down', 'up']]);
    expect(await other.terms.next('epoch')).toBeGreaterThan(term);
    await areHeard('after', ears);
    expect(await others[0]!.operator.exists('{holdfast}epoch')).toBe(1);
    await cluster.move(HOME, home);
    await until(() => states.length === 4 && other.messages.state === 'up', WITHIN);
  });

  it('nodes that hang or are gone when a process starts hide nothing', async () => {
    const { home, others } = await topicsOf();
    others[0]!.server.freeze();
    const hosts = [1, others[0]!.server.port, home.server.port].map((port) => `127.0.0.1:${port}`);
    const bus = new RedisBus({ redisUrl: `redis-cluster://${hosts.join()}`, queueBytes: 1_000_000 });
    buses.push(bus);
    await bus.start();
    await until(() => bus.messages.state === 'up', WITHIN);
    // The other shards may need a moment more.
    const hangs = `127.0.0.1:${others[0]!.server.port} does not carry messages`;
    await until(() => bus.trouble()?.includes(hangs) ?? false, WITHIN);
    others[0]!.server.thaw();
    await until(() => bus.trouble() === undefined, WITHIN);
    expect(bus.messages.state).toBe('up');
  });

  it('a cluster that nobody knows, or that is none, is said in the words of who was asked', async () => {
    const single = await startRedis();
    const urls = [1, single.port].map((port) => `redis-cluster://127.0.0.1:${port}`);
    for (const redisUrl of urls) buses.push(new RedisBus({ redisUrl, queueBytes: 1_000_000 }));
    await Promise.all(buses.map((bus) => bus.start()));
    expect(buses.map((bus) => bus.trouble())).toEqual([
      expect.stringMatching(/^Redis at the cluster of 127.0.0.1:1: .*ECONNREFUSED/),
      expect.stringMatching(/cluster support disabled/),
    ]);
    await single.stop();
  });
});

describe('over three masters with a replica each', () => {
  beforeAll(async () => {
    cluster = await RedisCluster.start(1);
  }, 60_000);
  afterAll(() => cluster.stop());

  it('who takes a lease ends what is registered at a node that has no slots, too; one that is unknown keeps nobody waiting', async () => {
    const bus = await startBus();
    await until(() => bus.trouble() === undefined, WITHIN);
    const masters = await cluster.masters();
    const replica = cluster.members.find((member) => !masters.includes(member))!;
    // As a master leaves it behind that was replaced: it still carries what comes to its shard.
    const rival = new Redis(replica.server.url, { retryStrategy: () => null });
    const id = await rival.client('ID');
    const { localPort } = rival.stream;
    const theirs = `pub:${id} 127.0.0.1:${localPort} ${replica.id}`;
    const record = { owner: 'before', term: '1', beat: '1', [theirs]: replica.id, 'pub:1 127.0.0.1:1 gone': 'gone' };
    await (await cluster.masterOf(HOME)).operator.hset(`{holdfast}${LEASE}`, record);
    const holding = await takenOver(bus, 'next');
    // Masters say of a replica only once it has copied something from them, and it enters again with every new connection.
    for (const master of masters) await master.operator.set(await cluster.nameAt(master, 'x'), 'written');
    await until(async () => {
      expect(await holding.enter()).toBe('entered');
      return rival.status === 'end';
    }, WITHIN);
  });

  it('all goes on at the replica of one that is killed, and of home that hangs; who holds a lease holds it there', async () => {
    const { home, others, ears, areHeard, one, other, states, topics } = await twoBuses();
    const holding = await takenOver(one, 'a');
    const lease = await one.lease.look(LEASE);
    const isHeld = async (): Promise<boolean> => (await holding.renew().catch(() => 'not yet')) === 'held';
    const heldIsHeard = async (text: string): Promise<unknown> =>
      until(async () => {
        for (const topic of topics) holding.messages.publish(topic, text);
        return (await isHeld()) && ears.every(({ heard }) => heard.includes(text));
      }, WITHIN);
    await others[0]!.server.kill();
    await until(() => ears[1]!.isBack, WITHIN);
    await areHeard('elsewhere', ears);
    await heldIsHeard('held elsewhere');
    expect(await cluster.masterOf(topics[1]!)).not.toBe(others[0]);
    expect([ears[0]!.told, ears[2]!.told, states]).toEqual([[], [], []]);
    const term = await one.terms.next('epoch');
    home.server.freeze();
    await until(() => states.includes('down'), WITHIN);
    await until(() => buses.every(({ messages }) => messages.state === 'up'), WITHIN);
    await areHeard('without home', ears);
    await heldIsHeard('held without home');
    expect(await other.lease.look(LEASE)).toMatchObject({ owner: 'a', term: lease?.term });
    expect(await other.terms.next('epoch')).toBeGreaterThan(term);
    expect([ears[2]!.told, states]).toEqual([[], ['down', 'up']]);
    home.server.thaw();
  });
});
