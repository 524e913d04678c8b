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
    for (let from = 0; from < marks.length; from += MOST_REACHED) {
      const some = marks.slice(from, from + MOST_REACHED);
      messages.publish(channels.reached, encodeReached({ edge, beat, marks: some }));
    }
  }
}

const markOf = ({ place, last }: EdgeStream): Mark | undefined =>
  last === undefined ? undefined : { place, event: last };
