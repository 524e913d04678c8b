import {
  HURRIED_LIMITS,
  NativeWatcher,
  RoleProcess,
  type TwoRolesOptions,
  hurriedEnvironment,
  summarize,
  freePort,
} from '#libs/drill';
import { systemClock as clock } from '#libs/runtime';
import { Simulator } from '#libs/simulator';
import type { BalancedEdge } from './balanced-edges.js';
import { Balancer } from './balancer.js';
import { faultsByStream } from './faults-by-stream.js';
import { CHECKED } from './no-gaps-stage.js';
import { type TestRedis, startRedis } from './start-redis.js';
import { until } from './until.js';

interface RollingOptions {
  /** Where the build is. */
  dist: string;
  clients: number;
  edges: number;
  /** Resolves when the edge is ready. */
  startEdge: (options: TwoRolesOptions) => Promise<BalancedEdge>;
  /** Kinds of streams that each client takes, of one symbol; every kind that can be checked unless given. */
  kinds?: readonly string[];
  symbols?: number;
  pace?: number;
}

const PATIENCE_MS = 30_000;

/** Edges behind a balancer over a real Redis, clients of the SDK, and somebody who replaces the edges under load. */
export class Rolling {
  /** How often clients were asked to go elsewhere. */
  told = 0;
  private readonly endings: string[] = [];
  private readonly edges: BalancedEdge[] = [];
  private watchers: NativeWatcher[] = [];
  private balancer: Balancer | undefined;

  private constructor(
    readonly redis: TestRedis,
    private readonly simulator: Simulator,
    private readonly upstream: RoleProcess,
    private readonly startEdge: () => Promise<BalancedEdge>,
  ) {}

  /** Resolves when every client is served. */
  static async start({
    dist,
    clients,
    edges,
    startEdge,
    kinds,
    symbols = 3,
    pace = 3,
  }: RollingOptions): Promise<Rolling> {
    const redis = await startRedis();
    const simulator = await Simulator.start({ clock, symbols, pace, limits: HURRIED_LIMITS });
    const options = { clock, redisUrl: redis.url, dist, environment: hurriedEnvironment(simulator) };
    const upstream = new RoleProcess('upstream', await freePort(), options);
    const rolling = new Rolling(redis, simulator, upstream, () => startEdge(options));
    await rolling.begin(clients, edges, kinds ?? CHECKED[0] ?? []);
    return rolling;
  }

  get messages(): number {
    return this.watchers.reduce((sum, { messages }) => sum + messages, 0);
  }

  /** Starts so many edges, and when they are ready ends those that have been there for longest. Resolves when data flows at every client. */
  async replaceEdges(count: number): Promise<void> {
    await this.startEdges(count);
    // The balancer finds out by itself.
    await Promise.all(this.edges.slice(0, count).map((edge) => this.end(edge)));
    this.edges.splice(0, count);
    await this.flows();
  }

  /** Gaps that clients were told of, by stream. */
  get gaps(): Map<string, number> {
    const { streams } = summarize(this.watchers);
    return new Map(streams.flatMap(({ stream, gaps }) => (gaps > 0 ? [[stream, gaps] as const] : [])));
  }

  /** What any client has to complain of, in words. */
  async complaints(): Promise<string[]> {
    await this.flows();
    const broken = this.simulator.violations.map(({ detail }) => detail);
    return [...this.watchers.flatMap(faultsByStream), ...this.endings, ...broken].slice(0, 30);
  }

  async stop(): Promise<void> {
    await Promise.all(this.watchers.map((watcher) => watcher.stop()));
    await Promise.all(this.edges.map((edge) => edge.end()));
    await this.upstream.end('SIGTERM');
    await this.balancer?.stop();
    await this.simulator.stop();
    await this.redis.stop();
  }

  private async startEdges(count: number): Promise<void> {
    this.edges.push(...(await Promise.all(Array.from({ length: count }, () => this.startEdge()))));
  }

  private async end(edge: BalancedEdge): Promise<void> {
    const trouble = await edge.end();
    if (trouble !== undefined) this.endings.push(trouble);
    this.told += edge.told;
  }

  private async begin(clients: number, edges: number, kinds: readonly string[]): Promise<void> {
    const { simulator } = this;
    await this.upstream.ready(clock);
    await this.startEdges(edges);
    this.balancer = await Balancer.start(() => this.edges.filter(({ isReady }) => isReady).map(({ port }) => port));
    const url = `ws://127.0.0.1:${this.balancer.port}`;
    const symbols = simulator.market.instruments.map(({ spec }) => spec.symbol.toLowerCase());
    this.watchers = Array.from({ length: clients }, (_, index) => {
      const streams = kinds.map((kind) => `${symbols[index % symbols.length]}@${kind}`);
      return new NativeWatcher(`client ${index + 1}`, url, streams, { truth: simulator.truth });
    });
    await Promise.all(this.watchers.map((watcher) => watcher.start()));
    await this.flows();
  }

  /** Resolves when every client has got at least one message more. */
  async flows(): Promise<void> {
    const before = this.watchers.map(({ messages }) => messages);
    await until(() => this.watchers.every(({ messages }, index) => messages > (before[index] ?? 0)), {
      deadlineMs: PATIENCE_MS,
      what: 'data at every client',
    });
  }
}
