import type { Millis } from '#libs/core';
import { BUSY, type RestAnswer, type RestComplaint, complain } from './answer.js';
import type { RestEnding } from './rest-metrics.js';

/** In Binance's words, as far as it has some. */
const COMPLAINTS = {
  'over-share': {
    status: 429,
    code: -1003,
    msg: 'Too much request weight used; the share of the gateway’s clients is used up. Please use WebSocket Streams for live updates to avoid polling the API.',
  },
  'over-own-share': {
    status: 429,
    code: -1003,
    msg: 'Too much request weight used; the rest of what the gateway’s clients may use is for others. Please use WebSocket Streams for live updates to avoid polling the API.',
  },
  busy: BUSY,
  held: {
    status: 503,
    code: -1008,
    msg: 'Binance’s firewall has refused what was asked several times in a row: nothing more is passed on for a while.',
  },
  unreachable: { status: 503, code: -1001, msg: 'Internal error; unable to process your request. Please try again.' },
} as const satisfies Partial<Record<RestEnding, RestComplaint>>;

export const NO_SPOT = complain({
  status: 503,
  code: -1000,
  msg: 'This gateway does not know the REST API of the exchange that it reads: HOLDFAST_UPSTREAM_REST_URL says where it is.',
});

/** Why a question has no answer of Binance's. */
export type WhyUnasked = keyof typeof COMPLAINTS;

/** What is said instead, and when it may be asked again. */
export const refusal = (why: WhyUnasked, retryInMs: Millis): RestAnswer => complain({ ...COMPLAINTS[why], retryInMs });
