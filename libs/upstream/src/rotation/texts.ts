import { duration } from '#libs/core';
import type { Ending, OwnReason } from '#libs/link';
import type { Log } from '#libs/runtime';
import { type Then, tellThen } from '../journal/journal.js';
import { describe } from './loss.js';
import type { FeedView } from '../streams/transcript.js';
import type { Failure, Goodbye, SlotEffect } from './step.js';

/** Why a line is let go: the cause in the journal, and the same in words. */
export const CAUSES: Readonly<Record<Goodbye, OwnReason>> = {
  'took-over': 'replaced',
  failed: 'not-needed',
  'no-longer': 'not-needed',
  unneeded: 'not-needed',
  stopped: 'stopped',
};

export const GOODBYES: Readonly<Record<Goodbye, string>> = {
  'took-over': 'its replacement took over',
  failed: 'the replacement failed',
  'no-longer': 'the line it was to replace has dropped and reconnects',
  unneeded: 'nobody wants its streams',
  stopped: 'the upstream stopped',
};

/** Of a stream that another line was to carry and does not. */
export const DISCLAIMED: FeedView = {
  state: 'recovering',
  cause: 'connection-lost',
  message: 'its connection is not back yet',
};

const FAILURES: Readonly<Record<Failure, string>> = {
  ended: 'its connection ended',
  distrusted: 'it cannot be trusted',
  'too-late': 'it did not deliver everything in time',
  'no-line-to-replace': 'the line it was to replace has dropped',
};

/** What the end of a line means, for clients. */
export const lossMessage = (ending: Ending, then: Then): string => `${describe(ending)}; ${tellThen(then)}`;

export const heldMessage = (forMs: number): string =>
  `no attempt to connect is allowed now; the next one in ${duration(forMs)}`;

/** One log line per step of a rotation. */
export function logReport(log: Log, { result, line, reason, why }: Extract<SlotEffect, { do: 'report' }>): void {
  const fields = { code: `rotation.${result}`, reason, generation: line };
  if (result === 'begun') log.info(fields, 'opening a replacement');
  else if (result === 'failed') log.warn({ ...fields, why: why && FAILURES[why] }, 'the replacement failed');
  else log.info(fields, 'the replacement took over');
}
