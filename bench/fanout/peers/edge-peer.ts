import { type DynamicModule, Module } from '@nestjs/common';
import { spot } from '#libs/binance';
import {
  type FeedEvent,
  HEARTBEAT_EVERY_MS,
  type Seq,
  type Topic,
  type WelcomeAnswer,
  encode,
  encodeHeartbeat,
  readWelcomeQuestion,
  stamp,
} from '#libs/core';
import { BUS, type Bus, BusModule } from '#libs/bus';
import { Edge, EdgeModule, UwsAdapter } from '#libs/edge';
import {
  Access,
  AccessSettings,
  BinanceSettings,
  BusSettings,
  EdgeSettings,
  RuntimeModule,
  SERVICES,
  type Service,
  silentLog,
  start,
  systemClock,
} from '#libs/runtime';
import { EPOCH, STREAM } from './message.js';
import type { Listening, Peer } from './peer.js';

const TOPIC: Topic = spot.channels.stream(STREAM);

/** A crowd comes from this machine, as quickly as it can. */
const ALL_AT_ONCE = new Access(Object.assign(new AccessSettings(), { maxNewConnectionsPerSecond: 0 }));

@Module({})
class EdgeOnMemoryBus {
  static with(settings: EdgeSettings): DynamicModule {
    return {
      module: EdgeOnMemoryBus,
      imports: [
        RuntimeModule.with(silentLog, ALL_AT_ONCE),
        BusModule.with(new BusSettings()),
        EdgeModule.with(settings, new BinanceSettings()),
      ],
      providers: [{ provide: SERVICES, useFactory: (...services: Service[]) => services, inject: [BUS, Edge] }],
    };
  }
}

/** What an upstream says on the bus beside the market's events: that it lives, and how the stream stands. */
class QuietUpstream {
  constructor(
    private readonly bus: Bus,
    private readonly newest: () => Seq,
  ) {}

  start(): void {
    this.bus.ask.answer(spot.channels.welcome, (question) => this.welcome(question));
    this.beat();
  }

  private beat(): void {
    const heartbeat = encodeHeartbeat({
      epoch: EPOCH,
      at: stamp(systemClock),
      places: new Map([[STREAM, this.newest()]]),
    });
    this.bus.messages.publish(spot.channels.heartbeat, heartbeat);
    systemClock.after(HEARTBEAT_EVERY_MS, () => this.beat());
  }

  private welcome(question: unknown): WelcomeAnswer | undefined {
    if (!readWelcomeQuestion(question)?.streams.includes(STREAM)) return undefined;
    const place = { epoch: EPOCH, seq: this.newest() };
    return { welcomes: [{ stream: STREAM, place, feed: encode(liveSince(place.seq)), latest: [] }] };
  }
}

const liveSince = (seq: Seq): FeedEvent => ({
  type: 'feed',
  stream: STREAM,
  epoch: EPOCH,
  seq,
  state: 'live',
  since: stamp(systemClock),
  cause: 'first-event',
  by: 'upstream',
});

/** Holdfast's edge as it is deployed, with the ops server and all, on a memory bus. */
export class EdgePeer implements Peer {
  private bus: Bus | undefined;
  private seq: Seq = 0;

  /** @param settings other than the usual ones. */
  constructor(private readonly settings: Partial<EdgeSettings> = {}) {}

  async listen(): Promise<Listening> {
    const settings = Object.assign(new EdgeSettings(), this.settings, { port: 0 });
    const { app, opsUrl } = await start({
      module: EdgeOnMemoryBus.with(settings),
      ops: { opsHost: '127.0.0.1', opsPort: 0 },
      log: silentLog,
      prepare: (nest) => nest.useWebSocketAdapter(nest.get(UwsAdapter)),
    });
    this.bus = app.get<Bus>(BUS);
    new QuietUpstream(this.bus, () => this.seq).start();
    const subscribe = { event: 'subscribe', id: 1, data: { streams: [STREAM] } };
    return {
      opsUrl,
      port: Number(new URL(app.get(Edge).url).port),
      doors: {
        native: { path: '/v1', hello: JSON.stringify(subscribe), greetings: 1 },
        binance: { path: `/ws/${STREAM}` },
      },
    };
  }

  publish(text: string, seq: Seq): void {
    this.seq = seq;
    this.bus?.messages.publish(TOPIC, text);
  }
}
