import { fileURLToPath } from 'node:url';
import { RoleProcess } from '#libs/drill';
import { systemClock as clock } from '#libs/runtime';
import { freePort } from '../../test/support/start-redis.js';
import { until } from '../../test/support/until.js';
import { Child } from '../fanout/child.js';
import type { Door } from '../fanout/peers/peer.js';
import type { RedisPlan } from './plan.js';
import type { RelayEdgeOrders, RelayOrders } from './orders.js';

/** What a stack stands on, and how wide it is. */
export interface Ground extends Pick<RedisPlan, 'wire' | 'flushMs'> {
  feedPort: number;
  redis: { port: number; url: string };
  streams: readonly string[];
  edges: number;
}

/** Everything between Binance and clients. */
export interface Stack {
  upstream: number;
  /** Process ids. */
  edges: readonly number[];
  doors: readonly { port: number; door: Door }[];
  stop(): Promise<void>;
}

export const STACKS = { 'bare relay': startRelay, Holdfast: startHoldfast } as const satisfies Record<
  string,
  (ground: Ground) => Promise<Stack>
>;

export type StackName = keyof typeof STACKS;

async function startRelay({ feedPort, redis, streams, edges }: Ground): Promise<Stack> {
  const from = { feedPort, redisPort: redis.port, streams };
  const upstream = Child.start<RelayOrders>({ script: '../redis/relay', core: undefined });
  const served = Array.from({ length: edges }, () =>
    Child.start<RelayEdgeOrders>({ script: '../redis/relay-edge', core: undefined }),
  );
  const ports = await Promise.all(served.map((edge) => edge.ask('start', from)));
  await upstream.ask('start', from);
  return {
    upstream: upstream.pid,
    edges: served.map(({ pid }) => pid),
    doors: ports.map((port) => ({ port, door: { path: '/' } })),
    stop: async () => void (await Promise.all([upstream, ...served].map((child) => child.end()))),
  };
}

/** The two roles as they are deployed, each in a process of its own. */
async function startHoldfast({ feedPort, redis, streams, edges, wire, flushMs }: Ground): Promise<Stack> {
  const options = {
    clock,
    redisUrl: redis.url,
    dist: fileURLToPath(new URL('../..', import.meta.url)),
    environment: {
      HOLDFAST_UPSTREAM_WS_URL: `ws://127.0.0.1:${feedPort}`,
      // Nobody is there: every symbol will do, and nothing but the stream costs anything.
      HOLDFAST_UPSTREAM_REST_URL: 'http://127.0.0.1:9',
      HOLDFAST_LOG_LEVEL: 'error',
      HOLDFAST_BUS_FLUSH_MS: String(flushMs),
    },
  };
  const upstream = new RoleProcess('upstream', await freePort(), options);
  const ports = await Promise.all(Array.from({ length: edges }, freePort));
  const served = await Promise.all(
    ports.map(async (port) => new RoleProcess('edge', await freePort(), options, { HOLDFAST_PORT: String(port) })),
  );
  const all = [upstream, ...served];
  await until(() => all.every(({ isRunning }) => isRunning));
  await Promise.all(all.map((role) => role.ready(clock)));
  const door: Door =
    wire === 'native'
      ? { path: '/v1', hello: helloOf(streams), greetings: 1 }
      : { path: `/stream?streams=${streams.join('/')}` };
  return {
    upstream: upstream.pid,
    edges: served.map(({ pid }) => pid),
    doors: ports.map((port) => ({ port, door })),
    stop: async () => void (await Promise.all(all.map((role) => role.end('SIGKILL')))),
  };
}

const helloOf = (streams: readonly string[]): string =>
  JSON.stringify({ event: 'subscribe', id: 1, data: { streams } });
