import type { Ask, Messages, Subscription } from '#libs/bus';
import {
  type Cancel,
  type Channels,
  type Clock,
  type Epoch,
  type LeaseLeft,
  type Millis,
  type OwnerToken,
  type SuccessionAnswer,
  type SuccessionQuestion,
  decodeLeaseLeft,
  encodeLeaseLeft,
  readSuccessionAnswer,
  readSuccessionQuestion,
} from '#libs/core';

/** How often it is asked who can go on, and for how long. */
const ASK_EVERY_MS: Millis = 250;
const ASK_FOR_MS: Millis = 5_000;

interface SuccessionParts {
  ask: Ask;
  messages: Pick<Messages, 'subscribe' | 'publish'>;
  channels: Pick<Channels, 'succession' | 'left'>;
  clock: Clock;
  /** By what others are told from us. */
  me: OwnerToken;
  /** The term after which this upstream could go on without a hole; undefined where it stands by for nobody, or is not sure of all streams. */
  couldFollow: () => Epoch | undefined;
  /** Whether our lines have brought what somebody should have heard whose own have brought nothing for so long. */
  hasBrought: (silentMs: Millis) => boolean;
  /** Whoever has published says that all of its term is out; we hear it of ourselves, too. */
  left(left: LeaseLeft): void;
}

/** Finds out who could go on before one goes, and says that it has gone. The others answer, and hear of it. */
export class Succession {
  private subscriptions: Subscription[] = [];
  private cancelTimer: Cancel = () => undefined;
  private cancelAsk: Cancel = () => undefined;

  constructor(private readonly parts: SuccessionParts) {}

  start(): void {
    const { ask, messages, channels } = this.parts;
    this.subscriptions = [
      ask.answer(channels.succession, (question) => this.answer(question)),
      messages.subscribe(channels.left, (text) => this.heard(text)),
    ];
  }

  stop(): void {
    this.giveUp();
    for (const subscription of this.subscriptions) subscription.end();
  }

  /**
   * Asks until somebody can go on after this term.
   *
   * @param found is told who, or undefined where nobody could within five seconds; once, unless it is given up before.
   * @param silentMs for how long our own lines have brought nothing, where only somebody is wanted whose lines have.
   */
  call(term: Epoch, found: (owner: OwnerToken | undefined) => void, silentMs?: () => Millis): void {
    this.giveUp();
    const end = (owner: OwnerToken | undefined): void => {
      this.giveUp();
      found(owner);
    };
    const question = (): SuccessionQuestion => ({ term, ...(silentMs && { silentMs: silentMs() }) });
    this.askAgain(question, this.parts.clock.now() + ASK_FOR_MS, end);
  }

  /** Nobody is looked for any more. */
  giveUp(): void {
    this.cancelTimer();
    this.cancelAsk();
  }

  /** Says that this upstream has published all that it will in this term, to whoever is meant to go on, or anybody. */
  sayLeft(term: Epoch, next: OwnerToken | undefined): void {
    const { messages, channels } = this.parts;
    messages.publish(channels.left, encodeLeaseLeft({ term, next: next ?? '' }));
  }

  private askAgain(
    question: () => SuccessionQuestion,
    until: Millis,
    end: (owner: OwnerToken | undefined) => void,
  ): void {
    const { ask, channels, clock } = this.parts;
    this.cancelAsk();
    if (clock.now() >= until) return end(undefined);
    this.cancelTimer = clock.after(ASK_EVERY_MS, () => this.askAgain(question, until, end));
    this.cancelAsk = ask.ask(channels.succession, question(), ASK_EVERY_MS, (value) => {
      const answer = readSuccessionAnswer(value);
      if (answer) end(answer.owner);
    });
  }

  private answer(value: unknown): SuccessionAnswer | undefined {
    const question = readSuccessionQuestion(value);
    const { me, couldFollow, hasBrought } = this.parts;
    if (!question || question.term !== couldFollow()) return undefined;
    return question.silentMs === undefined || hasBrought(question.silentMs) ? { owner: me } : undefined;
  }

  private heard(text: string): void {
    const left = decodeLeaseLeft(text);
    if (left) this.parts.left(left);
  }
}
