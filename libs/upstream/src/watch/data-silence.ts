import type { Millis } from '#libs/core';

/** A line without data is not replaced more often than this, however long the silence; it doubles up to a day. */
const MOST_PAUSE_MS: Millis = 86_400_000;

/**
 * Decides when a line that delivers nothing, though it should, is worth a replacement. Each replacement that brings no
 * data either makes the next wait twice as long, so an exchange under maintenance is not hammered.
 */
export class DataSilence {
  private pauseMs: Millis;
  private askedAt: Millis | undefined;

  constructor(private readonly silenceMs: Millis) {
    this.pauseMs = silenceMs;
  }

  /**
   * @param dataAt when any line of the slot last delivered something; undefined when none has. Only that is a sign of life: a
   * replacement that opens and is as silent as the line before it changes nothing.
   * @param openedAt when the present line opened.
   * @param isExpected whether at least one of its streams is never so quiet.
   */
  shouldRotate(dataAt: Millis | undefined, openedAt: Millis, isExpected: boolean, now: Millis): boolean {
    if (this.askedAt !== undefined && dataAt !== undefined && dataAt > this.askedAt) this.forget();
    const silentSince = Math.max(dataAt ?? 0, openedAt, this.askedAt ?? 0);
    if (!isExpected || now - silentSince < this.pauseMs) return false;
    this.askedAt = now;
    this.pauseMs = Math.min(MOST_PAUSE_MS, this.pauseMs * 2);
    return true;
  }

  private forget(): void {
    this.askedAt = undefined;
    this.pauseMs = this.silenceMs;
  }
}
