import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import calculateSlot from 'cluster-key-slot';
import { Redis } from 'ioredis';
import { freePort } from '#libs/drill';
import { type TestRedis, startRedis } from './start-redis.js';
import { until } from './until.js';

const SLOTS = 16_384;
const MASTERS = 3;

/** How soon nodes of the tests take one another for gone, and their replicas for masters. */
const NODE_TIMEOUT_MS = 1_000;

/** What a cluster needs to agree, on a busy machine. */
const AGREED_WITHIN_MS = 30_000;

export interface ClusterMember {
  server: TestRedis;
  /** Where it speaks TLS, if it does. */
  tlsPort: number;
  id: string;
  operator: Redis;
}

/** A Redis Cluster of three masters of a test's own, on the loopback address, where each may have a replica. */
export class RedisCluster {
  private constructor(
    private readonly folder: string,
    readonly members: readonly ClusterMember[],
  ) {}

  /**
   * Resolves when all of them know one another and every slot is served.
   *
   * @param tls what they speak TLS with, among themselves and beside the other port; of the host `localhost`.
   */
  static async start(replicas: 0 | 1 = 0, tls?: KeyPair): Promise<RedisCluster> {
    const folder = await mkdtemp(join(tmpdir(), 'cluster-'));
    const count = MASTERS * (1 + replicas);
    const options = tls ? await tlsOptions(folder, tls) : {};
    const members = await Promise.all(Array.from({ length: count }, () => startMember(folder, options)));
    const cluster = new RedisCluster(folder, members);
    await cluster.meet();
    return cluster;
  }

  /** As `HOLDFAST_REDIS_URL` has it. @param credentials `user:password@`. */
  url(credentials = ''): string {
    return `redis-cluster://${credentials}${this.members.map(({ server }) => `127.0.0.1:${server.port}`).join()}`;
  }

  /** The same over TLS. */
  tlsUrl(): string {
    return `rediss-cluster://${this.members.map(({ tlsPort }) => `localhost:${tlsPort}`).join()}`;
  }

  /** The master that has the slot of a channel or a key, as the cluster sees it. */
  async masterOf(channel: string): Promise<ClusterMember> {
    const slot = calculateSlot(channel);
    const found = await this.look((ranges) => ranges.find(({ from, to }) => from <= slot && slot <= to)?.id);
    return this.member(found);
  }

  /** The masters that have slots. */
  async masters(): Promise<ClusterMember[]> {
    const ids = await this.look((ranges) => ranges.map(({ id }) => id));
    return [...new Set(ids)].map((id) => this.member(id));
  }

  /** A text with a hash tag whose slot a master has, and that is asked for first of those that begin so. */
  async nameAt(member: ClusterMember, front: string): Promise<string> {
    for (let number = 0; ; number += 1) {
      const name = `${front}{${number}}`;
      if ((await this.masterOf(name)) === member) return name;
    }
  }

  /** Moves the slot of a channel to another master, as `redis-cli --cluster reshard` does with one that has no keys. */
  async move(channel: string, to: ClusterMember): Promise<void> {
    const slot = calculateSlot(channel);
    const from = await this.masterOf(channel);
    await to.operator.cluster('SETSLOT', slot, 'IMPORTING', from.id);
    await from.operator.cluster('SETSLOT', slot, 'MIGRATING', to.id);
    const keys = await from.operator.cluster('GETKEYSINSLOT', slot, 1_000);
    if (keys.length > 0)
      await from.operator.call('MIGRATE', '127.0.0.1', to.server.port, '', 0, 5_000, 'KEYS', ...keys);
    for (const { operator } of [to, from]) await operator.cluster('SETSLOT', slot, 'NODE', to.id);
    const isThere = async (): Promise<boolean> => (await this.masterOf(channel)) === to;
    await until(isThere, { deadlineMs: AGREED_WITHIN_MS, what: 'the slot has moved' });
  }

  /** Every server does this. */
  async everywhere(act: (operator: Redis) => Promise<unknown>): Promise<void> {
    await Promise.all(this.members.map(({ operator }) => act(operator)));
  }

  /** Resolves when every slot is served again. */
  async isWhole(): Promise<void> {
    await until(
      async () => {
        const running = this.members.filter(({ operator }) => operator.status === 'ready');
        const infos = await Promise.all(running.map(({ operator }) => operator.cluster('INFO')));
        return infos.length > 0 && infos.every((info) => info.includes('cluster_state:ok'));
      },
      { deadlineMs: AGREED_WITHIN_MS, what: 'the cluster is whole' },
    );
  }

  async stop(): Promise<void> {
    for (const { operator, server } of this.members) {
      operator.disconnect();
      server.thaw();
    }
    await Promise.all(this.members.map(({ server }) => server.stop()));
    await rm(this.folder, { recursive: true, force: true });
  }

  private member(id: string | undefined): ClusterMember {
    const found = this.members.find((one) => one.id === id);
    if (!found) throw new Error(`No server of ours is ${id}`);
    return found;
  }

  /** Asks the first server that answers. */
  private async look<T>(read: (ranges: { from: number; to: number; id: string | undefined }[]) => T): Promise<T> {
    for (const { operator } of this.members) {
      if (operator.status !== 'ready') continue;
      const answer = await operator.cluster('SLOTS').catch(() => undefined);
      if (!answer) continue;
      return read(answer.map(([from, to, master]) => ({ from, to, id: master?.[2] })));
    }
    throw new Error('No server of the cluster answers');
  }

  private async meet(): Promise<void> {
    const [first, ...others] = this.members;
    const masters = this.members.slice(0, MASTERS);
    for (const [index, { operator }] of masters.entries()) {
      const [from, to] = [index, index + 1].map((part) => Math.floor((part * SLOTS) / MASTERS)) as [number, number];
      await operator.call('CLUSTER', 'SET-CONFIG-EPOCH', index + 1);
      await operator.call('CLUSTER', 'ADDSLOTSRANGE', from, to - 1);
    }
    for (const { server, busPort } of others as StartedMember[])
      await first?.operator.call('CLUSTER', 'MEET', '127.0.0.1', server.port, busPort);
    const count = this.members.length;
    const knowAll = async (): Promise<boolean> => {
      const known = this.members.map(async ({ operator }) =>
        String(await operator.cluster('NODES'))
          .trim()
          .split('\n'),
      );
      return (await Promise.all(known)).every(
        (lines) => lines.length === count && !lines.some((line) => line.includes('handshake')),
      );
    };
    await until(knowAll, { deadlineMs: AGREED_WITHIN_MS, what: 'all know one another' });
    for (const [index, { operator }] of this.members.slice(MASTERS).entries())
      await operator.cluster('REPLICATE', masters[index]?.id ?? '');
    const areReady = async (): Promise<boolean> => {
      const infos = this.members.slice(MASTERS).map(({ operator }) => operator.info('replication'));
      return (await Promise.all(infos)).every((info) => info.includes('master_link_status:up'));
    };
    await until(areReady, { deadlineMs: AGREED_WITHIN_MS, what: 'the replicas have copies' });
    await this.isWhole();
  }
}

interface StartedMember extends ClusterMember {
  busPort: number;
}

interface KeyPair {
  key: Buffer;
  cert: Buffer;
}

async function tlsOptions(folder: string, { key, cert }: KeyPair): Promise<Record<string, string>> {
  const [keyFile, certFile] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  await Promise.all([writeFile(keyFile, key), writeFile(certFile, cert)]);
  return {
    'tls-cluster': 'yes',
    'tls-auth-clients': 'no',
    'tls-key-file': keyFile,
    'tls-cert-file': certFile,
    'tls-ca-cert-file': certFile,
    'cluster-announce-hostname': 'localhost',
  };
}

/** @param tls options of one that speaks TLS; else there are none. */
async function startMember(folder: string, tls: Record<string, string>): Promise<StartedMember> {
  const busPort = await freePort();
  const tlsPort = Object.keys(tls).length > 0 ? await freePort() : 0;
  const options = {
    ...tls,
    'tls-port': `${tlsPort}`,
    'cluster-enabled': 'yes',
    'cluster-config-file': join(folder, `${busPort}.conf`),
    'cluster-port': `${busPort}`,
    'cluster-node-timeout': `${NODE_TIMEOUT_MS}`,
    'cluster-replica-validity-factor': '0',
    'repl-diskless-sync-delay': '0',
  };
  const server = await startRedis(Object.entries(options).flatMap(([name, value]) => [`--${name}`, value]));
  const operator = new Redis(server.url, { retryStrategy: () => 50, commandTimeout: 1_000 });
  operator.on('error', () => undefined);
  const id = await operator.cluster('MYID');
  return { server, busPort, tlsPort, operator, id };
}
