import type { Cancel, Topic } from '#libs/core';
import type { BusState, Deliver, Subscription } from '../../ports/messages.js';
import type { Subscribers } from '../../local/subscribers.js';
import type { Lanes } from '../pubsub/carrier.js';
import type { Lane } from '../pubsub/lane.js';
import { RoamingChannel } from './roaming-channel.js';

/** The channels that are wanted of a cluster, each on the shard that has its slot. */
export class RoamingChannels {
  private readonly byTopic = new Map<Topic, RoamingChannel>();

  constructor(
    private readonly lanes: Lanes,
    private readonly subscribers: Subscribers,
    /** Of home. */
    private readonly state: () => BusState,
  ) {}

  hear(topic: Topic, deliver: Deliver, kind: 'own' | 'others'): Subscription {
    const remove = this.subscribers.add(topic, deliver);
    const channel = this.byTopic.get(topic) ?? new RoamingChannel(topic, kind);
    if (!this.byTopic.has(topic)) {
      this.byTopic.set(topic, channel);
      this.place(channel);
    }
    const forget: Cancel[] = [];
    return {
      ready: channel.ready,
      onRefused: (listener) => void forget.push(channel.onDeaf(listener)),
      end: () => {
        for (const one of forget) one();
        if (!remove()) return;
        channel.leave();
        this.byTopic.delete(topic);
      },
    };
  }

  /** Slots have gone elsewhere. */
  placeAll(): void {
    for (const channel of this.byTopic.values()) this.place(channel);
  }

  /** A lane is up, or is down. */
  changed(lane: Lane): void {
    for (const channel of this.byTopic.values()) if (channel.lane === lane) channel.shardIs(this.causeAt(lane));
  }

  private place(channel: RoamingChannel): void {
    const lane = this.lanes.of(channel.topic);
    // Whoever has been told that the bus is down asks for everything when it is up.
    const isTold = this.state() === 'down' && (lane === this.lanes.home || lane === undefined);
    if (lane !== channel.lane) channel.goTo(lane, isTold);
    channel.shardIs(this.causeAt(lane));
  }

  private causeAt(lane: Lane | undefined): string | undefined {
    if (lane === this.lanes.home || this.lanes.all.length === 0) return undefined;
    if (lane === undefined) return 'no shard of the cluster has the slot of this channel';
    return lane.state === 'up' ? undefined : `the shard at ${lane.parts.address} does not carry messages`;
  }
}
