import type { Millis } from '#libs/core';
import type { TrueCandle } from '#libs/simulator';
import type { SeenCandle } from './sighting.js';

/** Follows the candles of one stream: each must be closed before the next one begins, none may be left out, none comes back. */
export class CandleCheck {
  private openAt: Millis | undefined;
  private nextAt: Millis = 0;
  private isClosed = false;

  /** What is wrong with the order, in words; undefined where nothing is. */
  take({ openAt, closeAt, isClosed, interval }: SeenCandle): string | undefined {
    const problem = this.judge(openAt, isClosed);
    if (this.openAt === undefined || openAt >= this.openAt)
      [this.openAt, this.nextAt, this.isClosed] = [
        openAt,
        closeAt + 1,
        isClosed || (openAt === this.openAt && this.isClosed),
      ];
    return problem && `candle ${interval} of ${openAt}: ${problem}`;
  }

  private judge(openAt: Millis, isClosed: boolean): string | undefined {
    if (this.openAt === undefined) return undefined;
    if (openAt < this.openAt) return `comes after that of ${this.openAt}`;
    if (openAt === this.openAt) {
      if (!this.isClosed) return undefined;
      return isClosed ? 'closed twice' : 'open after it was closed';
    }
    if (!this.isClosed) return `that of ${this.openAt} was never closed`;
    return openAt === this.nextAt ? undefined : `those from ${this.nextAt} are missing`;
  }
}

/** What is not as it was in a closed candle, in words. What a client cannot know may be left out. */
export function candleProblem({ openAt, interval, values }: SeenCandle, was: TrueCandle): string | undefined {
  const keys = Object.keys(was) as (keyof TrueCandle)[];
  const wrong = keys.filter((key) => values[key] !== undefined && values[key] !== was[key]);
  if (wrong.length === 0) return undefined;
  return `candle ${interval} of ${openAt}: ${wrong.map((key) => `${key} ${values[key]}, was ${was[key]}`).join(', ')}`;
}
