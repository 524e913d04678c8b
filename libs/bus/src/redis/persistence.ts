import type { Cancel, Clock, Millis } from '#libs/core';
import type { Liveness } from './liveness.js';

const RETRY_FIRST_MS: Millis = 250;
const RETRY_MOST_MS: Millis = 5_000;

/**
 * Does at Redis what must be done, however long Redis is away or unwilling (read-only, full, loading, busy, a forbidden
 * command): what it says is told to operators, and it is asked again.
 */
export class Persistence {
  private readonly waiting = new Set<() => void>();
  private hasStopped = false;

  constructor(
    private readonly liveness: Liveness,
    private readonly clock: Clock,
  ) {}

  /** Resolves with the first result; rejects only when the bus stops. */
  async until<T>(act: () => Promise<T>): Promise<T> {
    for (let failures = 0; ; failures += 1) {
      if (this.hasStopped) throw new Error('The bus has stopped');
      if (this.liveness.state === 'up') {
        try {
          return await act();
        } catch (error) {
          this.liveness.refused((error as Error).message);
        }
      }
      await this.pause(Math.min(RETRY_MOST_MS, RETRY_FIRST_MS * 2 ** Math.min(failures, 10)));
    }
  }

  stop(): void {
    this.hasStopped = true;
    for (const goOn of this.waiting) goOn();
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
      forget = this.liveness.onState(goOn);
      this.waiting.add(goOn);
    });
  }
}
