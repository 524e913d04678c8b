import type { Ask, Messages, Subscription } from '#libs/bus';
import {
  type Cancel,
  type Clock,
  type Epoch,
  MOST_ANSWERED_LETTERS,
  type MissedAnswer,
  type MissedQuestion,
  type Place,
  type StreamHistory,
  type StreamName,
  type Topic,
  readMissedQuestion,
} from '#libs/core';
import { Absence } from './absence.js';
import { type BusHealth, Fetching } from './fetching.js';

/** What one edge answers in a second, so that no asker is flooded where the ends of many streams are asked for. */
const MOST_ANSWERED_BYTES = 2_000_000;

/** A stream, as far as its messages can be told to somebody else, or be had from there. */
export interface ToldStream {
  readonly history: Pick<StreamHistory, 'missed'> | undefined;
  /** Where a message of the stream stands, whatever it says. */
  placeOfMessage(text: string): Place | undefined;
}

interface OtherEdgesParts {
  ask: Ask;
  messages: Pick<Messages, 'state' | 'onState'>;
  clock: Pick<Clock, 'now' | 'after'>;
  channel: Topic;
  /** Whether there is an upstream of this term that may not have heard what it was asked. */
  mayBeDeaf(epoch: Epoch): boolean;
  /** A stream that is wanted here. */
  find(name: StreamName): ToldStream | undefined;
}

/**
 * Asks the other edges and the upstream for messages that this one has missed, and answers other edges, and whoever else asks: all of
 * what is asked for, or nothing.
 */
export class OtherEdges {
  private answers: Subscription | undefined;
  /** Of the bus, here and so everywhere. */
  private readonly absence: Absence;
  private forgetBus: () => void = () => undefined;
  private readonly answered = { since: -Infinity, bytes: 0 };

  constructor(private readonly parts: OtherEdgesParts) {
    this.absence = new Absence(parts.clock);
  }

  start(): void {
    const { ask, channel, messages } = this.parts;
    this.forgetBus = messages.onState(() => this.absence.ends());
    this.answers = ask.answer(channel, (question) => this.answer(readMissedQuestion(question)));
  }

  stop(): void {
    this.answers?.end();
    this.forgetBus();
  }

  /**
   * Told once: all that was asked for, in order, or nothing.
   *
   * @param question may be about more messages than one question of the wire.
   * @returns what makes it ask and tell nothing more.
   */
  fetch(question: MissedQuestion, stream: ToldStream, told: (texts: readonly string[]) => void): Cancel {
    const fetching = new Fetching({ ...this.parts, bus: () => this.health(question.epoch), question, stream, told });
    fetching.next();
    return () => fetching.end();
  }

  private health(epoch: Epoch): BusHealth {
    if (this.parts.messages.state === 'down') return 'down';
    return this.absence.isRecent || this.parts.mayBeDeaf(epoch) ? 'shaky' : 'well';
  }

  private answer(question: MissedQuestion | undefined): MissedAnswer | undefined {
    if (!question) return undefined;
    const texts = this.parts.find(question.stream)?.history?.missed(question, MOST_ANSWERED_LETTERS) ?? [];
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
