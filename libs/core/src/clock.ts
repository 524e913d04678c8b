/** Milliseconds: a duration, or an instant since the Unix epoch. May carry a fraction of up to three digits. */
export type Millis = number;

/** Cancels what was scheduled; calling it twice, or after it fired, does nothing. */
export type Cancel = () => void;

/**
 * The only way our code learns the time or waits. `runtime` has the real one; tests hand in their own. It is two clocks in one:
 * a steady one for how long things take, and the machine's, which somebody may set at any time, for what others are told.
 */
export interface Clock {
  /** Milliseconds that pass evenly and never jump: for durations, deadlines and timers. Means nothing outside this process. */
  now(): Millis;
  /** What the machine's clock, as it is set now, showed at this instant of `now()`: milliseconds since the Unix epoch. */
  wallAt(instant: Millis): Millis;
  /** Calls `fire` once, `ms` from now, unless cancelled. */
  after(ms: Millis, fire: () => void): Cancel;
}

/** A stamp, as others are told the time: by the machine's clock, in whole milliseconds since the Unix epoch. */
export const stamp = (clock: Clock, instant = clock.now()): Millis => Math.floor(clock.wallAt(instant));

/** A number in [0, 1), as `Math.random` gives. Handed in, so that a test can choose it. */
export type Random = () => number;
