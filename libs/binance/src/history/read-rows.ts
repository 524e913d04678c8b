import { FIRST_MICROSECOND, type Instant, type Millis, type Result, notOk, ok } from '#libs/core';
import type { CompiledShape } from '../shape/compile.js';

/** A value of an answer, checked; or which field of it is wrong, and what was expected there. */
export function readRow<Row extends object>(shape: CompiledShape, value: unknown): Result<Row, string> {
  if (shape.check(value)) return ok(value as Row);
  const { path, expected } = shape.misfit();
  return notOk(path === '' ? expected : `${path} ${expected}`);
}

/** A list of rows, each made an event; or which row is wrong, and why. What stands before a bad row is not taken either. */
export function readRows<Event>(
  rows: unknown,
  eventOf: (row: unknown) => Result<Event, string>,
): Result<Event[], string> {
  if (!Array.isArray(rows)) return notOk('the answer is not a list of rows');
  const events: Event[] = [];
  for (const row of rows) {
    const event = eventOf(row);
    if (!event.ok) return notOk(`row ${events.length}: ${event.problem}`);
    events.push(event.value);
  }
  return ok(events);
}

/** What a fetched event has that no frame said; the unit of all its instants is that of the time in its row. */
export function fetched(
  receivedAt: Millis,
  time: Instant,
): { receivedAt: Instant; timeUnit?: 'MICROSECOND'; backfilled: true } {
  if (time < FIRST_MICROSECOND) return { receivedAt: Math.floor(receivedAt), backfilled: true };
  // Rounded: the fraction of the milliseconds is a little less or more than the microseconds that it stands for.
  return { receivedAt: Math.round(receivedAt * 1000), timeUnit: 'MICROSECOND', backfilled: true };
}
