import { freePort } from '#libs/drill';
import { systemClock as clock } from '#libs/runtime';
import { Balancer } from '../balancer.js';
import { until } from '../until.js';
import { Pod } from './pod.js';
import type { Workload } from './workload.js';

const NODES = ['node-a', 'node-b', 'node-c'];
const PATIENT = { deadlineMs: 60_000 };

/** A part of the time that an edge waits for the nodes to hear that it goes, which they take to hear of it. */
const HEARD_AFTER = 0.8;

/** As much of Kubernetes as rollouts are made of: Deployments, probes, a Service, nodes that can be lost. */
export class Cluster {
  readonly troubles: string[] = [];
  /** The fewest pods that were available at any time of a rollout, by workload. */
  readonly fewest = new Map<string, number>();
  private readonly pods: Pod[] = [];
  /** Those that the nodes send clients to. */
  private readonly endpoints = new Set<Pod>();
  private balancer: Balancer | undefined;
  private isOver = false;

  private constructor(
    private readonly workloads: readonly Workload[],
    private readonly here: Readonly<Record<string, string>>,
  ) {}

  /**
   * Resolves when every pod is available.
   *
   * @param here what this machine says otherwise than the manifests: where Redis and Binance are.
   */
  static async start(workloads: readonly Workload[], here: Readonly<Record<string, string>>): Promise<Cluster> {
    const cluster = new Cluster(workloads, here);
    await Promise.all(workloads.map((workload) => cluster.fill(workload, workload.replicas)));
    cluster.balancer = await Balancer.start(() => [...cluster.endpoints].map(({ place }) => place.clientsPort));
    void cluster.watch();
    return cluster;
  }

  /** Where clients connect to: the Service of the edges. */
  get url(): string {
    return `ws://127.0.0.1:${this.balancer?.port}`;
  }

  of(component: string): Pod[] {
    return this.pods.filter((pod) => pod.workload.component === component && !pod.isTerminating && pod.isRunning);
  }

  /** Replaces every pod, all workloads at once, as `kubectl apply` of a new image does. */
  async roll(): Promise<void> {
    await Promise.all(this.workloads.map((workload) => this.rollOne(workload)));
  }

  async scale(component: string, replicas: number): Promise<void> {
    const surplus = this.of(component).slice(0, this.of(component).length - replicas);
    await Promise.all(surplus.map((pod) => this.end(pod)));
  }

  /** Takes a node away with all that is on it, and starts as many elsewhere. Resolves when they are available. */
  async lose(node: string, frozen: readonly string[]): Promise<void> {
    const lost = this.pods.filter(({ place }) => place.node === node);
    for (const pod of lost) pod.lose(frozen.includes(pod.workload.component) ? 'SIGSTOP' : 'SIGKILL');
    for (const pod of lost) this.forget(pod);
    const counts = this.workloads.map((workload) => ({
      workload,
      count: lost.filter((pod) => pod.workload === workload).length + this.of(workload.component).length,
    }));
    await Promise.all(counts.map(({ workload, count }) => this.fill(workload, count, node)));
    await Promise.all(lost.map((pod) => pod.kill()));
  }

  /** The node of the upstream that publishes, and how many clients are connected to edges there. */
  async whereTheLeaderIs(): Promise<{ node: string; connections: number }> {
    const upstreams = await Promise.all(
      this.of('upstream').map(async (pod) => ({ pod, term: Object(await pod.status('term')) as object })),
    );
    const leader = upstreams.find(({ term }) => Reflect.get(term, 'role') === 'leading')?.pod;
    if (!leader) throw new Error('no upstream publishes');
    const { node } = leader.place;
    const edges = this.of('edge').filter(({ place }) => place.node === node);
    const clients = await Promise.all(edges.map((pod) => pod.status('clients')));
    const counts = clients.map((section) => Number(Reflect.get(Object(section), 'connections')));
    return { node, connections: counts.reduce((sum, count) => sum + count, 0) };
  }

  /** Who passes one of its probes now, by component. */
  async passes(probe: 'readiness' | 'liveness'): Promise<Record<string, boolean[]>> {
    const answers = this.workloads.map(async ({ component }) => {
      const passed = await Promise.all(this.of(component).map((pod) => pod.passes(probe)));
      return [component, passed] as const;
    });
    return Object.fromEntries(await Promise.all(answers));
  }

  async stop(): Promise<void> {
    this.isOver = true;
    await this.balancer?.stop();
    await Promise.all(this.pods.map((pod) => pod.kill()));
  }

  private async rollOne(workload: Workload): Promise<void> {
    const old = this.of(workload.component);
    const endings: Promise<void>[] = [];
    const available = (): Pod[] => this.of(workload.component).filter(({ isAvailable }) => isAvailable);
    while (old.length > 0) {
      const room = workload.replicas + workload.maxSurge - this.of(workload.component).length;
      const missing = workload.replicas - (this.of(workload.component).length - old.length);
      await Promise.all(Array.from({ length: Math.min(room, missing) }, () => this.add(workload)));
      const least = workload.replicas - workload.maxUnavailable;
      await until(() => available().length > least, { ...PATIENT, what: `${workload.name} rolls` });
      const [next] = old.splice(0, 1);
      if (next) endings.push(this.end(next));
    }
    await Promise.all(endings);
  }

  private async fill(workload: Workload, replicas: number, except?: string): Promise<void> {
    const missing = replicas - this.of(workload.component).length;
    await Promise.all(Array.from({ length: missing }, () => this.add(workload, except)));
    const isFull = (): boolean => this.of(workload.component).every(({ isAvailable }) => isAvailable);
    await until(isFull, { ...PATIENT, what: `${replicas} of ${workload.name} are available` });
  }

  private async add(workload: Workload, except?: string): Promise<void> {
    const node = this.emptiest(workload, except);
    const [opsPort, clientsPort] = [await freePort(), await freePort()];
    const here = {
      ...this.here,
      HOLDFAST_OPS_HOST: '127.0.0.1',
      HOLDFAST_OPS_PORT: `${opsPort}`,
      ...(workload.component === 'edge' && { HOLDFAST_HOST: '127.0.0.1', HOLDFAST_PORT: `${clientsPort}` }),
    };
    this.pods.push(new Pod(workload, { node, opsPort, clientsPort, here }));
  }

  /** As the spread of the manifests asks: the node with the fewest of the same kind. */
  private emptiest({ component }: Workload, except: string | undefined): string {
    const count = (node: string): number => this.of(component).filter(({ place }) => place.node === node).length;
    const [first = ''] = NODES.filter((node) => node !== except).toSorted((a, b) => count(a) - count(b));
    return first;
  }

  private async end(pod: Pod): Promise<void> {
    const waitMs = Number(pod.workload.environment['HOLDFAST_DRAIN_WAIT_MS'] ?? 0);
    clock.after(waitMs * HEARD_AFTER, () => void this.endpoints.delete(pod));
    await pod.terminate();
    this.forget(pod);
  }

  private forget(pod: Pod): void {
    this.endpoints.delete(pod);
    this.troubles.push(...pod.troubles);
    this.pods.splice(this.pods.indexOf(pod), 1);
  }

  /** What the nodes know of who is ready, and how many there are. */
  private async watch(): Promise<void> {
    while (!this.isOver) {
      for (const pod of this.pods) {
        if (pod.workload.component !== 'edge' || pod.isTerminating) continue;
        if (pod.isReady) this.endpoints.add(pod);
        else this.endpoints.delete(pod);
      }
      for (const { component } of this.workloads) {
        const ready = this.of(component).filter(({ isReady }) => isReady).length;
        this.fewest.set(component, Math.min(ready, this.fewest.get(component) ?? ready));
      }
      await new Promise<void>((resolve) => void clock.after(20, resolve));
    }
  }
}
