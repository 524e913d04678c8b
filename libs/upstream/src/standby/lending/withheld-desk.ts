import type { Ask, Subscription } from '#libs/bus';
import {
  MOST_ANSWERED_LETTERS,
  type Millis,
  type Topic,
  type WithheldAnswer,
  encode,
  readWithheldQuestion,
} from '#libs/core';
import type { Series } from '../../streams/series.js';
import type { Streams } from '../../streams/streams.js';
import { isTornBehind } from '../../streams/speaking.js';
import { lentOf } from './lent.js';
import type { Listening } from '../listening.js';

interface WithheldDeskParts {
  ask: Ask;
  channel: Topic;
  streams: Pick<Streams, 'wanted'>;
  listening: Pick<Listening, 'of'>;
  /** As `Listening` is told it. */
  carriedSince: (series: Series) => Millis | undefined;
  lagMs: Millis;
}

/**
 * While this upstream stands by it is a spare line of the one that publishes: all that its own lines have brought and that one has not said
 * is here, and given to it where it lacks something. Of what it has said already it lacks nothing.
 */
export class WithheldDesk {
  private answers: Subscription | undefined;

  constructor(private readonly parts: WithheldDeskParts) {}

  start(): void {
    const { ask, channel } = this.parts;
    this.answers = ask.answer(channel, (question) => this.answer(question));
  }

  stop(): void {
    this.answers?.end();
  }

  private answer(value: unknown): WithheldAnswer | undefined {
    const question = readWithheldQuestion(value);
    const series = question && this.parts.streams.wanted.get(question.stream);
    if (!question || !series?.withheld) return undefined;
    // Also where no line of ours carries it: that it stands by is known then.
    const { events, isPast } = lentOf(series, question);
    const texts: string[] = [];
    let letters = 0;
    for (const event of events) {
      const text = encode(event);
      letters += text.length;
      if (texts.length > 0 && letters > MOST_ANSWERED_LETTERS) return { events: texts, isAll: false };
      texts.push(text);
    }
    return { events: texts, isAll: question.to === undefined ? this.isSure(series) : isPast };
  }

  /** Whether all that comes behind what the other one has said is here, or will be. */
  private isSure(series: Series): boolean {
    const { listening, carriedSince, lagMs } = this.parts;
    const heard = listening.of(series.name.name);
    return heard?.isSure(carriedSince(series), lagMs) === true && !isTornBehind(series, heard.mark?.event);
  }
}
