import type { Millis } from '#libs/core';
import { endingOfRefusal, leastAfterRefusal } from '#libs/link';
import { readRetryAfter } from '../line/failure.js';
import type { HttpAnswer } from './http.js';

/** What an answer means, and what is to be done about it. */
export type Verdict =
  | { is: 'answered'; value: unknown }
  /** It is this request that is refused, wherever and whenever it is asked. */
  | { is: 'refused'; why: string }
  /** Binance has told our address to wait. */
  | { is: 'limited'; why: string; forMs: Millis }
  /** This host does not want us: a firewall, a region. To ask again soon makes it worse. */
  | { is: 'forbidden'; why: string; forMs: Millis }
  /** This host cannot answer now. */
  | { is: 'failed'; why: string; forMs: Millis };

/** However short a time Binance names, and whatever the clocks of both sides. */
const LEAST_HOLD_MS: Millis = 1_000;

/** So much of a body that nobody can read is shown. */
const SHOWN = 200;

/**
 * @param now by the machine's clock, for a Retry-After that is a date.
 * @see https://developers.binance.com/docs/binance-spot-api-docs/rest-api/limits
 */
export function judge({ status, headers, text }: HttpAnswer, now: Millis): Verdict {
  const body = readJson(text);
  if (status === 200 && body.isJson) return { is: 'answered', value: body.value };
  const why = `HTTP ${status}: ${messageOf(body.value) ?? JSON.stringify(text.slice(0, SHOWN))}`;
  const retryAfterMs = readRetryAfter(headers['retry-after'], now);
  const forMs = leastAfterRefusal(endingOfRefusal({ status, ...(retryAfterMs !== undefined && { retryAfterMs }) }));
  if (status === 429 || status === 418) return { is: 'limited', why, forMs: Math.max(LEAST_HOLD_MS, forMs) };
  if (status === 403 || status === 451) return { is: 'forbidden', why, forMs: Math.max(LEAST_HOLD_MS, forMs) };
  if (status >= 400 && status < 500 && status !== 408) return { is: 'refused', why };
  return { is: 'failed', why, forMs: retryAfterMs ?? 0 };
}

function readJson(text: string): { isJson: boolean; value?: unknown } {
  try {
    return { isJson: true, value: JSON.parse(text) };
  } catch {
    return { isJson: false };
  }
}

/** Binance's own words: `{"code":-1121,"msg":"Invalid symbol."}`. */
function messageOf(body: unknown): string | undefined {
  const { code, msg } = Object(body) as { code?: unknown; msg?: unknown };
  return typeof msg === 'string' ? `${msg} (${String(code)})` : undefined;
}
