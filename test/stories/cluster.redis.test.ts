import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { spot } from '#libs/binance';
import { type Stage, faultsOf, sum } from '#libs/drill';
import { everyStreamFlows } from '../support/every-stream-flows.js';
import { type ClusterMember, RedisCluster } from '../support/redis-cluster.js';
import { runProgram } from '../support/run-program.js';
import { stageOverRedis } from '../support/stage-over-redis.js';
import { until } from '../support/until.js';

describe('clients of an edge whose upstream is on the other side of a cluster', () => {
  let cluster: RedisCluster;
  let stage: Stage;
  const streams = new Set<string>();

  beforeAll(async () => {
    cluster = await RedisCluster.start(1);
    const url = cluster.url();
    stage = await stageOverRedis({ upstream: url, edge: url });
    await stage.start();
    for (const { stream } of stage.crew.summary().streams) streams.add(stream);
  }, 60_000);
  afterAll(async () => {
    await stage.stop();
    await cluster.stop();
  });

  it('are not the only ones: whoever does what PROTOCOL.md shows reads a cluster by hand', async () => {
    const lines = readFileSync('PROTOCOL.md', 'utf8').split('\n');
    const shown = lines.flatMap((line) => /^redis-cli -c (.*?)(?=\s+#|$)/.exec(line)?.[1] ?? []);
    const [port = 0] = (await cluster.masters()).map(({ server }) => server.port);
    const type = (command: string): ReturnType<typeof runProgram> =>
      runProgram('/bin/sh', ['-c', `exec redis-cli -c -p ${port} ${command}`]);
    const subscribers = shown.slice(0, 2).map(type);
    await until(() => subscribers.every(({ said }) => said.includes('ssubscribe')));
    await until(async () => {
      for (const command of shown.slice(2)) await type(command).ended;
      return (
        subscribers[0]?.said.includes('{"type":"trade"') && subscribers[1]?.said.includes('"answer":{"welcomes":[{')
      );
    });
    expect(shown).toHaveLength(4);
  });

  const channelOf = (stream: string): string => spot.channels.stream(stream);
  const home = (): Promise<ClusterMember> => cluster.masterOf('{holdfast}');
  /** A master that has some of the streams, and not what processes tell and ask one another. */
  const another = async (): Promise<ClusterMember> => {
    const all = await Promise.all([...streams].map((stream) => cluster.masterOf(channelOf(stream))));
    const atHome = await home();
    return all.find((member) => member !== atHome)!;
  };
  /** Resolves when its replica has taken its place. */
  const replaced = async (old: ClusterMember): Promise<void> => {
    await until(async () => !(await cluster.masters()).includes(old), { deadlineMs: 30_000 });
  };
  /** What clients have to complain of once all flows again, and how many ids they miss. */
  const complaints = async (): Promise<unknown> => {
    await everyStreamFlows(stage);
    const summary = stage.crew.summary();
    return [faultsOf(summary), sum(summary.streams, 'missing')];
  };
  const messagesOf = (names: readonly string[]): number[] =>
    stage.crew.summary().streams.flatMap(({ stream, messages }) => (names.includes(stream) ? [messages] : []));

  it(
    'miss nothing when a master with streams is killed: these are stale, and others flow',
    { timeout: 60_000 },
    async () => {
      const old = await another();
      const owners = await Promise.all([...streams].map((stream) => cluster.masterOf(channelOf(stream))));
      const theirs = [...streams].filter((_, at) => owners[at] === old);
      const others = [...streams].filter((_, at) => owners[at] !== old);
      await old.server.kill();
      await until(() => stage.troubled().length > 0);
      const before = messagesOf(others);
      await until(() => messagesOf(others).every((count, at) => count > (before[at] ?? 0)));
      const told = stage.troubled().map(({ stream, state, cause }) => `${stream} ${state} ${cause}`);
      expect(new Set(told)).toEqual(new Set(theirs.map((stream) => `${stream} stale bus-lost`)));
      await replaced(old);
      expect(await complaints()).toEqual([[], 0]);
    },
  );

  it('miss nothing when the master through which all is asked hangs', { timeout: 60_000 }, async () => {
    const old = await home();
    old.server.freeze();
    await replaced(old);
    expect(await complaints()).toEqual([[], 0]);
  });

  it('miss nothing when slots of streams move', { timeout: 60_000 }, async () => {
    for (const stream of [...streams].slice(0, 4)) {
      const from = await cluster.masterOf(channelOf(stream));
      const to = (await cluster.masters()).find((member) => member !== from);
      await cluster.move(channelOf(stream), to!);
    }
    expect(await complaints()).toEqual([[], 0]);
  });
});
