import type { Ask, Messages } from '#libs/bus';
import {
  type Cancel,
  type Clock,
  MOST_WELCOMES,
  type Millis,
  type Topic,
  type Welcome,
  type WelcomeQuestion,
  doubled,
  readWelcomeAnswer,
} from '#libs/core';
import type { EdgeStream } from './edge-stream.js';

const ANSWER_WITHIN_MS = 1_000;

/** What has not been answered is asked again after pauses from here on, each twice the last one. */
const FIRST_PAUSE_MS: Millis = 500;
const LONGEST_PAUSE_MS: Millis = 4_000;

interface WelcomesParts {
  ask: Ask;
  topicOf: (stream: EdgeStream) => Topic;
  messages: Pick<Messages, 'state'>;
  clock: Clock;
  channel: Topic;
  isWanted: (stream: EdgeStream) => boolean;
  /** Takes a welcome; false when it is worth nothing. */
  welcome(stream: EdgeStream, welcome: Welcome): boolean;
}

/**
 * Asks the upstream how streams stand: one question at a time, of so many streams as an answer may hold, and about each
 * stream until it has been answered. The next question waits for the last one's answer, so answers are paced. One question is about
 * streams of one part of the bus, by which the answer comes: what is published on them after it comes after it.
 */
export class Welcomes {
  private readonly due = new Set<EdgeStream>();
  /** Asked about in vain; due again after a pause. */
  private readonly unanswered = new Set<EdgeStream>();
  private failures = 0;
  private underWay: symbol | undefined;
  private cancelQuestion: Cancel = () => undefined;
  private cancelPause: Cancel | undefined;

  constructor(private readonly parts: WelcomesParts) {}

  /** Asks about these streams as well. */
  ask(streams: Iterable<EdgeStream>): void {
    for (const stream of streams) this.due.add(stream);
    this.next();
  }

  /** Begins from the start with these streams: an answer that is still to come may be about a time that is over. */
  askAgain(streams: Iterable<EdgeStream>): void {
    this.stop();
    this.ask(streams);
  }

  /** Wants to know nothing any more. */
  stop(): void {
    this.cancelQuestion();
    this.cancelPause?.();
    this.cancelPause = undefined;
    this.underWay = undefined;
    this.failures = 0;
    this.due.clear();
    this.unanswered.clear();
  }

  private next(): void {
    if (this.underWay || this.parts.messages.state === 'down') return;
    const streams = this.takeDue();
    if (streams.length === 0) return;
    const question: WelcomeQuestion = { streams: streams.map(({ name }) => name) };
    const underWay = Symbol('question');
    this.underWay = underWay;
    const answered = (answer: unknown): void => {
      if (this.underWay === underWay) this.answered(streams, answer);
    };
    const { ask, channel, topicOf } = this.parts;
    const [first] = streams;
    const cancel = ask.ask(channel, question, ANSWER_WITHIN_MS, answered, first && topicOf(first));
    // On a bus within the process the answer may have come already, and the next question with it.
    if (this.underWay === underWay) this.cancelQuestion = cancel;
  }

  private takeDue(): EdgeStream[] {
    const { ask, isWanted, topicOf } = this.parts;
    const taken: EdgeStream[] = [];
    let part: string | undefined;
    for (const stream of this.due) {
      if (taken.length === MOST_WELCOMES) break;
      const itsPart = ask.partOf(topicOf(stream));
      // Once a part that is away is back, all is asked about again.
      const isAskable = itsPart !== undefined && isWanted(stream);
      if (isAskable) part ??= itsPart;
      if (isAskable && itsPart !== part) continue;
      this.due.delete(stream);
      if (isAskable) taken.push(stream);
    }
    return taken;
  }

  private answered(streams: readonly EdgeStream[], answer: unknown): void {
    this.underWay = undefined;
    const open = new Map(streams.map((stream) => [stream.name, stream]));
    for (const welcome of readWelcomeAnswer(answer).welcomes) {
      const stream = open.get(welcome.stream);
      if (stream && this.parts.welcome(stream, welcome)) open.delete(welcome.stream);
    }
    // An answer that is full leaves streams out: those are no failure.
    this.failures = open.size < streams.length ? 0 : this.failures + 1;
    for (const stream of open.values()) this.unanswered.add(stream);
    if (open.size > 0) this.retryLater();
    this.next();
  }

  private retryLater(): void {
    const pauseMs = doubled(FIRST_PAUSE_MS, Math.max(0, this.failures - 1), LONGEST_PAUSE_MS);
    this.cancelPause ??= this.parts.clock.after(pauseMs, () => {
      this.cancelPause = undefined;
      const again = [...this.unanswered];
      this.unanswered.clear();
      this.ask(again);
    });
  }
}
