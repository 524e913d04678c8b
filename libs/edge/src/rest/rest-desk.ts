import { type Clock, stamp } from '#libs/core';
import { BUSY, type RestAnswer, complain, jsonAnswer, withUsedWeight } from './answer.js';
import type { OwnDepth } from './own-depth.js';
import type { Passes } from './passes.js';
import { type RestAsked, type RestQuestion, readQuestion } from './question.js';
import type { RestEnding } from './rest-metrics.js';
import { isRestPath } from './routes.js';

interface RestDeskParts {
  passes: Passes;
  clock: Clock;
  /** So many requests may wait for an answer at once. */
  mostWaiting: number;
  count: (ending: RestEnding) => void;
}

/** Answers requests to Binance's public REST API: from what this process knows, else from Binance. */
export class RestDesk {
  /** Answers for the books of the streams that are carried; filled in by who knows them. */
  ownDepth: OwnDepth = () => undefined;
  /** How many requests wait for an answer. */
  waiting = 0;

  constructor(private readonly parts: RestDeskParts) {}

  /** Whether a path is for this desk. */
  serves(path: string): boolean {
    return isRestPath(path);
  }

  /** Never rejects, and never answers at once: who asks on without waiting takes turns with everybody else. */
  async answer(asked: RestAsked, who: string): Promise<RestAnswer> {
    const { clock, mostWaiting, count } = this.parts;
    if (this.waiting >= mostWaiting) {
      count('busy');
      return TOO_MANY;
    }
    this.waiting += 1;
    try {
      await new Promise<void>((resolve) => void clock.after(0, resolve));
      return await this.judge(asked, who);
    } finally {
      this.waiting -= 1;
    }
  }

  stop(): Promise<void> {
    return this.parts.passes.stop();
  }

  private judge(asked: RestAsked, who: string): RestAnswer | Promise<RestAnswer> {
    const { passes, count } = this.parts;
    const question = readQuestion(asked);
    if (!question.ok) {
      count(ENDINGS[question.problem.status] ?? 'bad-query');
      return question.problem;
    }
    const own = this.own(question.value);
    if (!own) return passes.ask(question.value, who);
    count('own');
    return withUsedWeight(own, passes.usedWeight('spot'));
  }

  private own({ route, parameters, timeUnit }: RestQuestion): RestAnswer | undefined {
    switch (route.own) {
      case 'ping':
        return jsonAnswer(200, {});
      case 'time':
        return jsonAnswer(200, { serverTime: Math.floor(stamp(this.parts.clock) * UNITS[timeUnit]) });
      case 'depth':
        return this.ownDepth(parameters);
      case undefined:
        return undefined;
    }
  }
}

/** How many of them a millisecond has. */
const UNITS: Record<RestQuestion['timeUnit'], number> = { MILLISECOND: 1, MICROSECOND: 1_000 };

const ENDINGS: Partial<Record<number, RestEnding>> = { 404: 'not-found', 405: 'bad-method' };

const TOO_MANY = complain({ ...BUSY, retryInMs: 1_000 });
