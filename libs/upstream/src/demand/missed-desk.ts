import type { Ask, Subscription } from '#libs/bus';
import { type Clock, MOST_ANSWERED_LETTERS, type MissedAnswer, type Topic, readMissedQuestion } from '#libs/core';
import { Pace, type PaceLimit } from '../streams/pace.js';
import type { Streams } from '../streams/streams.js';

/**
 * What was missed leaves so fast, over all streams and to all who ask, in letters. Redis cuts a subscriber whose unread output is
 * 32 MB, or 8 MB for a minute: that much in a second is gone again in the next one.
 */
const MISSED_PACE: PaceLimit = { perSecond: 8_000_000, atOnce: 4_000_000 };

interface MissedDeskParts {
  ask: Ask;
  channel: Topic;
  streams: Pick<Streams, 'wanted'>;
  clock: Pick<Clock, 'now'>;
}

/**
 * Gives those who have missed messages of this upstream what it keeps of them. Somebody who asks in a rush is told to ask again:
 * silence would mean that they are not here.
 */
export class MissedDesk {
  private answers: Subscription | undefined;
  private readonly pace: Pace;

  constructor(private readonly parts: MissedDeskParts) {
    this.pace = new Pace(MISSED_PACE, parts.clock.now());
  }

  start(): void {
    const { ask, channel } = this.parts;
    this.answers = ask.answer(channel, (question) => this.answer(question));
  }

  stop(): void {
    this.answers?.end();
  }

  private answer(value: unknown): MissedAnswer | undefined {
    const question = readMissedQuestion(value);
    if (!question) return undefined;
    const { history } = this.parts.streams.wanted.get(question.stream) ?? {};
    const texts = history?.missed(question, MOST_ANSWERED_LETTERS) ?? [];
    if (texts.length === 0) return undefined;
    if (!this.pace.isFree(this.parts.clock.now())) return { texts: [] };
    this.pace.spend(texts.reduce((sum, { length }) => sum + length, 0));
    return { texts };
  }
}
