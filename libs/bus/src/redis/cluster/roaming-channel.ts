import type { Cancel, Topic } from '#libs/core';
import type { Lane } from '../pubsub/lane.js';
import type { WantedChannel } from '../pubsub/wanted-channel.js';

type DeafListener = (why: string | undefined) => void;

/** Told while a topic goes from one shard to another: what is published meanwhile is not heard. */
const MOVES = 'the channel goes to another shard of the cluster';

/** One topic that somebody wants to hear, on whichever shard it is. It lives for as long as it is wanted. */
export class RoamingChannel {
  /** Resolves once it is heard for the first time. */
  readonly ready: Promise<void>;
  private resolveReady!: () => void;
  lane: Lane | undefined;
  private channel: WantedChannel | undefined;
  private forget: Cancel = () => undefined;
  /** What is wrong with its shard, with this channel there, and with the way between shards. */
  private readonly causes: { shard?: string | undefined; channel?: string | undefined; way?: string | undefined } = {};
  private told: string | undefined;
  private readonly listeners = new Set<DeafListener>();

  constructor(
    readonly topic: Topic,
    private readonly kind: 'own' | 'others',
  ) {
    this.ready = new Promise((resolve) => {
      this.resolveReady = resolve;
    });
  }

  /**
   * From now on it is wanted there.
   *
   * @param isTold whether whoever hears it knows that nothing is heard, and will ask when the bus is up.
   */
  goTo(lane: Lane | undefined, isTold: boolean): void {
    this.leave();
    const { lane: before } = this;
    this.lane = lane;
    if (before && !isTold) this.causes.way = MOVES;
    this.causes.channel = undefined;
    const channel = lane?.want(this.topic, this.kind);
    this.channel = channel;
    if (!channel) return this.tell();
    const forget = channel.onRefused((why) => {
      this.causes.channel = why;
      if (why === undefined) this.stands();
      else this.tell();
    });
    this.forget = forget;
    void channel.ready.then(() => {
      if (this.channel === channel) this.stands();
    });
    this.tell();
  }

  /** What keeps its shard from carrying messages; undefined where nothing does, or everybody is told already. */
  shardIs(why: string | undefined): void {
    this.causes.shard = why;
    // Where a connection was lost, what was refused on it is not any more, and nobody says so.
    this.causes.channel = this.channel?.why;
    this.tell();
  }

  /** Nobody wants it any more. */
  leave(): void {
    this.forget();
    this.forget = () => undefined;
    if (this.channel) this.lane?.drop(this.topic);
    this.channel = undefined;
  }

  onDeaf(listener: DeafListener): Cancel {
    this.listeners.add(listener);
    if (this.told !== undefined) listener(this.told);
    return () => this.listeners.delete(listener);
  }

  private stands(): void {
    this.causes.way = undefined;
    this.resolveReady();
    this.tell();
  }

  private tell(): void {
    const { shard, channel, way } = this.causes;
    const why = shard ?? channel ?? way;
    if (why === this.told) return;
    this.told = why;
    for (const listener of this.listeners) listener(why);
  }
}
