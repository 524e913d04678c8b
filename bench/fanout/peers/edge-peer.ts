import { type DynamicModule, Module } from '@nestjs/common';
import {
  type Demand,
  type FeedEvent,
  HEARTBEAT_EVERY_MS,
  type Heartbeat,
  type Seq,
  type Welcome,
  demandTopic,
  encode,
  heartbeatTopic,
  streamTopic,
  welcomeTopic,
} from '#libs/core';
import { BUS, type Bus, BusModule } from '#libs/bus';
import { Edge, EdgeModule, UwsAdapter } from '#libs/edge';
import {
  BusSettings,
  EdgeSettings,
  RuntimeModule,
  SERVICES,
  type Service,
  silentLog,
  start,
  systemClock,
} from '#libs/runtime';
import { EPOCH, STREAM } from '../message.js';
import type { Listening } from '../orders.js';
import type { Peer } from './peer.js';

const TOPIC = streamTopic(STREAM);

@Module({})
class EdgeOnMemoryBus {
  static with(settings: EdgeSettings): DynamicModule {
    return {
      module: EdgeOnMemoryBus,
      imports: [RuntimeModule.with(silentLog), BusModule.with(new BusSettings()), EdgeModule.with(settings)],
      providers: [{ provide: SERVICES, useFactory: (...services: Service[]) => services, inject: [BUS, Edge] }],
    };
  }
}

/** What an upstream says on the bus beside the market's events: that it lives, and how the stream stands. */
class QuietUpstream {
  private readonly welcomed = new Set<string>();

  constructor(
    private readonly bus: Bus,
    private readonly newest: () => Seq,
  ) {}

  start(): void {
    this.bus.messages.subscribe(demandTopic(), (text) => this.welcome(JSON.parse(text) as Demand));
    this.beat();
  }

  private beat(): void {
    const heartbeat: Heartbeat = { epoch: EPOCH, at: systemClock.now() };
    this.bus.messages.publish(heartbeatTopic(), JSON.stringify(heartbeat));
    systemClock.after(HEARTBEAT_EVERY_MS, () => this.beat());
  }

  private welcome({ edge, streams, again }: Demand): void {
    if (!streams.includes(STREAM)) this.welcomed.delete(edge);
    else if (again || !this.welcomed.has(edge)) {
      this.welcomed.add(edge);
      const place = { epoch: EPOCH, seq: this.newest() };
      const welcome: Welcome = { stream: STREAM, place, feed: encode(liveSince(place.seq)), latest: [] };
      this.bus.messages.publish(welcomeTopic(edge), JSON.stringify(welcome));
    }
  }
}

const liveSince = (seq: Seq): FeedEvent => ({
  type: 'feed',
  stream: STREAM,
  epoch: EPOCH,
  seq,
  state: 'live',
  since: systemClock.now(),
  cause: 'first-event',
  by: 'upstream',
});

/** Holdfast's edge as it is deployed, with the ops server and all, on a memory bus. */
export class EdgePeer implements Peer {
  private bus: Bus | undefined;
  private seq: Seq = 0;

  async listen(): Promise<Listening> {
    const settings = Object.assign(new EdgeSettings(), { port: 0 });
    const { app } = await start({
      module: EdgeOnMemoryBus.with(settings),
      ops: { opsHost: '127.0.0.1', opsPort: 0 },
      log: silentLog,
      prepare: (nest) => nest.useWebSocketAdapter(nest.get(UwsAdapter)),
    });
    this.bus = app.get<Bus>(BUS);
    new QuietUpstream(this.bus, () => this.seq).start();
    const subscribe = { event: 'subscribe', id: 1, data: { streams: [STREAM] } };
    return {
      port: Number(new URL(app.get(Edge).url).port),
      doors: {
        native: { path: '/v1', hello: JSON.stringify(subscribe) },
        binance: { path: `/ws/${STREAM}` },
      },
    };
  }

  publish(text: string, seq: Seq): void {
    this.seq = seq;
    this.bus?.messages.publish(TOPIC, text);
  }
}
