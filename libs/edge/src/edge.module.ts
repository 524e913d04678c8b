import { type DynamicModule, Module } from '@nestjs/common';
import { BUS, type Bus } from '#libs/bus';
import type { Clock } from '#libs/core';
import { CLOCK, type EdgeSettings, LOG, type Log, Metrics, Ops } from '#libs/runtime';
import { BinanceGateway } from './commands/binance.gateway.js';
import { NativeGateway } from './commands/native.gateway.js';
import { Edge, type EdgeParts } from './edge.js';
import { EdgeMetrics } from './edge-metrics.js';
import { refusePublicHost } from './public-host.js';
import { Sessions } from './sessions.js';
import { DemandBook } from './streams/demand-book.js';
import { Fanout } from './streams/fanout.js';
import { Subscriptions } from './streams/subscriptions.js';
import { UpstreamWatch } from './streams/upstream-watch.js';
import { UwsAdapter } from './uws-adapter.js';

/**
 * Provides `Edge`, a service, and `UwsAdapter`, which the app hands to Nest before it initialises
 * (`app.useWebSocketAdapter`). Needs `RuntimeModule` and `BusModule`.
 */
@Module({})
export class EdgeModule {
  /** @throws SettingsError when the host is public and nobody allowed that. */
  static with(settings: Readonly<EdgeSettings>): DynamicModule {
    refusePublicHost(settings);
    return {
      module: EdgeModule,
      providers: [
        { provide: EdgeMetrics, useFactory: (metrics: Metrics) => new EdgeMetrics(metrics), inject: [Metrics] },
        ...clientProviders(settings),
        ...streamProviders(settings),
        partsProvider,
        edgeProvider(settings),
        NativeGateway,
        BinanceGateway,
      ],
      exports: [Edge, UwsAdapter],
    };
  }
}

type Providers = NonNullable<DynamicModule['providers']>;

function edgeProvider(settings: Readonly<EdgeSettings>): Providers[number] {
  return {
    provide: Edge,
    useFactory: (parts: EdgeParts, ops: Ops) => new Edge(settings, parts, ops),
    inject: [EDGE_PARTS, Ops],
  };
}

/** The parts of the edge, gathered. */
const EDGE_PARTS = Symbol('EDGE_PARTS');

const partsProvider: Providers[number] = {
  provide: EDGE_PARTS,
  useFactory: (
    adapter: UwsAdapter,
    sessions: Sessions,
    demand: DemandBook,
    watch: UpstreamWatch,
    metrics: EdgeMetrics,
  ): EdgeParts => ({ adapter, sessions, demand, watch, metrics }),
  inject: [UwsAdapter, Sessions, DemandBook, UpstreamWatch, EdgeMetrics],
};

/** The part that knows sockets. */
function clientProviders(settings: Readonly<EdgeSettings>): Providers {
  return [
    {
      provide: Sessions,
      useFactory: (clock: Clock, log: Log, metrics: EdgeMetrics) => new Sessions(settings, clock, log, metrics),
      inject: [CLOCK, LOG, EdgeMetrics],
    },
    {
      provide: UwsAdapter,
      useFactory: (sessions: Sessions, clock: Clock, log: Log, metrics: EdgeMetrics) =>
        new UwsAdapter(settings, sessions, clock, log, metrics),
      inject: [Sessions, CLOCK, LOG, EdgeMetrics],
    },
  ];
}

/** The part that knows streams and no sockets. */
function streamProviders(settings: Readonly<EdgeSettings>): Providers {
  return [
    {
      provide: Fanout,
      useFactory: (clock: Clock, adapter: UwsAdapter, metrics: EdgeMetrics) =>
        new Fanout(clock, (topic, text) => adapter.publish(topic, text), metrics),
      inject: [CLOCK, UwsAdapter, EdgeMetrics],
    },
    {
      provide: DemandBook,
      useFactory: (bus: Bus, clock: Clock, fanout: Fanout) => new DemandBook(bus, clock, fanout, settings),
      inject: [BUS, CLOCK, Fanout],
    },
    {
      provide: UpstreamWatch,
      useFactory: (bus: Bus, clock: Clock, log: Log, demand: DemandBook, fanout: Fanout) =>
        new UpstreamWatch(bus, clock, log, demand, fanout),
      inject: [BUS, CLOCK, LOG, DemandBook, Fanout],
    },
    {
      provide: Subscriptions,
      useFactory: (demand: DemandBook, watch: UpstreamWatch) =>
        new Subscriptions(demand, watch, settings.maxStreamsPerClient),
      inject: [DemandBook, UpstreamWatch],
    },
  ];
}
