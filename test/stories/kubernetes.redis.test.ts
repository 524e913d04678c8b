import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { HURRIED_LIMITS, NativeWatcher } from '#libs/drill';
import { systemClock as clock } from '#libs/runtime';
import { Simulator } from '#libs/simulator';
import { kubectlIs, render } from '../deploy/manifests.js';
import { assertBuilt } from '../support/built.js';
import { Cluster } from '../support/cluster/cluster.js';
import { workloadOf } from '../support/cluster/workload.js';
import { faultsByStream } from '../support/faults-by-stream.js';
import { CHECKED } from '../support/no-gaps-stage.js';
import { startRedis } from '../support/start-redis.js';
import { until } from '../support/until.js';

beforeAll(assertBuilt);

/** What `k8s/overlays/production` describes, played with processes of this machine: its programs, settings, probes, strategies and numbers. */
describe.skipIf(kubectlIs() === 'does not render')('k8s/overlays/production (needs kubectl 1.22 or newer)', () => {
  it(
    'rolls, loses a node and is scaled down: clients of the library miss nothing, and none is disconnected but those of the lost node',
    { timeout: 180_000 },
    async ({ annotate }) => {
      const redis = await startRedis();
      onTestFinished(() => redis.stop());
      const simulator = await Simulator.start({ clock, symbols: 2, pace: 2, limits: HURRIED_LIMITS });
      onTestFinished(() => simulator.stop());
      const cluster = await Cluster.start(workloadsOfProduction(), {
        HOLDFAST_REDIS_URL: redis.url,
        HOLDFAST_UPSTREAM_WS_URL: simulator.wsUrl,
        HOLDFAST_UPSTREAM_REST_URL: simulator.restUrl,
      });
      onTestFinished(() => cluster.stop());
      const clients = new Clients(simulator, cluster.url);
      onTestFinished(() => clients.stop());
      await clients.come(6);
      const began = clock.now();
      const lap = (what: string): Promise<unknown> => annotate(`${what} after ${Math.round(clock.now() - began)} ms`);

      await cluster.roll();
      await clients.flow();
      expect([...clients.faults(), ...cluster.troubles]).toEqual([]);
      expect(clients.disconnects, clients.lost()).toBe(0);
      // Nobody was ever fewer than the strategies allow.
      expect(Object.fromEntries(cluster.fewest)).toEqual({ upstream: 2, edge: 3 });
      await lap('rolled');

      // One at least for each edge, wherever the others have gone.
      await clients.come(3);
      const { node, connections } = await cluster.whereTheLeaderIs();
      expect(connections).toBeGreaterThan(0);
      // The upstream falls silent. The library's own tests tell how it finds out about an edge that does; it takes half a minute.
      await cluster.lose(node, ['upstream']);
      await clients.flow();
      expect(clients.disconnects, clients.lost()).toBe(connections);
      await lap(`lost the node of the leader and of ${connections} clients`);

      await cluster.scale('edge', 2);
      await clients.flow();
      expect(clients.disconnects, clients.lost()).toBe(connections);
      expect([...clients.faults(), ...cluster.troubles]).toEqual([]);
      await lap('scaled down');
      // Who is frozen answers no pings.
      expect(simulator.violations.filter(({ rule }) => rule !== 'pong-timeout')).toEqual([]);

      // Without Redis and Binance nobody is restarted, and clients still have a Service.
      await Promise.all([redis.kill(), simulator.stop()]);
      await until(async () => !(await cluster.passes('readiness'))['upstream']?.includes(true), { deadlineMs: 20_000 });
      expect(await cluster.passes('readiness')).toEqual({ upstream: [false, false], edge: [true, true] });
      expect(await cluster.passes('liveness')).toEqual({ upstream: [true, true], edge: [true, true] });
    },
  );
});

const isDisconnect = (fault: string): boolean => fault.includes('was disconnected');

/** Clients of the library that hold everything against what was true. */
class Clients {
  private readonly watchers: NativeWatcher[] = [];

  constructor(
    private readonly simulator: Simulator,
    private readonly url: string,
  ) {}

  get disconnects(): number {
    return this.watchers.reduce((sum, { ledger }) => sum + ledger.disconnects, 0);
  }

  /** Who was disconnected, and how. */
  lost(): string {
    return this.watchers.flatMap(faultsByStream).filter(isDisconnect).join(', ');
  }

  async come(count: number): Promise<void> {
    const { instruments } = this.simulator.market;
    const more = Array.from({ length: count }, (_, index) => {
      const symbol = instruments[index % instruments.length]?.spec.symbol.toLowerCase();
      const streams = (CHECKED[0] ?? []).map((kind) => `${symbol}@${kind}`);
      const name = `client ${this.watchers.length + index + 1}`;
      return new NativeWatcher(name, this.url, streams, { truth: this.simulator.truth });
    });
    this.watchers.push(...more);
    await Promise.all(more.map((watcher) => watcher.start()));
    await this.flow();
  }

  /** Resolves when everybody has got some more. */
  async flow(): Promise<void> {
    const before = this.watchers.map(({ messages }) => messages);
    const isFlowing = (): boolean => this.watchers.every(({ messages }, index) => messages > (before[index] ?? 0) + 20);
    await until(isFlowing, { deadlineMs: 30_000, what: 'data at every client' });
  }

  /** What any of them saw wrong; that it was disconnected is counted by itself. */
  faults(): string[] {
    return this.watchers.flatMap(faultsByStream).filter((fault) => !isDisconnect(fault));
  }

  async stop(): Promise<void> {
    await Promise.all(this.watchers.map((watcher) => watcher.stop()));
  }
}

function workloadsOfProduction() {
  const manifests = render('k8s/overlays/production');
  const least = (name: string | undefined): number | undefined =>
    manifests.autoscalers.find(({ spec }) => spec?.scaleTargetRef.name === name)?.spec?.minReplicas;
  return manifests.deployments
    .filter(({ metadata }) => metadata?.name !== 'holdfast-redis')
    .map((deployment) => workloadOf(deployment, manifests, least(deployment.metadata?.name)));
}
