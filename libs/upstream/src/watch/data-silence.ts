import { type Millis, doubled } from '#libs/core';

/** A line is not replaced for silence more rarely than this, however long that lasts: waits double up to a day. */
export const MOST_PAUSE_MS: Millis = 86_400_000;

/**
 * Decides when a line that delivers nothing, though it should, is worth a replacement. Each replacement that brings no
 * data either makes the next wait twice as long, so an exchange under maintenance is not hammered.
 */
export class DataSilence {
  /** How often in a row it has asked for a replacement. */
  private asked = 0;
  private askedAt: Millis | undefined;

  /**
   * @param dataAt when any line of the slot last delivered something; undefined when none has. Only that is a sign of life: a
   * replacement that opens and is as silent as the line before it changes nothing.
   * @param openedAt when the present line opened.
   * @param patience how long the line may be silent; Infinity while none of its streams has to say something.
   */
  shouldRotate(dataAt: Millis | undefined, openedAt: Millis, patience: Millis, now: Millis): boolean {
    if (this.askedAt !== undefined && dataAt !== undefined && dataAt > this.askedAt) this.asked = 0;
    const silentSince = Math.max(dataAt ?? 0, openedAt, this.askedAt ?? 0);
    const pauseMs = patience === Infinity ? Infinity : doubled(patience, this.asked, MOST_PAUSE_MS);
    if (now - silentSince < pauseMs) return false;
    this.askedAt = now;
    this.asked += 1;
    return true;
  }
}
