import { type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { freePort } from '#libs/drill';
import { type TestRedis, findRedis, runRedis, startRedis } from './start-redis.js';
import { until } from './until.js';

const NAME = 'mymaster';

/** Two of three sentinels must agree that a master is away; then they have half a second to make up their minds. */
const QUORUM = 2;

interface Sentinel {
  port: number;
  process: ChildProcess;
}

/** A master and a replica of a test's own, watched by three sentinels. */
export class WatchedRedis {
  private constructor(
    readonly servers: readonly [TestRedis, TestRedis],
    private readonly sentinels: readonly Sentinel[],
    private readonly folder: string,
    private readonly asked: Redis,
  ) {}

  /**
   * Resolves when the sentinels know each other and the replica, so that they can act.
   * @param password what the sentinels ask for.
   */
  static async start(password?: string): Promise<WatchedRedis> {
    const master = await startRedis(['--repl-diskless-sync-delay', '0']);
    const replica = await startRedis(['--replicaof', `127.0.0.1 ${master.port}`]);
    // Sentinels look for replicas when they begin, and then every ten seconds.
    await copies(master);
    const folder = await mkdtemp(join(tmpdir(), 'sentinels-'));
    const sentinels = await Promise.all([1, 2, 3].map(() => startSentinel(folder, master.port, password)));
    const asked = new Redis({ host: '127.0.0.1', port: sentinels[0]?.port ?? 0, ...(password && { password }) });
    asked.on('error', () => undefined);
    const watched = new WatchedRedis([master, replica], sentinels, folder, asked);
    await until(async () => isReady(await watched.known()), { deadlineMs: 20_000, what: 'the sentinels know all' });
    return watched;
  }

  get sentinelPorts(): number[] {
    return this.sentinels.map(({ port }) => port);
  }

  /** As `HOLDFAST_REDIS_URL` has it. @param credentials `user:password@`. */
  url(credentials = ''): string {
    return `redis-sentinel://${credentials}${this.sentinelPorts.map((port) => `127.0.0.1:${port}`).join()}/${NAME}`;
  }

  /** The server that the sentinels take for the master. */
  async master(): Promise<TestRedis> {
    const { port } = await this.known();
    const server = this.servers.find((one) => one.port === Number(port));
    if (!server) throw new Error(`The sentinels name a server that is not ours: ${port}`);
    return server;
  }

  /** Ends all sentinels, as a crash would; they do not come back. */
  async endSentinels(): Promise<void> {
    await Promise.all(this.sentinels.map(({ process }) => end(process)));
  }

  /** Tells the sentinels to make the replica the master, as an operator does. */
  async handOver(): Promise<void> {
    await this.asked.call('SENTINEL', 'FAILOVER', NAME);
  }

  /** Resolves when the sentinels could make the other server the master: it copies what the master has. */
  async hasReplica(): Promise<void> {
    const areWell = async (): Promise<boolean> => {
      const all = (await this.asked.call('SENTINEL', 'REPLICAS', NAME)) as string[][];
      return all.some((one) => one[one.indexOf('flags') + 1] === 'slave' && one.includes('ok'));
    };
    await until(areWell, { deadlineMs: 20_000, what: 'a replica that copies' });
  }

  /** Resolves when another server than this one is the master. */
  async left(old: TestRedis): Promise<void> {
    await until(async () => (await this.master()) !== old, { deadlineMs: 20_000, what: 'another master' });
  }

  async stop(): Promise<void> {
    this.asked.disconnect();
    await this.endSentinels();
    for (const server of this.servers) server.thaw();
    await Promise.all(this.servers.map((server) => server.stop()));
    await rm(this.folder, { recursive: true, force: true });
  }

  /** What the first sentinel knows of the master. */
  private async known(): Promise<Record<string, string>> {
    const answer = (await this.asked.call('SENTINEL', 'MASTER', NAME)) as string[];
    const pairs = answer.flatMap((key, at) => (at % 2 === 0 ? [[key, answer[at + 1] ?? ''] as const] : []));
    return Object.fromEntries(pairs);
  }
}

/** Resolves when a replica copies what this server has. */
async function copies(master: TestRedis): Promise<void> {
  const redis = new Redis(master.url);
  await until(async () => (await redis.info('replication')).includes('state=online'), {
    deadlineMs: 20_000,
    what: 'a replica',
  });
  redis.disconnect();
}

const isReady = (known: Record<string, string>): boolean =>
  known['num-other-sentinels'] === '2' && known['num-slaves'] === '1';

/** @param folder where it keeps its configuration, which it writes itself. */
async function startSentinel(folder: string, masterPort: number, password?: string): Promise<Sentinel> {
  const port = await freePort();
  const file = join(folder, `${port}.conf`);
  const asks = password === undefined ? [] : ['--requirepass', password];
  const lines = [
    `monitor ${NAME} 127.0.0.1 ${masterPort} ${QUORUM}`,
    `down-after-milliseconds ${NAME} 500`,
    `failover-timeout ${NAME} 3000`,
    // Sentinels that ask for a password ask each other as well.
    ...(password === undefined ? [] : [`sentinel-pass ${password}`]),
  ];
  await writeFile(file, lines.map((line) => `sentinel ${line}\n`).join(''));
  return { port, process: await runRedis(findRedis(), port, [file, '--sentinel', ...asks]) };
}

async function end(process: ChildProcess): Promise<void> {
  if (process.exitCode !== null || process.signalCode !== null) return;
  const gone = once(process, 'exit');
  process.kill('SIGKILL');
  await gone;
}
