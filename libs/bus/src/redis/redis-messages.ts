import { randomUUID } from 'node:crypto';
import type { Topic } from '#libs/core';
import type { Subscribers } from '../local/subscribers.js';
import type { BusState, Deliver, Messages, Subscription } from '../ports/messages.js';
import { Liveness, type LivenessParts } from './liveness.js';
import { RedisPublisher } from './publisher.js';
import { RedisSubscriber } from './subscriber.js';

interface RedisMessagesOptions {
  prefix: string;
  queueBytes: number;
}

/** Messages over Redis pub/sub: two connections, one of which only hears. */
export class RedisMessages implements Messages {
  readonly liveness: Liveness;
  private readonly publisher: RedisPublisher;
  private readonly subscriber: RedisSubscriber;
  private readonly prefix: string;
  private readonly echoTopic = `holdfast:echo:${randomUUID()}`;

  constructor(
    { prefix, queueBytes }: RedisMessagesOptions,
    parts: LivenessParts,
    private readonly subscribers: Subscribers,
  ) {
    const { publishing, subscribing, counts } = parts;
    this.prefix = prefix;
    this.publisher = new RedisPublisher(publishing, queueBytes, counts);
    this.subscriber = new RedisSubscriber(subscribing, {
      subscribed: () => this.liveness.echoIfDown(),
      refused: (why) => this.liveness.refused(why),
    });
    this.liveness = new Liveness(parts, {
      send: () => this.publishAsk(this.echoTopic, ''),
      isWhole: () => this.subscriber.isWhole,
    });
    this.subscribe(this.echoTopic, () => this.liveness.heard());
    subscribing.on('messageBuffer', (channel: Buffer, text: Buffer) =>
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
    const remove = this.subscribers.add(topic, deliver);
    const ready = this.subscriber.want(this.prefix + topic);
    const end = (): void => {
      if (remove()) this.subscriber.drop(this.prefix + topic);
    };
    return { ready, end };
  }

  onState(listener: (state: BusState) => void): () => void {
    return this.liveness.onState(listener);
  }

  /** Hands what was published last to the connection now. */
  flush(): void {
    this.publisher.flush();
  }
}
