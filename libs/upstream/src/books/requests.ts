import type { Clock, Millis, Result } from '#libs/core';
import type { Rest, RestFailure, RestRequest } from '#libs/rest';
import type { BookRequest } from './plan.js';

/** Requests at once, by the share of weight that they may take: those that wait for theirs do not stand in the way of holes. */
const MOST_AT_ONCE: readonly { upTo: number; most: number }[] = [
  { upTo: 0.5, most: 2 },
  { upTo: 0.8, most: 6 },
  { upTo: 1, most: 12 },
];

/** A request that is not as urgent as its book has become is given up after this; sooner it is as good as answered. */
const HURRY_MS: Millis = 1_000;

/** A request under way. */
interface RunningRequest {
  share: number;
  since: Millis;
  abort: AbortController;
}

/** Requests for books that are under way: one for each symbol, and only so many of each urgency. */
export class BookRequests {
  private readonly running = new Map<string, RunningRequest>();

  constructor(
    private readonly rest: Pick<Rest, 'get'>,
    private readonly clock: Clock,
  ) {}

  get size(): number {
    return this.running.size;
  }

  /** Whether one is under way for this symbol. */
  has(symbol: string): boolean {
    return this.running.has(symbol);
  }

  /** Whether one more may be made that takes up to this share. */
  hasRoom(share: number): boolean {
    const most = MOST_AT_ONCE.find(({ upTo }) => share <= upTo)?.most ?? 0;
    let less = 0;
    for (const one of this.running.values()) if (one.share <= share) less += 1;
    return less < most;
  }

  /** Asks. The answer, or why there is none; undefined where it was hurried, and is to be asked again. */
  async ask(
    { symbol, share, weight }: BookRequest,
    where: Pick<RestRequest, 'path' | 'query'>,
  ): Promise<Result<unknown, RestFailure> | undefined> {
    const abort = new AbortController();
    this.running.set(symbol, { share, since: this.clock.now(), abort });
    const answer = await this.rest.get({ ...where, weight, share }, abort.signal);
    this.running.delete(symbol);
    return abort.signal.aborted ? undefined : answer;
  }

  /** This symbol's book is needed at once now: a request that waits behind more urgent ones is not waited for. */
  hurry(symbol: string, now: Millis): void {
    const one = this.running.get(symbol);
    if (one && one.share < 1 && now - one.since >= HURRY_MS) one.abort.abort();
  }

  stop(): void {
    for (const { abort } of this.running.values()) abort.abort();
  }
}
