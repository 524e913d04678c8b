/** Milliseconds: a duration, or an instant since the Unix epoch. May carry a fraction of up to three digits. */
export type Millis = number;

/** Cancels what was scheduled; calling it twice, or after it fired, does nothing. */
export type Cancel = () => void;

/** The only way our code learns the time or waits. `runtime` has the real one; tests hand in their own. */
export interface Clock {
  /** The time now, in milliseconds since the Unix epoch. */
  now(): Millis;
  /** Calls `fire` once, `ms` from now, unless cancelled. */
  after(ms: Millis, fire: () => void): Cancel;
}

/** A number in [0, 1), as `Math.random` gives. Handed in, so that a test can choose it. */
export type Random = () => number;
