import type { Millis } from '#libs/core';
import { endingOfRefusal, leastAfterRefusal } from '#libs/link';
import type { HttpAnswer } from './http.js';
import { readRetryAfter } from './retry-after.js';

/** What an answer means, and what is to be done about it. */
export type Verdict =
  | { is: 'answered'; value: unknown }
  /** It is this request that is refused, wherever and whenever it is asked. */
  | { is: 'refused'; why: string }
  /** Refused, but not in Binance's words, or in those for trouble of its own: an intermediary's page, a restart. It may pass. */
  | { is: 'strange'; why: string }
  /** Binance has told our address to wait. */
  | { is: 'limited'; why: string; forMs: Millis }
  /** This host does not want us: a firewall, a region. To ask again soon makes it worse. */
  | { is: 'forbidden'; why: string; forMs: Millis }
  /** This host cannot answer now. */
  | { is: 'failed'; why: string; forMs: Millis };

/** However short a time Binance names, and whatever the clocks of both sides. */
const LEAST_HOLD_MS: Millis = 1_000;

/**
 * Codes with which Binance speaks of itself, whatever the status: unknown error, disconnected, unexpected response, timeout,
 * busy, shutting down, too many connections.
 *
 * @see https://developers.binance.com/docs/binance-spot-api-docs/errors
 */
const NOT_ABOUT_US: ReadonlySet<unknown> = new Set([-1000, -1001, -1006, -1007, -1008, -1016, -1034]);

/** Too many requests, also where the status is another. */
const TOO_MANY = -1003;

/** So much of a body that nobody can read is shown. */
const SHOWN = 200;

/**
 * @param now by the machine's clock, for a Retry-After that is a date.
 * @see https://developers.binance.com/docs/binance-spot-api-docs/rest-api/limits
 */
export function judge({ status, headers, text }: HttpAnswer, now: Millis): Verdict {
  const body = readJson(text);
  if (status === 200 && body.isJson) return { is: 'answered', value: body.value };
  const said = wordsOf(body.value);
  const why = `HTTP ${status}: ${said ? `${said.msg} (${said.code})` : JSON.stringify(text.slice(0, SHOWN))}`;
  const limit = status === 429 || status === 418 ? status : said?.code === TOO_MANY ? 429 : undefined;
  const retryAfterMs = readRetryAfter(headers['retry-after'], now);
  const forMs = leastAfterRefusal(
    endingOfRefusal({ status: limit ?? status, ...(retryAfterMs !== undefined && { retryAfterMs }) }),
  );
  if (limit !== undefined) return { is: 'limited', why, forMs: Math.max(LEAST_HOLD_MS, forMs) };
  if (status === 403 || status === 451) return { is: 'forbidden', why, forMs: Math.max(LEAST_HOLD_MS, forMs) };
  if (status >= 400 && status < 500 && status !== 408)
    return { is: said && !NOT_ABOUT_US.has(said.code) ? 'refused' : 'strange', why };
  return { is: 'failed', why, forMs: retryAfterMs ?? 0 };
}

/**
 * The same of an answer to what somebody else has asked, to whom it is passed on as it came. Reading megabytes takes long, so its beginning
 * tells whether it is JSON. And a firewall that refuses judges the question: no other host would answer it, and nobody else is to suffer
 * (unless it refuses whatever is asked: `firewalls.ts`).
 */
export function judgeForOthers(answer: HttpAnswer, now: Millis): Verdict {
  if (answer.status === 200 && /^\s*[[{]/.test(answer.text)) return { is: 'answered', value: undefined };
  const verdict = judge(answer, now);
  return verdict.is === 'forbidden' && answer.status === 403 ? { is: 'refused', why: verdict.why } : verdict;
}

/** Whether it is Binance that says what is wrong, and nobody between. */
export const isInTheirWords = ({ text }: HttpAnswer): boolean => wordsOf(readJson(text).value) !== undefined;

function readJson(text: string): { isJson: boolean; value?: unknown } {
  try {
    return { isJson: true, value: JSON.parse(text) };
  } catch {
    return { isJson: false };
  }
}

/** Binance's own words: `{"code":-1121,"msg":"Invalid symbol."}`. */
function wordsOf(body: unknown): { code: number; msg: string } | undefined {
  const { code, msg } = Object(body) as { code?: unknown; msg?: unknown };
  return typeof code === 'number' && typeof msg === 'string' ? { code, msg } : undefined;
}
