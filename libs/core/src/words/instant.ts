import type { Millis } from '../clock.js';

/** An instant in an event: whole units since the Unix epoch, of the event's `timeUnit`; milliseconds where it names none. */
export type Instant = number;

/** An instant from here on is in microseconds: as milliseconds it would lie after the year 5138. */
export const FIRST_MICROSECOND: Instant = 1e14;

/** The instant in milliseconds, with the microseconds, if it has any, as a fraction. */
export const millisOf = (instant: Instant): Millis => (instant >= FIRST_MICROSECOND ? instant / 1000 : instant);
