import type { Bus, Subscription } from '#libs/bus';
import {
  type Cancel,
  type Clock,
  type Demand,
  type FeedCause,
  type FeedEvent,
  type FeedState,
  HEARTBEAT_EVERY_MS,
  type MarketEvent,
  type Place,
  type StreamName,
  type Welcome,
  demandCallTopic,
  demandTopic,
  encode,
  heartbeatTopic,
  streamTopic,
  welcomeTopic,
} from '#libs/core';
import { systemClock } from '#libs/runtime';

type Fields = Partial<MarketEvent> & { type: MarketEvent['type'] };

interface Held extends Place {
  feed: string;
  latest: string[];
}

/** An upstream whose events a test writes by hand: it numbers them, welcomes edges and beats, as the real one does. */
export class HandUpstream {
  /** Every demand that was heard, newest last. */
  readonly demands: Demand[] = [];
  readonly epoch: number;
  private readonly clock: Clock;
  private readonly held = new Map<StreamName, Held>();
  private readonly wantedBy = new Map<string, Set<StreamName>>();
  private subscriptions: Subscription[] = [];
  private cancelBeat: Cancel = () => undefined;

  constructor(
    private readonly bus: Bus,
    { epoch = 7, clock = systemClock }: { epoch?: number; clock?: Clock } = {},
  ) {
    this.epoch = epoch;
    this.clock = clock;
  }

  start(): this {
    this.subscriptions = [this.bus.messages.subscribe(demandTopic(), (text) => this.hear(JSON.parse(text) as Demand))];
    this.bus.messages.publish(demandCallTopic(), '{}');
    this.beat();
    return this;
  }

  /** Falls silent, as a process that died. */
  stop(): void {
    this.cancelBeat();
    for (const subscription of this.subscriptions) subscription.end();
  }

  /** Publishes an event on its stream with the next place. Gives its text. */
  publish(stream: StreamName, fields: Fields): string {
    const text = this.write(stream, fields);
    this.bus.messages.publish(streamTopic(stream), text);
    return text;
  }

  /** Numbers an event and loses it. */
  lose(stream: StreamName, fields: Fields): void {
    this.write(stream, fields);
  }

  feed(stream: StreamName, state: FeedState, cause: FeedCause): string {
    const held = this.hold(stream);
    held.seq += 1;
    held.feed = encode(this.feedEvent(stream, held, state, cause));
    this.bus.messages.publish(streamTopic(stream), held.feed);
    return held.feed;
  }

  /** Says how a stream stands once more to one edge. */
  welcome(edge: string, stream: StreamName): void {
    const { epoch, seq, feed, latest } = this.hold(stream);
    const welcome: Welcome = { stream, place: { epoch, seq }, feed, latest };
    this.bus.messages.publish(welcomeTopic(edge), JSON.stringify(welcome));
  }

  private write(stream: StreamName, fields: Fields): string {
    const held = this.hold(stream);
    held.seq += 1;
    const { type, ...rest } = fields;
    const place = { stream, epoch: held.epoch, seq: held.seq };
    const text = JSON.stringify({ type, ...place, receivedAt: this.clock.now(), ...rest, ...place });
    held.latest = [text];
    return text;
  }

  private hear(demand: Demand): void {
    this.demands.push(demand);
    const before = this.wantedBy.get(demand.edge) ?? new Set();
    this.wantedBy.set(demand.edge, new Set(demand.streams));
    for (const stream of demand.streams) {
      if (demand.again || !before.has(stream)) this.welcome(demand.edge, stream);
    }
  }

  private hold(stream: StreamName): Held {
    const known = this.held.get(stream);
    if (known) return known;
    const held: Held = { epoch: this.epoch, seq: 0, feed: '', latest: [] };
    held.feed = encode(this.feedEvent(stream, held, 'live', 'first-event'));
    this.held.set(stream, held);
    return held;
  }

  private feedEvent(stream: StreamName, { epoch, seq }: Place, state: FeedState, cause: FeedCause): FeedEvent {
    return { type: 'feed', stream, epoch, seq, state, since: Math.floor(this.clock.now()), cause, by: 'upstream' };
  }

  private beat(): void {
    this.bus.messages.publish(heartbeatTopic(), JSON.stringify({ epoch: this.epoch, at: this.clock.now() }));
    this.cancelBeat = this.clock.after(HEARTBEAT_EVERY_MS, () => this.beat());
  }
}
