import type { Topic } from '#libs/core';
import type { Log } from '#libs/runtime';
import { type AskedQuestion, encodeReply } from './ask-wire.js';
import type { BusCounts } from './bus-metrics.js';

/** More questions than this that wait for an answer, and the newest gets none: whoever asked asks again. */
const MOST_WAITING = 10_000;

/** What answering needs of its bus. */
export interface AnsweringParts {
  publish(topic: Topic, text: string): void;
  counts: BusCounts;
  log: Log;
  /**
   * Does it in a later turn of the loop; absent where questions are answered at once. After a loss all edges ask in the same
   * moment, and market events must not wait until all have been answered.
   */
  later?: (act: () => void) => void;
}

/** Gives answers, one in each turn of the loop. What several ask meanwhile is answered once, to all of them. */
export class Answering {
  /** Who waits for an answer, by what they ask. */
  private readonly waiting = new Map<string, AskedQuestion[]>();
  private count = 0;
  private hasThrown = false;

  constructor(
    private readonly respond: (question: unknown) => unknown,
    private readonly parts: AnsweringParts,
  ) {}

  asked(question: AskedQuestion): void {
    const { later, counts } = this.parts;
    if (!later) return this.tell([question]);
    if (this.count >= MOST_WAITING) {
      counts.unanswered += 1;
      return;
    }
    this.count += 1;
    const key = JSON.stringify(question.ask);
    const same = this.waiting.get(key);
    if (same) return void same.push(question);
    this.waiting.set(key, [question]);
    if (this.waiting.size === 1) later(() => this.next());
  }

  /** Nobody is answered any more. */
  stop(): void {
    this.waiting.clear();
    this.count = 0;
  }

  private next(): void {
    const [first] = this.waiting;
    if (!first) return;
    const [key, questions] = first;
    this.waiting.delete(key);
    this.count -= questions.length;
    if (this.waiting.size > 0) this.parts.later?.(() => this.next());
    try {
      this.tell(questions);
    } catch (error) {
      this.report(error);
    }
  }

  private tell(questions: readonly AskedQuestion[]): void {
    const answer = this.respond(questions[0]?.ask);
    if (answer === undefined) return;
    const text = JSON.stringify(answer);
    for (const { id, to } of questions) this.parts.publish(to, encodeReply(id, text));
  }

  /** Logged once: the next question may well fail the same way. */
  private report(error: unknown): void {
    this.parts.counts.subscriberErrors += 1;
    if (this.hasThrown) return;
    this.hasThrown = true;
    this.parts.log.error({ code: 'bus.answerer-threw', err: error }, 'an answerer threw; later throws are counted');
  }
}
