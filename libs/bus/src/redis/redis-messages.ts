import { randomUUID } from 'node:crypto';
import type { Cancel, Millis, Topic } from '#libs/core';
import type { Subscribers } from '../local/subscribers.js';
import type { BusState, Deliver, Messages, Subscription } from '../ports/messages.js';
import { Liveness, type LivenessParts } from './pubsub/liveness.js';
import { RedisPublisher } from './pubsub/publisher.js';
import { RedisSubscriber } from './pubsub/subscriber.js';

interface RedisMessagesOptions {
  prefix: string;
  queueBytes: number;
  flushMs: Millis;
}

/** Messages over Redis pub/sub: two connections, one of which only hears. */
export class RedisMessages implements Messages {
  readonly liveness: Liveness;
  readonly publisher: RedisPublisher;
  private readonly subscriber: RedisSubscriber;
  private readonly prefix: string;
  private readonly echoTopic = `holdfast:echo:${randomUUID()}`;

  constructor(
    { prefix, queueBytes, flushMs }: RedisMessagesOptions,
    parts: LivenessParts,
    private readonly subscribers: Subscribers,
  ) {
    const { publishing, subscribing, clock, counts, log } = parts;
    this.prefix = prefix;
    const refused = (why: string): void => this.liveness.refused(why);
    this.publisher = new RedisPublisher(publishing.redis, queueBytes, clock, counts, refused, flushMs);
    this.subscriber = new RedisSubscriber(subscribing.redis, clock, {
      settled: () => this.liveness.echoIfDown(),
      refused: (channels, why) => {
        if (isOfConnection(why)) return this.liveness.refused(why);
        log.warn(refusal(channels, why), 'Redis refuses channels; they are asked for again');
        if (channels.includes(prefix + this.echoTopic)) this.liveness.refused(why);
      },
    });
    this.liveness = new Liveness(parts, {
      send: () => this.publishAsk(this.echoTopic, ''),
      isWhole: () => this.subscriber.isWhole,
    });
    this.listen(this.echoTopic, () => this.liveness.heard());
    subscribing.redis.on('messageBuffer', (channel: Buffer, text: Buffer) =>
      subscribers.deliver(channel.toString().slice(prefix.length), text.toString()),
    );
  }

  get state(): BusState {
    return this.liveness.state;
  }

  publish(topic: Topic, text: string): void {
    this.publisher.publish(this.prefix + topic, text);
  }

  publishAsk(topic: Topic, text: string): void {
    this.publisher.publishAsk(this.prefix + topic, text);
  }

  subscribe(topic: Topic, deliver: Deliver): Subscription {
    return this.hear(topic, deliver, 'others');
  }

  /** The same for a channel without which the bus itself does not work. */
  listen(topic: Topic, deliver: Deliver): Subscription {
    return this.hear(topic, deliver, 'own');
  }

  onState(listener: (state: BusState) => void): () => void {
    return this.liveness.onState(listener);
  }

  /** Which topics Redis refuses, with its words; a few of them, and how many there are. */
  refused(): object {
    const channels = this.subscriber.refused();
    const topics = channels.slice(0, 10).map(({ name, why }) => ({ topic: name.slice(this.prefix.length), why }));
    return { count: channels.length, topics };
  }

  /** Hands what was published last to the connection now. */
  flush(): void {
    this.publisher.flush();
  }

  private hear(topic: Topic, deliver: Deliver, kind: 'own' | 'others'): Subscription {
    const remove = this.subscribers.add(topic, deliver);
    const channel = this.subscriber.want(this.prefix + topic, kind);
    const forget: Cancel[] = [];
    return {
      ready: channel.ready,
      onRefused: (listener) => void forget.push(channel.onRefused(listener)),
      end: () => {
        for (const one of forget) one();
        if (remove()) this.subscriber.drop(this.prefix + topic);
      },
    };
  }
}

/** Names enough channels to know what is meant; a whole edge may be refused at once. */
const refusal = (channels: readonly Topic[], why: string): object => ({
  code: 'bus.channels-refused',
  why,
  channels: channels.slice(0, 10),
  count: channels.length,
});

/** Who may not come in is refused everything: that is said of Redis once, not of each channel with each attempt. */
const isOfConnection = (why: string): boolean => /^(NOAUTH|WRONGPASS)\b/.test(why);
