import type { Millis } from '#libs/core';

/** Times and bounds that no operator needs to set. Tests and the soak hand in shorter ones. */
export interface Timings {
  /** How often rotations are judged. */
  tickMs: Millis;
  /** How often silence is judged, and how often our own stalls are looked for. */
  watchMs: Millis;
  /** A timer that fires so late means that our process stood still. */
  stallMs: Millis;
  /** After a stall nobody is judged for so long: what came meanwhile must be read first. */
  graceMs: Millis;
  /** A request that Binance has not answered by then is repeated. */
  answerMs: Millis;
  /** How often Binance is asked for its own list of our subscriptions. */
  auditMs: Millis;
  /** How long an event that came too early waits for the ones before it from the other line. */
  holdMs: Millis;
  /** How far one line may be behind the other; what the old line delivers within this may predate the new line. */
  lagMs: Millis;
  /** A replacement is given so long to deliver on streams that may be quiet. */
  settleMs: Millis;
  /** A replacement that has not taken over by then is given up. */
  rotationMs: Millis;
  /** First wait after a rotation that failed; doubles up to the most. */
  rotationRetryMs: Millis;
  rotationRetryMostMs: Millis;
  /** A line that is back for so long without an event on a stream that may be quiet counts as resumed. */
  quietMs: Millis;
  /** An upstream that has just started waits so long for edges to say how far they got. */
  answersMs: Millis;
  /** A line that carries nothing is kept open for so long. */
  idleMs: Millis;
  /** The list of symbols is asked for so soon after the last time where somebody wants one that it lacks; doubles up to the most while that brings nothing. */
  symbolsSoonMs: Millis;
  symbolsSoonMostMs: Millis;
}

export const TIMINGS: Timings = {
  tickMs: 100,
  watchMs: 1_000,
  stallMs: 2_000,
  graceMs: 10_000,
  answerMs: 5_000,
  auditMs: 600_000,
  holdMs: 2_000,
  lagMs: 1_000,
  settleMs: 2_500,
  rotationMs: 30_000,
  rotationRetryMs: 5_000,
  rotationRetryMostMs: 600_000,
  quietMs: 5_000,
  answersMs: 1_000,
  idleMs: 60_000,
  symbolsSoonMs: 60_000,
  symbolsSoonMostMs: 600_000,
};
