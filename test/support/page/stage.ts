import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HURRIED_LIMITS, hurriedEnvironment } from '#libs/drill';
import { Edge } from '#libs/edge';
import { type Running, systemClock as clock } from '#libs/runtime';
import { makeToken } from '#libs/tokens';
import { Simulator } from '#libs/simulator';
import { RedisProxy } from '../redis-proxy.js';
import { TcpPath } from '../tcp-path.js';
import { type TestRedis, startRedis } from '../start-redis.js';
import { until } from '../until.js';
import { WsClient } from '../ws-client.js';
import { startEdgeRole, startStandaloneRole, startUpstreamRole } from './roles.js';

/** A gateway with clients, and what may befall it. */
export interface PageStage {
  simulator: Simulator;
  /** Whose operators' port shows the connections to Binance, and whose shows the clients; the same where both are one process. */
  reading: Running;
  serving: Running;
  clients: WsClient[];
  /** Where there is one: Redis, and the upstream's way to it. */
  redis?: TestRedis;
  wayOfUpstream?: RedisProxy;
  /** Where both roles are one process: the way of a browser to the port of clients. */
  wayOfBrowser?: TcpPath;
  stop(): Promise<void>;
}

const STREAMS = ['btcusdt@trade', 'btcusdt@depth@100ms', 'ethusdt@trade', 'ethusdt@bookTicker'];

/** Programs as they call themselves. */
const AGENTS = ['python-websockets/15.0', 'TraderPro/3.2 (Qt 6.8)', 'Go-http-client/1.1'];

const startSimulator = (): Promise<Simulator> => Simulator.start({ clock, symbols: 2, limits: HURRIED_LIMITS });

const urlOf = ({ app }: Running): string => app.get(Edge).url;

async function comeIn(url: string): Promise<WsClient[]> {
  const path = `/stream?streams=${STREAMS.join('/')}`;
  const clients = await Promise.all(
    AGENTS.map((agent) => WsClient.open(`${url}${path}`, { headers: { 'user-agent': agent } })),
  );
  await until(() => clients.every(({ texts }) => texts.length > 5), { deadlineMs: 20_000 });
  return clients;
}

/** Ends what was begun, the last first. */
const ending = (ends: readonly (() => Promise<unknown>)[]) => async (): Promise<void> => {
  for (const end of ends.toReversed()) await end();
};

/** Both roles in one process. */
export async function aloneStage(more: Readonly<Record<string, string>> = {}): Promise<PageStage> {
  const simulator = await startSimulator();
  const gateway = await startStandaloneRole({ ...hurriedEnvironment(simulator), ...more });
  const clients = await comeIn(urlOf(gateway));
  const wayOfBrowser = await TcpPath.lay(Number(new URL(urlOf(gateway)).port));
  const leave = (): Promise<void> => Promise.resolve(clients.forEach(({ socket }) => socket.terminate()));
  const stop = ending([() => simulator.stop(), () => gateway.stop(), () => wayOfBrowser.remove(), leave]);
  return { simulator, reading: gateway, serving: gateway, clients, wayOfBrowser, stop };
}

/** Both roles in one process, which admits whoever has this token; clients come later. It gives up soon on what cannot be fetched. */
export async function guardedStage(simulator: Simulator): Promise<PageStage & { token: string }> {
  const made = makeToken('desk');
  if (!made.ok) throw new Error(made.problem);
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-'));
  const tokensFile = join(folder, 'tokens');
  writeFileSync(tokensFile, made.value.line);
  const given = { HOLDFAST_TOKENS_FILE: tokensFile, HOLDFAST_FILL_WAIT_MS: '2000' };
  const gateway = await startStandaloneRole({ ...hurriedEnvironment(simulator), ...given });
  const wayOfBrowser = await TcpPath.lay(Number(new URL(urlOf(gateway)).port));
  const forget = (): Promise<void> => Promise.resolve(rmSync(folder, { recursive: true }));
  const stop = ending([forget, () => gateway.stop(), () => wayOfBrowser.remove()]);
  return { simulator, reading: gateway, serving: gateway, clients: [], wayOfBrowser, token: made.value.token, stop };
}

/** An upstream and an edge with Redis between them. */
export async function twoRolesStage(): Promise<PageStage> {
  const [simulator, redis] = await Promise.all([startSimulator(), startRedis()]);
  const wayOfUpstream = await RedisProxy.start(redis.port);
  const given = hurriedEnvironment(simulator);
  const reading = await startUpstreamRole({ ...given, HOLDFAST_REDIS_URL: wayOfUpstream.url });
  const serving = await startEdgeRole({ ...given, HOLDFAST_REDIS_URL: redis.url });
  const clients = await comeIn(urlOf(serving));
  const leave = (): Promise<void> => Promise.resolve(clients.forEach(({ socket }) => socket.terminate()));
  const stop = ending([
    () => simulator.stop(),
    () => redis.stop(),
    () => wayOfUpstream.stop(),
    () => reading.stop(),
    () => serving.stop(),
    leave,
  ]);
  return { simulator, reading, serving, clients, redis, wayOfUpstream, stop };
}
