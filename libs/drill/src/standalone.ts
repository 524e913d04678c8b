import { type DynamicModule, Module } from '@nestjs/common';
import type { Market } from '#libs/binance';
import { BUS, type Bus, BusModule } from '#libs/bus';
import { Edge, EdgeModule, UwsAdapter } from '#libs/edge';
import { OpsPage, OpsPageModule } from '#libs/ops';
import {
  BusSettings,
  EdgeSettings,
  type Log,
  RuntimeModule,
  SERVICES,
  type Service,
  UpstreamSettings,
  settingsOf,
  silentLog,
  start,
} from '#libs/runtime';
import type { Simulator } from '#libs/simulator';
import { TIMINGS, type Timings, Upstream, UpstreamModule, type UpstreamModuleOptions } from '#libs/upstream';
import type { Gateway } from './gateway.js';

export interface StandaloneOptions {
  upstream?: Partial<UpstreamSettings>;
  edge?: Partial<EdgeSettings>;
  bus?: Partial<BusSettings>;
  /** Other than the upstream's usual ones. */
  timings?: Partial<Timings>;
  /** Other than spot, or spot with other limits. */
  market?: Market;
  log?: Log;
}

/**
 * Settings that make everything happen within seconds, so that a drill is short: silences are noticed soon, waits are
 * short. The rules are the same.
 */
export const HURRIED = {
  connectTimeoutMs: 2_000,
  retryFirstMs: 150,
  retryMostMs: 1_000,
  silenceBytesMs: 2_500,
  silenceDataMs: 8_000,
  silenceStreamMs: 5_000,
} as const satisfies Partial<UpstreamSettings>;

/** The same for the edge. Clients of a drill fetch no snapshot of their own, or do so at once; who is left at the end is not waited for. */
export const HURRIED_EDGE = {
  lingerMs: 1_000,
  bookOwnSnapshotMs: 200,
  drainGraceMs: 0,
} as const satisfies Partial<EdgeSettings>;

/** The same as environment variables, for roles in processes of their own in front of a simulator. */
export const hurriedEnvironment = (simulator: Simulator): Record<string, string> => ({
  HOLDFAST_UPSTREAM_WS_URL: simulator.wsUrl,
  HOLDFAST_UPSTREAM_REST_URL: simulator.restUrl,
  HOLDFAST_LINGER_MS: String(HURRIED_EDGE.lingerMs),
  HOLDFAST_BOOK_OWN_SNAPSHOT_MS: String(HURRIED_EDGE.bookOwnSnapshotMs),
  HOLDFAST_DRAIN_GRACE_MS: String(HURRIED_EDGE.drainGraceMs),
  ...Object.fromEntries(
    Object.entries(HURRIED).map(([property, value]) => [settingsOf(UpstreamSettings).get(property)?.env, `${value}`]),
  ),
});

/** How a hurried drill's simulator keeps its connections alive: `HURRIED` takes a line that is silent for longer for dead. */
export const HURRIED_LIMITS = { pingEveryMs: 1_000, pongWithinMs: 5_000 };

/** Both roles in this process on a memory bus, on free ports of this machine, in front of a simulator. */
export async function startStandalone(
  simulator: Pick<Simulator, 'wsUrl' | 'restUrl'>,
  options: StandaloneOptions = {},
): Promise<Gateway> {
  const { log = silentLog } = options;
  const upstream = Object.assign(new UpstreamSettings(), HURRIED, options.upstream, {
    wsUrl: simulator.wsUrl,
    restUrl: simulator.restUrl,
  });
  const edge = Object.assign(new EdgeSettings(), { port: 0 }, HURRIED_EDGE, options.edge);
  const bus = Object.assign(new BusSettings(), options.bus);
  const timings = { ...TIMINGS, ...options.timings };
  const reading = { timings, ...(options.market && { market: options.market }) };
  const module = StagedStandaloneModule.with({ upstream, edge, bus, reading }, log);
  const running = await start({
    module,
    ops: { opsHost: '127.0.0.1', opsPort: 0 },
    log,
    prepare: (app) => app.useWebSocketAdapter(app.get(UwsAdapter)),
  });
  return { url: running.app.get(Edge).url, opsUrl: running.opsUrl, stop: () => running.stop() };
}

@Module({})
class StagedStandaloneModule {
  static with(settings: Settings, log: Log): DynamicModule {
    const { bus, edge, upstream, reading } = settings;
    const inOrder = (theBus: Bus, page: OpsPage, theEdge: Edge, theUpstream: Upstream): Service[] => [
      theBus,
      page,
      theEdge,
      theUpstream,
    ];
    return {
      module: StagedStandaloneModule,
      imports: [
        RuntimeModule.with(log),
        BusModule.with(bus),
        OpsPageModule,
        EdgeModule.with(edge, upstream),
        UpstreamModule.with(upstream, reading),
      ],
      providers: [{ provide: SERVICES, useFactory: inOrder, inject: [BUS, OpsPage, Edge, Upstream] }],
    };
  }
}

interface Settings {
  upstream: UpstreamSettings;
  edge: EdgeSettings;
  bus: BusSettings;
  reading: UpstreamModuleOptions;
}
