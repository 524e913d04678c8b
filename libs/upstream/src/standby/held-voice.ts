import type { Holding, Messages } from '#libs/bus';
import type { Topic } from '#libs/core';

/** Where streams are said by a lease: whatever is held now carries it. Without one nothing leaves. */
export class HeldVoice implements Pick<Messages, 'publish'> {
  holding: Holding | undefined;

  publish(topic: Topic, text: string): void {
    this.holding?.messages.publish(topic, text);
  }
}
