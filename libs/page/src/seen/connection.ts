import type { ConnectionChange, Ending } from '#libs/client';
import { type Millis, duration, wholeSeconds } from '#libs/core';
import type { Tone } from '../words/page.js';

/** How the page's own connection to the gateway is. */
export interface ConnectionShown {
  state: 'none' | 'connecting' | 'open' | 'lost' | 'closed';
  sinceAt: Millis;
  /** Since when there is none, where there was one. */
  lostAt: Millis | undefined;
  /** How it ended last, in words. */
  ending: string | undefined;
  retryAt: Millis | undefined;
  /** Attempts in a row that have not come in. */
  failed: number;
  /** How often it was lost, and for how long the last time, once it is back. */
  losses: number;
  lastLossMs: Millis | undefined;
}

export const noConnection = (now: Millis): ConnectionShown => ({
  state: 'none',
  sinceAt: now,
  lostAt: undefined,
  ending: undefined,
  retryAt: undefined,
  failed: 0,
  losses: 0,
  lastLossMs: undefined,
});

/** What becomes of it by a change that the SDK tells. */
export function connectionAfter(before: ConnectionShown, change: ConnectionChange, now: Millis): ConnectionShown {
  switch (change.state) {
    case 'connecting':
      return { ...before, state: before.lostAt === undefined ? 'connecting' : 'lost', retryAt: undefined };
    case 'moved':
      return before;
    case 'open': {
      const lastLossMs = before.lostAt === undefined ? before.lastLossMs : now - before.lostAt;
      return { ...before, state: 'open', sinceAt: now, lostAt: undefined, retryAt: undefined, failed: 0, lastLossMs };
    }
    case 'lost': {
      const wasOpen = before.state === 'open';
      return {
        ...before,
        state: wasOpen || before.lostAt !== undefined ? 'lost' : 'connecting',
        lostAt: wasOpen ? now : before.lostAt,
        ending: wasOpen ? sayEnding(change.ending) : before.ending,
        retryAt: now + change.retryMs,
        failed: wasOpen ? 0 : before.failed + 1,
        losses: before.losses + (wasOpen ? 1 : 0),
      };
    }
    case 'closed':
      return { ...before, state: 'closed', sinceAt: now, retryAt: undefined, ending: sayEnding(change.ending) };
  }
}

const BY: Record<Ending['closedBy'], string> = {
  peer: 'the gateway closed it',
  us: 'this page gave it up',
  transport: 'it broke off',
};

/** Who ended it, and why, as far as a browser tells. */
export function sayEnding({ closedBy, code, reason }: Ending): string {
  const why = [code === undefined || code === 1006 ? '' : `code ${code}`, reason ?? ''].filter((part) => part !== '');
  return `${BY[closedBy]}${why.length > 0 ? ` (${why.join(', ')})` : ''}`;
}

/** The connection in one line, and in a colour. */
export function sayConnection(shown: ConnectionShown, now: Millis): { tone: Tone; word: string; says: string } {
  const { state, losses, lastLossMs } = shown;
  if (state === 'none') return { tone: 'plain', word: 'not connected', says: '' };
  if (state === 'connecting') return { tone: 'warn', word: 'connecting', says: saidAttempt(shown, now) };
  if (state === 'closed')
    return { tone: 'bad', word: 'closed for good', says: `${shown.ending ?? ''}; reload the page to try again` };
  if (state === 'lost') return { tone: 'bad', word: 'gateway lost', says: saidAttempt(shown, now) };
  const before =
    losses === 0 || lastLossMs === undefined ? '' : `; lost ${times(losses)} before, for ${duration(lastLossMs)} last`;
  return { tone: 'good', word: 'connected', says: `for ${wholeSeconds(now - shown.sinceAt)}${before}` };
}

function saidAttempt({ retryAt, lostAt, failed }: ConnectionShown, now: Millis): string {
  const since = lostAt === undefined ? '' : `for ${wholeSeconds(now - lostAt)}; `;
  const attempt = failed === 0 ? '' : `, attempt ${failed + 1}`;
  return retryAt === undefined || retryAt <= now
    ? `${since}connecting now${attempt}`
    : `${since}next attempt in ${wholeSeconds(retryAt - now)}${attempt}`;
}

const times = (often: number): string => (often === 1 ? 'once' : `${often} times`);
