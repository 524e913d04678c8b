import type { AttemptRecord, Millis } from '#libs/core';
import type { ConnectionRow } from '../words/page.js';
import { fieldsOf, linesOf, numberIn, textIn } from '../words/sections.js';

/** The connections to Binance as they are now, from the section `lines`; when the next attempt begins is in the journal. */
export function connectionRows(lines: unknown, journal: readonly AttemptRecord[], now: Millis): ConnectionRow[] {
  return linesOf(lines).map((line) => {
    const fields = fieldsOf(line);
    const generation = numberIn(fields, 'generation') ?? 0;
    const state = textIn(fields, 'state') ?? '';
    return {
      key: `${generation}`,
      generation,
      role: textIn(fields, 'role') ?? '',
      state,
      streams: numberIn(fields, 'streams') ?? 0,
      why: textIn(fields, 'why') ?? '',
      openSinceAt: before(now, numberIn(fields, 'openForMs')),
      dataAt: before(now, numberIn(fields, 'silentForMs')),
      rotation: textIn(fields, 'rotation'),
      rotationDueAt: before(now, negative(numberIn(fields, 'rotationDueInMs'))),
      nextAttemptAt: state === 'waiting' ? nextAttempt(journal, generation) : null,
    };
  });
}

const before = (now: Millis, ms: Millis | null): Millis | null => (ms === null ? null : rounded(now - ms));

const negative = (ms: Millis | null): Millis | null => (ms === null ? null : -ms);

/** Instants that are told anew each second must not flicker by what rounding makes of them. */
const rounded = (at: Millis): Millis => Math.round(at / 500) * 500;

const nextAttempt = (journal: readonly AttemptRecord[], generation: number): Millis | null =>
  journal.findLast((one) => one.generation === generation)?.retryAt ?? null;
