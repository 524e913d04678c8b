import type { Messages, Subscription } from '#libs/bus';
import { type Channels, type LastBeat, MOST_REACHED, type Mark, asksReached, encodeReached } from '#libs/core';
import type { EdgeStream } from './edge-stream.js';

interface ReachedVoiceParts {
  /** This edge's id. */
  edge: string;
  channels: Channels;
  messages: Messages;
  streams(): EdgeStream[];
  beat(): LastBeat | undefined;
}

/**
 * Tells an upstream that has just started how far this edge got on each stream: what was really delivered is known by edges, and
 * a new upstream goes on behind that.
 */
export class ReachedVoice {
  private call: Subscription | undefined;

  constructor(private readonly parts: ReachedVoiceParts) {}

  start(): void {
    const { messages, channels } = this.parts;
    this.call = messages.subscribe(channels.demandCall, (text) => {
      if (asksReached(text)) this.tell();
    });
  }

  stop(): void {
    this.call?.end();
  }

  private tell(): void {
    const { edge, channels, messages } = this.parts;
    const marks = this.parts.streams().flatMap((stream) => markOf(stream) ?? []);
    const beat = this.parts.beat();
    // Whoever has nothing to tell says that, too: he is not to be waited for.
    const count = Math.max(1, Math.ceil(marks.length / MOST_REACHED));
    for (let at = 0; at < count; at += 1) {
      const some = marks.slice(at * MOST_REACHED, (at + 1) * MOST_REACHED);
      messages.publish(channels.reached, encodeReached({ edge, beat, marks: some, part: [at, count] }));
    }
  }
}

const markOf = ({ place, last }: EdgeStream): Mark | undefined =>
  last === undefined ? undefined : { place, event: last };
