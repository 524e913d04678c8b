import type { BusState, Deliver, Messages, Subscription } from '#libs/bus';
import { type HistoryShelf, type Place, type StreamEvent, encode } from '#libs/core';
import { seriesTools, streamOf } from '../../../../test/support/series-rig.js';
import { Series } from '../streams/series.js';

/** One subscription, as the bus has it. */
export interface HandSubscription {
  topic: string;
  deliver: Deliver;
  stand(): void;
  refuse(why: string | undefined): void;
}

/** A bus in the test's hands: what it delivers, whether it is up, when a subscription stands. */
export class HandMessages implements Messages {
  state: BusState = 'up';
  subscriptions: HandSubscription[] = [];
  listeners: ((state: BusState) => void)[] = [];

  publish(topic: string, text: string): void {
    for (const { topic: one, deliver } of this.subscriptions) if (one === topic) deliver(text);
  }

  subscribe(topic: string, deliver: Deliver): Subscription {
    let told: (why: string | undefined) => void = () => undefined;
    let stand: () => void = () => undefined;
    const ready = new Promise<void>((resolve) => (stand = resolve));
    const one: HandSubscription = { topic, deliver, stand, refuse: (why) => told(why) };
    this.subscriptions.push(one);
    return {
      ready,
      onRefused: (listener) => (told = listener),
      end: () => {
        this.subscriptions = this.subscriptions.filter((other) => other !== one);
      },
    };
  }

  onState(listener: (state: BusState) => void): () => void {
    this.listeners.push(listener);
    return () => (this.listeners = this.listeners.filter((other) => other !== listener));
  }

  become(state: BusState): void {
    this.state = state;
    for (const listener of this.listeners) listener(state);
  }

  /** All that was asked for is delivered from now on. */
  async stand(): Promise<void> {
    for (const one of this.subscriptions) one.stand();
    await Promise.resolve();
  }
}

const tools = seriesTools();

/** A stream that is wanted. */
export const wantedSeries = (name: string, shelf?: HistoryShelf): Series =>
  new Series(streamOf(name), tools, { topic: `topic of ${name}`, at: 0, seq: 0, history: shelf?.open() });

/** An event with its fields in the order in which they are published. */
export function inOrder<E extends StreamEvent>(event: E, place: Place = { epoch: 0, seq: 0 }): E {
  const { type, stream } = event;
  return Object.assign({ type, stream }, event, place);
}

/** The text of an event as it was published. */
export const textOf = (event: StreamEvent, place: Place): string => encode(inOrder(event, place));
