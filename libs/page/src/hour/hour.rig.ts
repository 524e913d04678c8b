import type { AttemptRecord } from '#libs/core';
import { type CountedFacts, type Facts, factsOf } from './facts.js';
import { NOTHING_COUNTED } from './last-hour.js';
import type { StatusSections } from '../words/sections.js';

const NOTHING: CountedFacts = { ...NOTHING_COUNTED, streams: 40, clients: 3 };

interface Given {
  troubles?: Record<string, string>;
  behind?: Record<string, string>;
  counted?: Partial<CountedFacts>;
  sections?: StatusSections;
}

/** What was seen at an instant; all is well but for what is given. */
export const facts = (at: number, { troubles = {}, behind = {}, counted = {}, sections = {} }: Given = {}): Facts =>
  factsOf({ at, troubles, behind, counted: { ...NOTHING, ...counted } }, sections);

/** An attempt that opened, brought data and was closed by Binance, but for what is given. */
export const attempt = (number: number, closedAt: number, more: Partial<AttemptRecord> = {}): AttemptRecord => ({
  attempt: number,
  generation: 1,
  why: 'demand',
  streams: 40,
  startedAt: closedAt - 61_000,
  openedAt: closedAt - 60_000,
  firstDataAt: closedAt - 59_000,
  closedAt,
  livedMs: 60_000,
  frames: 1_000,
  bytes: 200_000,
  closedBy: 'binance',
  cause: 'closed',
  code: 1000,
  then: 'next attempt in 0.5 s',
  retryAt: closedAt + 500,
  ...more,
});

/** One that never opened. */
export const failed = (number: number, closedAt: number, more: Partial<AttemptRecord> = {}): AttemptRecord => {
  const {
    openedAt: _openedAt,
    firstDataAt: _dataAt,
    livedMs: _livedMs,
    code: _code,
    ...rest
  } = attempt(number, closedAt);
  return { ...rest, cause: 'refused', status: 503, reason: 'HTTP 503', ...more };
};
