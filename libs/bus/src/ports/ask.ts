import type { Cancel, Millis, Topic } from '#libs/core';
import type { Subscription } from './messages.js';

/** Request and reply over messages. Questions and answers are whatever JSON can say. */
export interface Ask {
  /**
   * Asks whoever answers on the topic. `answered` is called exactly once, synchronously inside the delivery (so what the
   * answerer publishes after its answer is delivered after it), with the first answer, or with undefined when none came
   * within `withinMs`; in memory that may be before `ask` returns. It is not called after the returned `Cancel`, nor after the
   * bus has stopped.
   *
   * @param beside a topic of the part that is to carry the answer, so that order holds with what is published there; else it holds
   * with what is published on topics without a hash tag.
   */
  ask(topic: Topic, question: unknown, withinMs: Millis, answered: (answer: unknown) => void, beside?: Topic): Cancel;

  /**
   * The part of the bus that carries a topic: of topics in the same part, what one publisher publishes keeps its order. Undefined
   * while that part is away.
   */
  partOf(topic: Topic): string | undefined;

  /** Answers questions on the topic; `respond` returning undefined means: not me. */
  answer(topic: Topic, respond: (question: unknown) => unknown): Subscription;
}
