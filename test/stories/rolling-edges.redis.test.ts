import { once } from 'node:events';
import { type AddressInfo, type Server, connect, createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HoldfastClient } from '#libs/client';
import { HURRIED_LIMITS, RoleProcess, type TwoRolesOptions, freePort, hurriedEnvironment } from '#libs/drill';
import { systemClock as clock } from '#libs/runtime';
import { Simulator } from '#libs/simulator';
import { assertBuilt, dist } from '../support/built.js';
import { type TestRedis, startRedis } from '../support/start-redis.js';
import { until } from '../support/until.js';

beforeAll(assertBuilt);

/** Each edge is replaced so often. */
const ROUNDS = 1;
const PATIENT = { deadlineMs: 20_000 };

/** Two edges behind a balancer are replaced in turn, under load: their clients go to the other one, which nobody had asked for these streams. */
describe('clients of the library, whose edges are replaced one after the other', () => {
  let redis: TestRedis;
  let simulator: Simulator;
  let options: TwoRolesOptions;
  let upstream: RoleProcess;
  let balancer: Server;
  const edges = new Map<number, RoleProcess>();
  /** Where the balancer sends whoever comes. */
  let open: number[] = [];

  beforeAll(async () => {
    redis = await startRedis();
    simulator = await Simulator.start({ clock, pace: 10, limits: HURRIED_LIMITS });
    const environment = { ...hurriedEnvironment(simulator), HOLDFAST_UPSTREAM_REST_URL: simulator.restUrl };
    options = { clock, redisUrl: redis.url, dist, environment };
    upstream = new RoleProcess('upstream', await freePort(), options);
    for (const port of [await freePort(), await freePort()]) edges.set(port, await newEdge(port));
    open = [...edges.keys()];
    balancer = createServer((near) => {
      const far = connect(open.at(-1) ?? 0);
      for (const end of [near, far]) end.on('error', () => undefined);
      near.pipe(far).pipe(near);
    }).listen(0, '127.0.0.1');
    await once(balancer, 'listening');
  });
  afterAll(async () => {
    balancer.close();
    for (const edge of edges.values()) await edge.end('SIGTERM');
    await upstream.end('SIGTERM');
    await simulator.stop();
    await redis.stop();
  });
  const newEdge = async (port: number): Promise<RoleProcess> => {
    const edge = new RoleProcess('edge', await freePort(), options, { HOLDFAST_PORT: String(port) });
    await edge.ready(clock);
    return edge;
  };

  it.each(['SIGTERM', 'SIGKILL'] as const)(
    'miss nothing, get nothing twice and are told no gap: %s',
    async (signal) => {
      const symbol = simulator.market.instruments[0]?.spec.symbol.toLowerCase();
      const { port } = balancer.address() as AddressInfo;
      const clients = await Promise.all(
        [1, 2, 3].map(async () => {
          const ids: number[] = [];
          const states: string[] = [];
          const missed: boolean[] = [];
          const client = new HoldfastClient({ url: `ws://127.0.0.1:${port}` });
          client.start();
          client.subscribe(`${symbol}@trade` as 'x@trade', {
            event: ({ id }) => ids.push(id),
            feed: ({ state }) => states.push(state),
            started: ({ hasMissed }) => missed.push(hasMissed),
          });
          await until(() => ids.length > 20, PATIENT);
          return { client, ids, states, missed };
        }),
      );
      for (let round = 0; round < 2 * ROUNDS; round += 1) {
        const going = open.at(-1) ?? 0;
        const before = clients.map(({ missed }) => missed.length);
        open = open.filter((one) => one !== going);
        await edges.get(going)?.end(signal);
        await until(() => clients.every(({ missed }, at) => missed.length > (before[at] ?? 0)), PATIENT);
        const length = clients.map(({ ids }) => ids.length);
        await until(() => clients.every(({ ids }, at) => ids.length > (length[at] ?? 0) + 20), PATIENT);
        edges.set(going, await newEdge(going));
        open.unshift(going);
      }
      for (const { client, ids, states, missed } of clients) {
        await client.stop();
        expect(ids).toEqual(Array.from(ids, (_, at) => (ids[0] ?? 0) + at));
        expect([states.includes('gap'), missed.includes(true)]).toEqual([false, false]);
      }
    },
    120_000,
  );
});
