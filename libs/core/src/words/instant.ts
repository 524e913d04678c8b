import type { Millis } from '../clock.js';

/** An instant in an event: whole units since the Unix epoch, of the event's `timeUnit`; milliseconds where it names none. */
export type Instant = number;

/** From here on it is microseconds: as milliseconds it would lie after the year 5138. */
const FIRST_MICROSECOND = 1e14;

/** Whether this is an instant in microseconds. */
export const isMicros = (instant: Instant): boolean => instant >= FIRST_MICROSECOND;

/** The instant in milliseconds, with the microseconds, if it has any, as a fraction. */
export const millisOf = (instant: Instant): Millis => (isMicros(instant) ? instant / 1000 : instant);
