import { randomUUID } from 'node:crypto';
import { type DynamicModule, Module } from '@nestjs/common';
import { MARKETS, type Market } from '#libs/binance';
import { BUS, type Bus } from '#libs/bus';
import { type ClientLimits, type Clock, HistoryShelf } from '#libs/core';
import {
  ACCESS,
  type Access,
  type BinanceSettings,
  CLOCK,
  type EdgeSettings,
  LOG,
  type Log,
  Metrics,
  Ops,
} from '#libs/runtime';
import { BinanceGateway } from './commands/binance.gateway.js';
import { CLIENT_LIMITS, NativeGateway } from './commands/native.gateway.js';
import { Introductions } from './commands/introductions.js';
import { PatternDesk } from './commands/pattern-desk.js';
import { MOST_AT_ONCE } from './commands/stream-commands.js';
import { Backlogs } from './door/backlogs.js';
import { ColdStarts } from './door/cold-starts.js';
import { CommandDesk } from './door/command-desk.js';
import { Pings } from './door/pings.js';
import { Sessions } from './door/sessions.js';
import { Subscriptions } from './door/subscriptions.js';
import { UwsAdapter } from './door/uws-adapter.js';
import { UwsServer } from './door/uws-adapter-server.js';
import { Edge } from './edge.js';
import { Guard } from './guard/guard.js';
import { Openings } from './guard/openings.js';
import { Departures } from './leaving/departures.js';
import { Draining } from './leaving/draining.js';
import { EdgeMetrics } from './metrics/edge-metrics.js';
import { refusePublicHost } from './public-host.js';
import { makeRestDesk, restMarket } from './rest/make-rest-desk.js';
import { ownDepth } from './rest/own-depth.js';
import { RestDesk } from './rest/rest-desk.js';
import { Resumes } from './resume/resumes.js';
import { Stragglers } from './resume/stragglers.js';
import { MarketStreams } from './streams/market-streams.js';
import { Room } from './streams/room.js';
import { WatchPage } from './watching/watch-page.js';

/** What an edge is told when it is made. */
interface EdgePlan {
  settings: Readonly<EdgeSettings>;
  binance: Readonly<BinanceSettings>;
  markets: readonly Market[];
}

/** What the process around it gives an edge. */
interface Surroundings {
  bus: Bus;
  clock: Clock;
  log: Log;
  metrics: EdgeMetrics;
  access: Access;
}

/**
 * Provides `Edge`, a service, and `UwsAdapter`, which the app hands to Nest before it initialises
 * (`app.useWebSocketAdapter`). Needs `RuntimeModule` and `BusModule`.
 */
@Module({})
export class EdgeModule {
  /** @throws SettingsError when the host is public and nobody allowed that. */
  static with(
    settings: Readonly<EdgeSettings>,
    binance: Readonly<BinanceSettings>,
    markets: readonly Market[] = MARKETS,
  ): DynamicModule {
    refusePublicHost(settings);
    const plan: EdgePlan = { settings, binance, markets };
    return {
      module: EdgeModule,
      providers: [
        UwsAdapter,
        {
          provide: SURROUNDINGS,
          useFactory: (bus: Bus, clock: Clock, log: Log, metrics: Metrics, access: Access): Surroundings => ({
            bus,
            clock,
            log,
            access,
            metrics: new EdgeMetrics(metrics),
          }),
          inject: [BUS, CLOCK, LOG, Metrics, ACCESS],
        },
        ...doorProviders(plan),
        ...streamsProviders(plan),
        { provide: CLIENT_LIMITS, useValue: limitsOf(settings) },
        {
          provide: Introductions,
          useFactory: (clock: Clock) => new Introductions(clock, settings.maxClientBacklogBytes / 2),
          inject: [CLOCK],
        },
        {
          provide: PatternDesk,
          useFactory: (
            markets: MarketStreams[],
            subscriptions: Subscriptions,
            introductions: Introductions,
            clock: Clock,
          ) => new PatternDesk({ markets, subscriptions, introductions, clock, endOfTurn: setImmediate }),
          inject: [STREAMS, Subscriptions, Introductions, CLOCK],
        },
        ...resumeProviders(settings),
        NativeGateway,
        BinanceGateway,
      ],
      exports: [Edge, UwsAdapter],
    };
  }
}

const limitsOf = (settings: Readonly<EdgeSettings>): ClientLimits => ({
  commandsPerSecond: settings.maxCommandsPerSecond,
  streams: settings.maxStreamsPerClient,
  messageBytes: settings.maxClientMessageBytes,
  namesPerCommand: MOST_AT_ONCE,
  lastEvents: settings.lastEvents,
});

const shelfOf = ({ historyStreamBytes, historyBytes, historyMs }: EdgeSettings): HistoryShelf =>
  new HistoryShelf({ streamBytes: historyStreamBytes, totalBytes: historyBytes, ageMs: historyMs });

type Providers = NonNullable<DynamicModule['providers']>;

const SURROUNDINGS = Symbol('SURROUNDINGS');

/** The part that knows sockets, and how it looks after them. */
const DOOR = Symbol('DOOR');

interface Door {
  server: UwsServer;
  guard: Guard;
  sessions: Sessions;
  pings: Pings;
  backlogs: Backlogs;
  draining: Draining;
  departures: Departures;
  rest: RestDesk;
}

function doorProviders(plan: EdgePlan): Providers {
  const { settings, markets } = plan;
  const makeRest = ({ bus, clock }: Surroundings, metrics: Metrics, ops: Ops): RestDesk =>
    makeRestDesk(plan, { bus, clock, metrics, ops });
  const make = (
    { clock, log, metrics, access }: Surroundings,
    adapter: UwsAdapter,
    stragglers: Stragglers,
    rest: RestDesk,
  ): Door => {
    const sessions = new Sessions(settings, metrics);
    const backlogs = new Backlogs(settings, sessions, stragglers, clock, log, metrics);
    const desk = new CommandDesk(settings, clock, log, metrics);
    const pings = new Pings(sessions, clock);
    const guard = new Guard({ access, clock, listensOn: settings.host, refused: metrics.refusedConnections });
    const served = { markets, mostStreams: settings.maxStreamsPerClient };
    const departures = new Departures();
    const judge: Guard['judge'] = (visit) => guard.judge(visit);
    const page = settings.watchPage ? new WatchPage({ judge, requests: metrics.pageRequests }) : undefined;
    const parts = {
      plan: served,
      sessions,
      backlogs,
      departures,
      desk,
      adapter,
      rest,
      page,
      access,
      guard,
      clock,
      log,
      metrics,
    };
    const draining = new Draining(settings, sessions, clock, log);
    return { server: new UwsServer(settings, parts), guard, sessions, pings, backlogs, draining, departures, rest };
  };
  return [
    { provide: RestDesk, useFactory: makeRest, inject: [SURROUNDINGS, Metrics, Ops] },
    { provide: DOOR, useFactory: make, inject: [SURROUNDINGS, UwsAdapter, Stragglers, RestDesk] },
  ];
}

/** The part that knows streams and no sockets: one per market. */
const STREAMS = Symbol('STREAMS');

function streamsProviders({ settings, markets }: EdgePlan): Providers {
  const make = (surroundings: Surroundings, { server, backlogs, rest }: Door): MarketStreams[] => {
    const room = new Room(settings.maxStreams);
    const publish = server.window?.gather ?? server.publish;
    const { sluice } = backlogs;
    const { lingerMs, bookOwnSnapshotMs: ownSnapshotMs } = settings;
    const shelf = shelfOf(settings);
    const openings = new Openings(surroundings.clock, settings.maxStreams);
    const kept = { room, openings, lingerMs, shelf };
    const shared = { ...surroundings, ...kept, edge: randomUUID(), publish, ownSnapshotMs, sluice };
    const all = markets.map((market) => new MarketStreams(market, shared));
    const ofSpot = all.find(({ market }) => market === restMarket(markets));
    if (ofSpot) rest.ownDepth = ownDepth(ofSpot);
    rest.symbols = ofSpot?.symbols;
    return all;
  };
  return [
    { provide: STREAMS, useFactory: make, inject: [SURROUNDINGS, DOOR] },
    {
      provide: Subscriptions,
      useFactory: (streams: MarketStreams[], adapter: UwsAdapter) => {
        const subscriptions = new Subscriptions(streams, settings.maxStreamsPerClient);
        adapter.lackOf = (entry, holder) => subscriptions.lackOf(entry, holder);
        return subscriptions;
      },
      inject: [STREAMS, UwsAdapter],
    },
    {
      provide: ColdStarts,
      useFactory: ({ clock }: Surroundings, streams: MarketStreams[], adapter: UwsAdapter) => {
        const { subscribeWaitMs: waitMs, maxConnections: mostAtTheDoor } = settings;
        const coldStarts = new ColdStarts({ markets: streams, clock, waitMs, mostAtTheDoor });
        adapter.arrive = (entry, holder) => coldStarts.arrive(entry, holder);
        return coldStarts;
      },
      inject: [SURROUNDINGS, STREAMS, UwsAdapter],
    },
    {
      provide: Edge,
      useFactory: ({ metrics }: Surroundings, door: Door, streams: MarketStreams[], coldStarts: ColdStarts, ops: Ops) =>
        new Edge(settings, { ...door, coldStarts, metrics, markets: streams }, ops),
      inject: [SURROUNDINGS, DOOR, STREAMS, ColdStarts, Ops],
    },
  ];
}

/** What clients have missed that come back, or read slowly. */
function resumeProviders({ maxClientBacklogBytes }: Readonly<EdgeSettings>): Providers {
  return [
    {
      provide: Resumes,
      useFactory: ({ clock, metrics }: Surroundings, streams: MarketStreams[]) =>
        new Resumes(streams, clock, metrics.counts),
      inject: [SURROUNDINGS, STREAMS],
    },
    {
      provide: Stragglers,
      useFactory: ({ metrics }: Surroundings, introductions: Introductions) =>
        new Stragglers(maxClientBacklogBytes / 2, metrics, (session) => introductions.isOwed(session)),
      inject: [SURROUNDINGS, Introductions],
    },
  ];
}
