import { fileURLToPath } from 'node:url';
import { RoleProcess, freePort } from '#libs/drill';
import { systemClock as clock } from '#libs/runtime';
import type { TestRedis } from '../../test/support/start-redis.js';
import { until } from '../../test/support/until.js';
import type { Door } from '../crowd/orders.js';
import { Child } from '../processes/child.js';
import { profiledAs } from '../suite/profile.js';
import type { RelayEdgeOrders, RelayOrders, WholeRelayOrders } from './orders.js';
import { turned } from '../suite/turned.js';

/** What a stack stands on, and how wide it is. */
export interface Ground {
  feedPort: number;
  /** Between upstream and edges; without it all is one process. */
  redis?: Pick<TestRedis, 'port' | 'url' | 'pid'>;
  streams: readonly string[];
  edges: number;
  wire?: 'native' | 'binance';
  /** Settings of Holdfast, other than the usual ones. */
  environment?: Readonly<Record<string, string>>;
  cpuProfile?: string | undefined;
}

/** What a process of a stack is: all in one, or its part. */
export type Place = 'gateway' | 'upstream' | 'redis' | 'edge';

/** Everything between Binance and clients. */
export interface Stack {
  processes: readonly { place: Place; pid: number }[];
  /** Where clients connect, of each edge. */
  ports: readonly number[];
  doorOf(streams: readonly string[]): Door;
  stop(): Promise<void>;
}

export const STACKS = { 'bare relay': startRelay, Holdfast: startHoldfast } as const satisfies Record<
  string,
  (ground: Ground) => Promise<Stack>
>;

export type StackName = keyof typeof STACKS;

export const stacksInTurn = (repetition: number): StackName[] => turned(['bare relay', 'Holdfast'], repetition);

const inUrl = (streams: readonly string[]): Door => ({ path: `/stream?streams=${streams.join('/')}` });

async function startRelay({ feedPort, redis, streams, edges }: Ground): Promise<Stack> {
  // A URL of a thousand streams is too long for anybody; without one a client gets all.
  const doorOf = (wanted: readonly string[]): Door =>
    wanted.length === streams.length ? { path: '/' } : inUrl(wanted);
  if (!redis) {
    const whole = Child.start<WholeRelayOrders>({ script: 'stacks/whole-relay' });
    const port = await whole.ask('start', { feedPort, streams });
    return {
      processes: [{ place: 'gateway', pid: whole.pid }],
      ports: [port],
      doorOf,
      stop: () => whole.end(),
    };
  }
  const from = { feedPort, redisPort: redis.port, streams };
  const upstream = Child.start<RelayOrders>({ script: 'stacks/relay' });
  const served = Array.from({ length: edges }, () => Child.start<RelayEdgeOrders>({ script: 'stacks/relay-edge' }));
  const ports = await Promise.all(served.map((edge) => edge.ask('start', from)));
  await upstream.ask('start', from);
  return {
    processes: placesOf(upstream.pid, redis.pid, served),
    ports,
    doorOf,
    stop: async () => void (await Promise.all([upstream, ...served].map((child) => child.end()))),
  };
}

const placesOf = (upstream: number, redis: number, edges: readonly { pid: number }[]): Stack['processes'] => [
  { place: 'upstream', pid: upstream },
  { place: 'redis', pid: redis },
  ...edges.map(({ pid }) => ({ place: 'edge' as const, pid })),
];

/** The roles as they are deployed, each in a process of its own, or all in the standalone gateway. */
async function startHoldfast(ground: Ground): Promise<Stack> {
  const { redis, edges, wire = 'native', cpuProfile } = ground;
  const start = async (role: RoleProcess['role'], port?: number): Promise<RoleProcess> =>
    new RoleProcess(role, await freePort(), optionsOf(ground), {
      ...profiledAs(`holdfast-${role}`, cpuProfile),
      ...(port !== undefined && { HOLDFAST_PORT: String(port) }),
    });
  const ports = await Promise.all(Array.from({ length: redis ? edges : 1 }, freePort));
  const served = await Promise.all(ports.map((port) => start(redis ? 'edge' : 'standalone', port)));
  const upstream = redis ? [await start('upstream')] : [];
  const all = [...upstream, ...served];
  await until(() => all.every(({ isRunning }) => isRunning));
  await Promise.all(all.map((role) => role.ready(clock)));
  return {
    processes: redis
      ? placesOf(upstream[0]?.pid ?? 0, redis.pid, served)
      : served.map(({ pid }) => ({ place: 'gateway' as const, pid })),
    ports,
    doorOf: (wanted) => (wire === 'binance' ? inUrl(wanted) : { path: '/v1', hello: helloOf(wanted), greetings: 1 }),
    // Who is killed writes no profile.
    stop: async () =>
      void (await Promise.all(all.map((role) => role.end(cpuProfile === undefined ? 'SIGKILL' : 'SIGTERM')))),
  };
}

const optionsOf = ({ feedPort, redis, environment }: Ground): ConstructorParameters<typeof RoleProcess>[2] => ({
  ...(redis && { redisUrl: redis.url }),
  dist: fileURLToPath(new URL('../..', import.meta.url)),
  environment: {
    HOLDFAST_UPSTREAM_WS_URL: `ws://127.0.0.1:${feedPort}`,
    // Nobody is there: every symbol will do, and nothing but the stream costs anything.
    HOLDFAST_UPSTREAM_REST_URL: 'http://127.0.0.1:9',
    HOLDFAST_LOG_LEVEL: 'error',
    ...environment,
  },
});

const helloOf = (streams: readonly string[]): string =>
  JSON.stringify({ event: 'subscribe', id: 1, data: { streams } });
