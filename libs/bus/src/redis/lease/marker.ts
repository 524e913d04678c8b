import type { Clock, Millis, Topic } from '#libs/core';
import type { BusState, Deliver } from '../../ports/messages.js';

/** What a marker needs of its bus's messages. */
export interface MarkerPorts {
  /** A name that nobody else has, of a channel that goes where the messages go. */
  readonly topic: Topic;
  readonly state: BusState;
  onState(listener: (state: BusState) => void): () => void;
  listen(topic: Topic, deliver: Deliver): { readonly ready: Promise<void> };
  publishAsk(topic: Topic, text: string): void;
}

/**
 * A message to ourselves that comes back behind all that Redis had carried before: it gives every subscriber its messages in
 * the order in which it has carried them out.
 */
export class Marker {
  private readonly waiting = new Map<string, (isHeard: boolean) => void>();
  private standing: Promise<void> | undefined;
  private last = 0;

  constructor(
    private readonly messages: MarkerPorts,
    private readonly clock: Clock,
  ) {}

  /** Begins to listen, so that a marker comes back when it is needed. */
  stand(): Promise<void> {
    this.standing ??= this.messages.listen(this.messages.topic, (text) => this.waiting.get(text)?.(true)).ready;
    return this.standing;
  }

  /** Whether one that leaves now comes back over the present connections, and in time. */
  heardAll(withinMs: Millis): Promise<boolean> {
    if (this.messages.state === 'down') return Promise.resolve(false);
    const text = `${++this.last}`;
    return new Promise((resolve) => {
      const settle = (isHeard: boolean): void => {
        cancel();
        forget();
        this.waiting.delete(text);
        resolve(isHeard);
      };
      const cancel = this.clock.after(withinMs, () => settle(false));
      const forget = this.messages.onState(() => settle(false));
      this.waiting.set(text, settle);
      void this.stand().then(() => {
        if (this.waiting.has(text)) this.messages.publishAsk(this.messages.topic, text);
      });
    });
  }
}
