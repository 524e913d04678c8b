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

/** Whoever is sure of all streams is preferred so often; after that more and more may be new, or unknown to whoever goes on. */
const ASK_FOR_SURE = 4;
const MORE_UNSURE = 8;

interface SuccessionParts {
  ask: Ask;
  messages: Pick<Messages, 'subscribe' | 'publish'>;
  channels: Pick<Channels, 'succession' | 'left'>;
  clock: Clock;
  /** By what others are told from us. */
  me: OwnerToken;
  /** The term after which this upstream could go on, and of how many streams it is not sure how far they are; undefined where it stands by for nobody. */
  couldFollow: () => { term: Epoch; unsure: number } | undefined;
  /** Whether our lines have brought what somebody should have heard whose own have brought nothing for so long. */
  hasBrought: (silentMs: Millis) => boolean;
  /** Whoever has published says that all of its term is out; we hear it of ourselves, too. */
  left(left: LeaseLeft): void;
}

/** What somebody is to go on after. */
interface After {
  term: Epoch;
  silentMs: (() => Millis) | undefined;
}

const mostUnsureOf = (asked: number): number =>
  asked < ASK_FOR_SURE ? 0 : Math.min(Number.MAX_SAFE_INTEGER, MORE_UNSURE ** (asked - ASK_FOR_SURE));

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
    this.askAgain({ term, silentMs }, 0, end);
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

  private askAgain(after: After, asked: number, end: (owner: OwnerToken | undefined) => void): void {
    const { ask, channels, clock } = this.parts;
    this.cancelAsk();
    if (asked * ASK_EVERY_MS >= ASK_FOR_MS) return end(undefined);
    this.cancelTimer = clock.after(ASK_EVERY_MS, () => this.askAgain(after, asked + 1, end));
    const { term, silentMs } = after;
    const question: SuccessionQuestion = {
      term,
      mostUnsure: mostUnsureOf(asked),
      ...(silentMs && { silentMs: silentMs() }),
    };
    this.cancelAsk = ask.ask(channels.succession, question, ASK_EVERY_MS, (value) => {
      const answer = readSuccessionAnswer(value);
      if (answer) end(answer.owner);
    });
  }

  private answer(value: unknown): SuccessionAnswer | undefined {
    const question = readSuccessionQuestion(value);
    const { me, couldFollow, hasBrought } = this.parts;
    const could = couldFollow();
    if (!question || !could || question.term !== could.term || could.unsure > question.mostUnsure) return undefined;
    return question.silentMs === undefined || hasBrought(question.silentMs) ? { owner: me } : undefined;
  }

  private heard(text: string): void {
    const left = decodeLeaseLeft(text);
    if (left) this.parts.left(left);
  }
}
