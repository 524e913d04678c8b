import { type Cancel, type Clock, type Millis, doubled } from '#libs/core';
import type { Messages } from '../ports/messages.js';
import type { Complaints } from './pubsub/complaints.js';
import { wordsOf } from './pubsub/connection.js';

const RETRY_FIRST_MS: Millis = 250;
const RETRY_MOST_MS: Millis = 5_000;

/**
 * Does at Redis what must be done, however long Redis is away or unwilling (read-only, full, loading, busy, a forbidden
 * command): what it says is told to operators, and it is asked again.
 */
export class Persistence {
  private readonly waiting = new Set<() => void>();
  /** By what is to be done, why Redis will not. */
  private readonly refusals = new Map<object, string>();
  private hasStopped = false;

  constructor(
    private readonly messages: Pick<Messages, 'state' | 'onState'>,
    private readonly clock: Clock,
    private readonly complaints: Complaints,
  ) {}

  /** Redis's words for why something waits to be done, if so. */
  get refusal(): string | undefined {
    const [first] = this.refusals.values();
    return first;
  }

  /** Resolves with the first result; rejects only when the bus stops. */
  async until<T>(act: () => Promise<T>): Promise<T> {
    try {
      return await this.tryUntil(act);
    } finally {
      this.complaints.takeBack(this.refusals.get(act) ?? '');
      this.refusals.delete(act);
    }
  }

  stop(): void {
    this.hasStopped = true;
    for (const goOn of this.waiting) goOn();
  }

  private async tryUntil<T>(act: () => Promise<T>): Promise<T> {
    for (let failures = 0; ; failures += 1) {
      if (this.hasStopped) throw new Error('The bus has stopped');
      if (this.messages.state === 'up') {
        try {
          return await act();
        } catch (error) {
          this.failed(act, wordsOf(error as Error));
        }
      }
      await this.pause(doubled(RETRY_FIRST_MS, failures, RETRY_MOST_MS));
    }
  }

  private failed(act: object, words: string | undefined): void {
    if (words === undefined) return;
    this.refusals.set(act, words);
    this.complaints.say('bus.waits', words, 'Redis refuses what must be done; asking again');
  }

  /** Until the state changes, the bus stops, or a while has passed. */
  private pause(forMs: Millis): Promise<void> {
    if (this.hasStopped) return Promise.resolve();
    return new Promise((resolve) => {
      let cancelTimer: Cancel = () => undefined;
      let forget: Cancel = () => undefined;
      const goOn = (): void => {
        cancelTimer();
        forget();
        this.waiting.delete(goOn);
        resolve();
      };
      cancelTimer = this.clock.after(forMs, goOn);
      forget = this.messages.onState(goOn);
      this.waiting.add(goOn);
    });
  }
}
