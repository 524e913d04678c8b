import type { Ask, Subscription } from '#libs/bus';
import {
  type Cancel,
  type Clock,
  MOST_STANDING,
  type Millis,
  type StandingAnswer,
  type StandingMark,
  type Topic,
  encode,
  readStandingAnswer,
  readStandingQuestion,
} from '#libs/core';
import type { Series } from '../streams/series.js';
import type { Streams } from '../streams/streams.js';
import type { Listening } from './listening.js';

/** So long an answer is waited for. */
const ANSWER_MS: Millis = 1_000;

/** What was not answered is asked again so soon. */
const ROUND_EVERY_MS: Millis = 250;

interface StandingDeskParts {
  ask: Ask;
  channel: Topic;
  clock: Pick<Clock, 'now'>;
  streams: Pick<Streams, 'wanted' | 'epoch'>;
  listening: Pick<Listening, 'askable'>;
  /** Whether this upstream publishes. */
  isLeading(): boolean;
}

/**
 * While this upstream stands by it asks how far streams have got of which it has not heard enough: they may be quiet, or its connection
 * may have broken. While it publishes it answers.
 */
export class StandingDesk {
  private answers: Subscription | undefined;
  private cancel: Cancel = () => undefined;
  private isAsking = false;
  private roundAt: Millis = -Infinity;

  constructor(private readonly parts: StandingDeskParts) {}

  start(): void {
    const { ask, channel } = this.parts;
    this.answers = ask.answer(channel, (question) => this.answer(question));
  }

  stop(): void {
    this.answers?.end();
    this.answers = undefined;
    this.isAsking = false;
    this.cancel();
  }

  /** To be called often. */
  tick(now: Millis): void {
    if (!this.answers || this.isAsking || now < this.roundAt || this.parts.isLeading()) return;
    this.roundAt = now + ROUND_EVERY_MS;
    this.askAbout(this.parts.listening.askable());
  }

  /** One question after the other, so that answers are no burst; where nobody answers one the others are not asked now. */
  private askAbout(streams: ReturnType<Listening['askable']>): void {
    const { ask, channel, clock } = this.parts;
    const some = streams.slice(0, MOST_STANDING);
    this.isAsking = some.length > 0;
    if (!this.isAsking) return;
    const at = clock.now();
    const told = new Map(some.map((stream) => [stream.name.name, stream.asked(at)]));
    this.cancel = ask.ask(channel, { streams: [...told.keys()] }, ANSWER_MS, (value) => {
      const answer = readStandingAnswer(value);
      for (const mark of answer?.marks ?? []) told.get(mark.stream)?.(mark);
      this.isAsking = false;
      if (answer) queueMicrotask(() => this.goOn(streams.slice(MOST_STANDING)));
    });
  }

  private goOn(streams: ReturnType<Listening['askable']>): void {
    if (this.answers && !this.isAsking && !this.parts.isLeading()) this.askAbout(streams);
  }

  private answer(value: unknown): StandingAnswer | undefined {
    const question = readStandingQuestion(value);
    if (!question || !this.parts.isLeading()) return undefined;
    const { wanted, epoch } = this.parts.streams;
    return { marks: question.streams.flatMap((name) => markOf(wanted.get(name), epoch) ?? []) };
  }
}

/** Whether we lack nothing of it that is not named. */
const isWhole = ({ wholeSince, transcript, continuity }: Series): boolean =>
  transcript.feed?.state === 'refused' || (wholeSince !== undefined && !continuity.mending.isRepairing);

/**
 * Where a stream stands; undefined where this term has said nothing of it.
 */
function markOf(series: Series | undefined, epoch: number): StandingMark | undefined {
  if (!series) return undefined;
  const { seq, last } = series.transcript;
  if (seq === 0) return undefined;
  const mark = {
    stream: series.name.name,
    place: { epoch, seq },
    ...(!isWhole(series) && { isLacking: true as const }),
  };
  if (!last) return mark;
  // Books are large, and how far it is says its id.
  return { ...mark, event: encode(last.type === 'book' ? { ...last, bids: [], asks: [] } : last) };
}
