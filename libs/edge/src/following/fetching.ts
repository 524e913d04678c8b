import type { Ask } from '#libs/bus';
import {
  type Clock,
  MOST_MISSED,
  type Millis,
  type MissedAnswer,
  type MissedQuestion,
  type Place,
  type Topic,
  readMissedAnswer,
} from '#libs/core';

/** Who is asked has so long for each answer. */
export const ANSWER_WITHIN_MS: Millis = 1_000;

/** Whoever has the messages and is too busy is asked again after so long; so is everybody once the bus carries questions. */
const AGAIN_AFTER_MS: Millis = 200;

/** Where everybody should hear, one question may still be lost on the way: nobody has the messages when so many are not answered. */
const MOST_UNANSWERED = 2;

/** So long all of it may take, for what comes of the stream waits meanwhile; and so long where the bus has just been away. */
const ALL_WITHIN_MS: Millis = 5_000;
const ALL_AFTER_TROUBLE_WITHIN_MS: Millis = 15_000;

/** With more letters than this it is given up. */
const MOST_FETCHED_LETTERS = 16_000_000;

export type BusHealth = 'down' | 'shaky' | 'well';

interface FetchingParts {
  ask: Pick<Ask, 'ask'>;
  clock: Pick<Clock, 'now' | 'after'>;
  channel: Topic;
  /** Whether the bus carries questions: not while it is `down`, and those who have the messages may not hear them when it is `shaky`. */
  bus(): BusHealth;
  question: MissedQuestion;
  stream: { placeOfMessage(text: string): Place | undefined };
  told(texts: readonly string[]): void;
}

/** Asks for a range of messages, one question after the other, each behind what the last answer has brought. */
export class Fetching {
  private readonly texts: string[] = [];
  private letters = 0;
  private readonly beganAt: Millis;
  private withinMs = ALL_WITHIN_MS;
  private unanswered = 0;
  private isOver = false;

  constructor(private readonly parts: FetchingParts) {
    this.beganAt = parts.clock.now();
  }

  /** Nobody wants it any more: nothing is told, and nothing more is asked. */
  end(): void {
    this.isOver = true;
  }

  next(): void {
    if (this.isOver) return;
    const { ask, channel, question, clock } = this.parts;
    const after = question.after + this.texts.length;
    if (after >= question.to) return this.parts.told(this.texts);
    const health = this.parts.bus();
    if (health !== 'well') this.withinMs = ALL_AFTER_TROUBLE_WITHIN_MS;
    if (clock.now() - this.beganAt >= this.withinMs) return this.parts.told([]);
    if (health === 'down') return this.again();
    const asked = { ...question, after, to: Math.min(question.to, after + MOST_MISSED) };
    ask.ask(channel, asked, ANSWER_WITHIN_MS, (answer) => this.answered(readMissedAnswer(answer), asked));
  }

  private answered(answer: MissedAnswer | undefined, asked: MissedQuestion): void {
    if (this.isOver) return;
    const { stream } = this.parts;
    this.unanswered = answer ? 0 : this.unanswered + 1;
    const mayBeUnheard = !answer && this.parts.bus() !== 'well';
    if (mayBeUnheard || answer?.texts.length === 0) return this.again();
    if (!answer && this.unanswered < MOST_UNANSWERED) return this.next();
    const texts = missedIn(answer?.texts ?? [], stream, asked);
    this.letters += texts.reduce((sum, { length }) => sum + length, 0);
    if (texts.length === 0 || this.letters > MOST_FETCHED_LETTERS) return this.parts.told([]);
    for (const text of texts) this.texts.push(text);
    this.next();
  }

  private again(): void {
    this.parts.clock.after(AGAIN_AFTER_MS, () => this.next());
  }
}

/** Those that were asked for, from the first on, as far as nothing is missing between them. */
export function missedIn(
  texts: readonly string[],
  stream: FetchingParts['stream'],
  { epoch, after, to }: MissedQuestion,
): string[] {
  const found: string[] = [];
  for (const text of texts) {
    const place = stream.placeOfMessage(text);
    const isNext = place?.epoch === epoch && place.seq === after + found.length + 1 && place.seq <= to;
    if (!isNext) break;
    found.push(text);
  }
  return found;
}
