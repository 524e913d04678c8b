import { randomUUID } from 'node:crypto';
import type { Cancel, Millis, Topic } from '#libs/core';
import type { Subscribers } from '../../local/subscribers.js';
import type { BusState, Deliver, Subscription } from '../../ports/messages.js';
import { type RedisConnection, cut } from './connection.js';
import { Liveness, type LivenessParts } from './liveness.js';
import { RedisPublisher } from './publisher.js';
import type { RedisNames } from './redis-names.js';
import { RedisSubscriber } from './subscriber.js';
import { type WantedChannel, saysMoved } from './wanted-channel.js';

/** What a lane is of. */
export interface LanePlace {
  /** Told apart from other lanes by it. */
  name: string;
  /** Stands in the names of channels of its own, so that they are at this Redis. */
  tag: string;
  /** Whether it is a shard of a cluster, whose channels are sharded ones. */
  isShard: boolean;
  names: RedisNames;
  queueBytes: number;
  flushMs: Millis;
  /** Told when Redis says that something belongs to another shard by now. */
  moved?(): void;
  /** Told when Redis has answered for some channels. */
  settled?(): void;
}

/** Two connections to one Redis over which messages go: one publishes, and one hears, because that can do nothing else. */
export class Lane {
  readonly liveness: Liveness;
  readonly publisher: RedisPublisher;
  readonly name: string;
  /** Stands in the names of channels that are at this Redis. */
  readonly tag: string;
  /** Its name, where it is a shard. */
  readonly shard: string | undefined;
  private readonly subscriber: RedisSubscriber;
  private readonly echo: Subscription;

  constructor(
    private readonly place: LanePlace,
    readonly parts: LivenessParts,
    private readonly subscribers: Subscribers,
  ) {
    const { publishing, subscribing, clock, counts } = parts;
    const { names, queueBytes, flushMs, isShard } = place;
    this.name = place.name;
    this.tag = place.tag;
    this.shard = isShard ? place.name : undefined;
    const verb = isShard ? 'SPUBLISH' : 'PUBLISH';
    this.publisher = new RedisPublisher(publishing.redis, queueBytes, clock, counts, this.refuses, flushMs, verb);
    const settled = (): void => {
      this.liveness.echoIfDown();
      place.settled?.();
    };
    const watch = { settled, refused: this.channelsRefused };
    this.subscriber = new RedisSubscriber(subscribing.redis, clock, watch, isShard);
    const echoTopic = this.ownTopic('echo');
    this.liveness = new Liveness(parts, {
      send: () => this.publishAsk(echoTopic, ''),
      isWhole: () => this.isWhole,
    });
    this.echo = this.hear(echoTopic, () => this.liveness.heard(), 'own');
    subscribing.redis.on(isShard ? 'smessageBuffer' : 'messageBuffer', (channel: Buffer, text: Buffer) =>
      subscribers.deliver(names.topic(channel.toString()), text.toString()),
    );
    if (isShard) leaveWhatMoved(subscribing, () => place.moved?.());
  }

  get state(): BusState {
    return this.liveness.state;
  }

  /** Whether every subscription stands that Redis does not refuse. */
  get isWhole(): boolean {
    return this.subscriber.isWhole;
  }

  /** The name of a topic of our own that is at this Redis. */
  ownTopic(kind: string): Topic {
    return `holdfast:${kind}:${this.tag}${randomUUID()}`;
  }

  channelOf(topic: Topic): string {
    return this.place.names.channel(topic);
  }

  publish(topic: Topic, text: string): void {
    this.publisher.publish(this.channelOf(topic), text);
  }

  publishAsk(topic: Topic, text: string): void {
    this.publisher.publishAsk(this.channelOf(topic), text);
  }

  /** The bus itself does not work without what is its own. */
  hear(topic: Topic, deliver: Deliver, kind: 'own' | 'others'): Subscription {
    const remove = this.subscribers.add(topic, deliver);
    const channel = this.want(topic, kind);
    const forget: Cancel[] = [];
    return {
      ready: channel.ready,
      onRefused: (listener) => void forget.push(channel.onRefused(listener)),
      end: () => {
        for (const one of forget) one();
        if (remove()) this.drop(topic);
      },
    };
  }

  /** From now on Redis is to deliver the topic here, to whoever subscribes to it in this process. */
  want(topic: Topic, kind: 'own' | 'others'): WantedChannel {
    return this.subscriber.want(this.channelOf(topic), kind);
  }

  drop(topic: Topic): void {
    this.subscriber.drop(this.channelOf(topic));
  }

  onState(listener: (state: BusState) => void): () => void {
    return this.liveness.onState(listener);
  }

  /** The channels that Redis refuses now. */
  refused(): WantedChannel[] {
    return this.subscriber.refused();
  }

  /** Tries nothing more, and hands what was published last to the connection. */
  halt(): void {
    this.liveness.stop();
    this.publisher.flush();
  }

  /** No connection is left. */
  end(): void {
    this.echo.end();
    this.parts.publishing.redis.disconnect();
    this.parts.subscribing.redis.disconnect();
    this.liveness.ended();
  }

  private readonly refuses = (why: string): void => {
    if (saysMoved(why)) this.place.moved?.();
    else this.liveness.refused(why);
  };

  private readonly channelsRefused = (channels: readonly Topic[], why: string): void => {
    if (saysMoved(why) || IS_OF_CONNECTION.test(why)) return this.refuses(why);
    this.parts.log.warn(refusal(channels, why), 'Redis refuses channels; they are asked for again');
    if (channels.some((name) => name.includes(ECHO))) this.liveness.refused(why);
  };
}

/**
 * A slot that has gone to another shard takes its channels along: Redis says so as if we had left them, and ioredis takes it for the
 * answer to whatever was asked last. So nothing is known of this connection any more; the next one asks for what is left.
 */
function leaveWhatMoved(subscribing: RedisConnection, moved?: () => void): void {
  subscribing.redis.on('error', ({ message }: Error) => {
    if (!message.startsWith('Command queue state error')) return;
    moved?.();
    cut(subscribing);
  });
}

/** Tells of every publishing connection of a lane that is there, or is gone. */
export function connectionsOf(lane: Lane, tell: (lane: Lane, isThere: boolean) => void): Cancel {
  const { redis } = lane.parts.publishing;
  const there = (): void => tell(lane, true);
  const gone = (): void => tell(lane, false);
  redis.on('ready', there);
  redis.on('close', gone);
  return () => void redis.off('ready', there).off('close', gone);
}

const ECHO = 'holdfast:echo:';

/** Who may not come in is refused everything: that is said of Redis once, not of each channel with each attempt. */
const IS_OF_CONNECTION = /^(NOAUTH|WRONGPASS)\b/;

/** Names enough channels to know what is meant; a whole edge may be refused at once. */
const refusal = (channels: readonly Topic[], why: string): object => ({
  code: 'bus.channels-refused',
  why,
  channels: channels.slice(0, 10),
  count: channels.length,
});
