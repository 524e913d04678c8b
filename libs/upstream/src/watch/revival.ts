import { type Millis, doubled } from '#libs/core';
import { MOST_PAUSE_MS } from './data-silence.js';

/**
 * What to do about one stream that is silent though it never is so quiet, while its connection brings others: to subscribe
 * to it again costs one request and wakes most; after that only another connection can. A symbol that is halted looks the
 * same, so each time that helps nothing the next wait is twice as long.
 */
export class Revival {
  private tries = 0;
  private triedAt: Millis = -Infinity;

  /**
   * To be asked for as long as the stream is silent.
   *
   * @param heardAt when it last brought something: what came after the last try ends the matter.
   * @param pauseMs the first wait between two tries.
   */
  next(heardAt: Millis | undefined, pauseMs: Millis, now: Millis): 'subscribe' | 'replace' | undefined {
    if (heardAt !== undefined && heardAt > this.triedAt) this.tries = 0;
    const waitMs = this.tries === 0 ? 0 : doubled(pauseMs, this.tries - 1, MOST_PAUSE_MS);
    if (now - this.triedAt < waitMs) return undefined;
    this.triedAt = now;
    this.tries += 1;
    return this.tries === 1 ? 'subscribe' : 'replace';
  }
}
