import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { RedisCluster } from '../../../../../test/support/redis-cluster.js';
import { selfSigned } from '../../../../../test/support/self-signed.js';
import { until } from '../../../../../test/support/until.js';
import { takenOver } from '../lease/lease.rig.js';
import { RedisBus } from '../redis-bus.js';

const WITHIN = { deadlineMs: 30_000 };

const trusted = getCACertificates('default');
let cluster: RedisCluster;
let buses: RedisBus[];
beforeAll(async () => {
  const tls = selfSigned();
  setDefaultCACertificates([...trusted, tls.cert.toString()]);
  cluster = await RedisCluster.start(0, tls);
  buses = [1, 2].map(() => new RedisBus({ redisUrl: cluster.tlsUrl(), queueBytes: 1_000_000 }));
  await Promise.all(buses.map((bus) => bus.start()));
}, 60_000);
afterAll(async () => {
  await Promise.all(buses.map((bus) => bus.stop()));
  await cluster.stop();
  setDefaultCACertificates(trusted);
});

const announceBy = (type: 'ip' | 'hostname'): Promise<void> =>
  cluster.everywhere((operator) => operator.config('SET', 'cluster-preferred-endpoint-type', type));

it('nodes that the cluster names by an address for which they have no certificate are not spoken to, and that is said', async () => {
  await until(() => buses.every((bus) => bus.trouble()?.includes("IP: 127.0.0.1 is not in the cert's list")), WITHIN);
  expect(buses.map(({ messages }) => messages.state)).toEqual(['down', 'down']);
});

it('named by the host of their certificate they carry messages, questions and the lease over TLS, on every shard', async () => {
  await announceBy('hostname');
  const [one, other] = buses as [RedisBus, RedisBus];
  await until(() => buses.every((bus) => bus.trouble() === undefined), WITHIN);
  const topics = await Promise.all(cluster.members.map((member) => cluster.nameAt(member, 't:')));
  const heard: string[] = [];
  await Promise.all(topics.map((topic) => other.messages.subscribe(topic, (text) => heard.push(text)).ready));
  const old = await takenOver(one, 'a');
  for (const topic of topics) old.messages.publish(topic, `a ${topic}`);
  await until(() => heard.length === topics.length);
  await other.ask.answer('q', (question) => question).ready;
  expect(await new Promise((resolve) => void one.ask.ask('q', 'asked', 5_000, resolve))).toBe('asked');
  // Connections at each shard are ended, and the new ones speak for the next holder.
  const next = await takenOver(other, 'b');
  const isLost = (): Promise<boolean> =>
    old.renew().then(
      (is) => is === 'lost',
      () => false,
    );
  await until(isLost, WITHIN);
  expect(await next.renew()).toBe('held');
  const ofTls = cluster.members.map(({ operator }) => operator.client('LIST'));
  const ports = String(await Promise.all(ofTls)).match(/laddr=127\.0\.0\.1:\d+(?=.* name=holdfast-)/g);
  expect(new Set(ports)).toEqual(new Set(cluster.members.map(({ tlsPort }) => `laddr=127.0.0.1:${tlsPort}`)));
});
