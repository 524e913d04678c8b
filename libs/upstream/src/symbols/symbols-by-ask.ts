import type { Ask } from '#libs/bus';
import { type Cancel, type ListMark, type Millis, type Topic, readSymbolsAnswer } from '#libs/core';

/** So long an answer is waited for. */
const ANSWER_MS: Millis = 1_000;

/** It is asked so soon again: whoever takes over has a list as old as this at most, and one of his own as soon after. */
const ASK_EVERY_MS: Millis = 60_000;

/** The same where nobody has answered: it may be our turn any moment. */
const RETRY_MS: Millis = 500;

/** Asks the upstream that publishes which symbols there are: a question that costs nobody any weight. */
export class SymbolsByAsk {
  private cancel: Cancel = () => undefined;

  constructor(
    private readonly bus: Ask,
    private readonly channel: Topic,
  ) {}

  /**
   * @param mark of the list that is known.
   * @param told gets another list, `same` where it is that one still, undefined where nobody knows; and when to ask again.
   */
  ask(
    mark: ListMark | undefined,
    told: (symbols: readonly string[] | 'same' | undefined, againMs: Millis) => void,
  ): void {
    this.cancel = this.bus.ask(this.channel, { mark: mark ?? null }, ANSWER_MS, (value) => {
      const answer = readSymbolsAnswer(value);
      const isKnown = answer !== undefined && answer.mark !== null;
      told(
        answer?.symbols ?? (isKnown && answer.mark === mark ? 'same' : undefined),
        isKnown ? ASK_EVERY_MS : RETRY_MS,
      );
    });
  }

  stop(): void {
    this.cancel();
  }
}
