import type { Cancel, Millis, Topic } from '#libs/core';
import type { Subscription } from './messages.js';

/** Request and reply over messages. Questions and answers are whatever JSON can say. */
export interface Ask {
  /**
   * Asks whoever answers on the topic. `answered` is called exactly once, synchronously inside the delivery (so what the
   * answerer publishes after its answer is delivered after it), with the first answer, or with undefined when none came
   * within `withinMs`; in memory that may be before `ask` returns. It is not called after the returned `Cancel`, nor after the
   * bus has stopped.
   */
  ask(topic: Topic, question: unknown, withinMs: Millis, answered: (answer: unknown) => void): Cancel;

  /** Answers questions on the topic; `respond` returning undefined means: not me. */
  answer(topic: Topic, respond: (question: unknown) => unknown): Subscription;
}
