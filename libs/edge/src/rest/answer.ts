import type { Millis } from '#libs/core';

/** What a client is answered, whole. */
export interface RestAnswer {
  status: number;
  /** Names in lower case. */
  headers: Readonly<Record<string, string>>;
  body: Buffer;
}

/** As Binance names it. */
const JSON_TYPE = 'application/json;charset=UTF-8';

export const jsonAnswer = (status: number, value: unknown, headers: Record<string, string> = {}): RestAnswer => ({
  status,
  headers: { 'content-type': JSON_TYPE, ...headers },
  body: Buffer.from(JSON.stringify(value)),
});

/** What Binance says when something is wrong: a status, a code, a sentence. */
export interface RestComplaint {
  status: number;
  code: number;
  msg: string;
  /** When the client may ask again. */
  retryInMs?: Millis;
}

/** Too much is to be done already. */
export const BUSY: RestComplaint = {
  status: 503,
  code: -1008,
  msg: 'Server is currently overloaded with other requests. Please try again in a few minutes.',
};

/** With what Binance has counted for our address: clients pace themselves by it. */
export const withUsedWeight = (answer: RestAnswer, used: number): RestAnswer => ({
  ...answer,
  headers: { ...answer.headers, 'x-mbx-used-weight': String(used), 'x-mbx-used-weight-1m': String(used) },
});

/** A complaint in Binance's form. */
export function complain({ status, code, msg, retryInMs }: RestComplaint): RestAnswer {
  const seconds = retryInMs === undefined ? undefined : Math.max(1, Math.ceil(retryInMs / 1_000));
  return jsonAnswer(status, { code, msg }, seconds === undefined ? {} : { 'retry-after': String(seconds) });
}
