/** What a page may read of an answer beside its body. */
const READABLE = 'x-mbx-used-weight, x-mbx-used-weight-1m, retry-after';

/**
 * What lets a page read what it is answered: a browser keeps it from any other, and from what says nothing of it, a refusal for one.
 * Every answer depends on the page, also one to a request that is of none: a cache must not give it to a page.
 *
 * @param page one that may come in; empty where there is none, or another one.
 * @see https://fetch.spec.whatwg.org/#http-cors-protocol
 */
export const pageHeaders = (page: string): Readonly<Record<string, string>> => ({
  ...(page !== '' && { 'access-control-allow-origin': page, 'access-control-expose-headers': READABLE }),
  vary: 'origin',
});
