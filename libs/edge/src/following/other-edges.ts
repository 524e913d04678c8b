import type { Ask, Subscription } from '#libs/bus';
import {
  type Clock,
  type Millis,
  type MissedAnswer,
  type MissedQuestion,
  type Place,
  type StreamName,
  type Topic,
  readMissedAnswer,
  readMissedQuestion,
} from '#libs/core';

const ANSWER_WITHIN_MS: Millis = 1_000;

/** What one edge answers in a second, so that no asker is flooded where the ends of many streams are asked for. */
const MOST_ANSWERED_BYTES = 2_000_000;

/** A stream, as far as its messages can be told to another edge. */
export interface ToldStream {
  readonly recent: { readonly texts: readonly string[] } | undefined;
  /** Where a message of the stream stands, whatever it says. */
  placeOfMessage(text: string): Place | undefined;
}

interface OtherEdgesParts {
  ask: Ask;
  clock: Pick<Clock, 'now'>;
  channel: Topic;
  /** A stream that is wanted here. */
  find(name: StreamName): ToldStream | undefined;
}

/**
 * Asks the other edges for the end of a term that is over, where the upstream that has taken over never had it, and answers them: all
 * of what is asked for, or nothing.
 */
export class OtherEdges {
  private answers: Subscription | undefined;
  private readonly answered = { since: -Infinity, bytes: 0 };

  constructor(private readonly parts: OtherEdgesParts) {}

  start(): void {
    const { ask, channel } = this.parts;
    this.answers = ask.answer(channel, (question) => this.answer(readMissedQuestion(question)));
  }

  stop(): void {
    this.answers?.end();
  }

  /** Told once: all that was asked for, in order, or nothing. */
  fetch(question: MissedQuestion, stream: ToldStream, told: (texts: readonly string[]) => void): void {
    const { ask, channel } = this.parts;
    ask.ask(channel, question, ANSWER_WITHIN_MS, (answer) =>
      told(missedIn(readMissedAnswer(answer).texts, stream, question)),
    );
  }

  private answer(question: MissedQuestion | undefined): MissedAnswer | undefined {
    const stream = question && this.parts.find(question.stream);
    const texts = stream ? missedIn(stream.recent?.texts ?? [], stream, question) : [];
    return texts.length > 0 && this.mayAnswer(texts) ? { texts } : undefined;
  }

  private mayAnswer(texts: readonly string[]): boolean {
    const { answered } = this;
    const now = this.parts.clock.now();
    if (now - answered.since >= 1_000) Object.assign(answered, { since: now, bytes: 0 });
    answered.bytes += texts.reduce((sum, { length }) => sum + length, 0);
    return answered.bytes <= MOST_ANSWERED_BYTES;
  }
}

/** Those that were asked for, if all of them are among these, in order; else none. */
export function missedIn(texts: readonly string[], stream: ToldStream, { epoch, after, to }: MissedQuestion): string[] {
  const found: string[] = [];
  for (const text of texts) {
    const place = stream.placeOfMessage(text);
    if (place?.epoch === epoch && place.seq === after + found.length + 1 && place.seq <= to) found.push(text);
  }
  return found.length === to - after ? found : [];
}
