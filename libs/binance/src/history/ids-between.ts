import { type MarketEvent, millisOf } from '#libs/core';
import type { History } from '../stream-type.js';
import { SETTLED_MS } from './settled.js';

/** Of events that are numbered one by one: those from the id behind `before` on, as long as none is missing. */
export const idsBetween =
  <Event extends MarketEvent>(id: (event: Event) => number): History<Event>['between'] =>
  (rows, before, next) => {
    const end = next === undefined ? Infinity : id(next);
    let from = before && id(before) + 1;
    const events: Event[] = [];
    for (const row of rows) {
      const at = id(row);
      from ??= at;
      if (at < from) continue;
      if (at > from || at >= end) break;
      events.push(row);
      from = at + 1;
    }
    return { events, isWhole: next === undefined || (from !== undefined && from >= end), from: from ?? 0 };
  };

/**
 * Of events whose ids only rise. Nobody can tell an id that was never given from one that is not in the database yet, so
 * a hole is closed only by rows that reach its end; or were asked for long after that had come, should its own row be lost.
 */
export const risingIdsBetween =
  <Event extends MarketEvent>(id: (event: Event) => number): History<Event>['between'] =>
  (rows, before, next) => {
    const end = next === undefined ? Infinity : id(next);
    let from = before ? id(before) + 1 : 0;
    const settledAt = next ? millisOf(next.receivedAt) + SETTLED_MS : Infinity;
    let isWhole = next === undefined || from >= end;
    const events: Event[] = [];
    for (const row of rows) {
      const at = id(row);
      if (at >= end || millisOf(row.receivedAt) >= settledAt) isWhole = true;
      if (at < from || at >= end) continue;
      events.push(row);
      from = at + 1;
    }
    return { events, isWhole, from };
  };
