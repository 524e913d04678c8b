/** Why somebody is kept out: what refusals are counted by. */
export const KEPT_OUT = ['host', 'origin', 'no-token', 'bad-token', 'no-keys', 'not-operator'] as const;

/** How a request is answered that is kept out. */
export interface AccessRefusal {
  why: (typeof KEPT_OUT)[number];
  status: string;
  headers: Readonly<Record<string, string>>;
  body: string;
}

const unauthorized = (why: AccessRefusal['why'], error: string, body: string): AccessRefusal => ({
  why,
  status: '401 Unauthorized',
  headers: { 'www-authenticate': `Bearer realm="holdfast"${error}` },
  body,
});

/** @see https://www.rfc-editor.org/rfc/rfc6750#section-3.1 */
export const NO_TOKEN = unauthorized('no-token', '', 'A token is needed: Authorization: Bearer …');

export const BAD_TOKEN = unauthorized('bad-token', ', error="invalid_token"', 'This token is not valid here');

/** Nothing is wrong with the token: nobody can tell now. */
export const NO_KEYS: AccessRefusal = {
  why: 'no-keys',
  status: '503 Service Unavailable',
  headers: { 'retry-after': '5' },
  body: 'The keys that tokens are checked with cannot be had now',
};

export const NOT_OPERATOR: AccessRefusal = {
  why: 'not-operator',
  status: '403 Forbidden',
  headers: { 'www-authenticate': 'Bearer realm="holdfast", error="insufficient_scope"' },
  body: 'This token is none of an operator (ops=yes)',
};

export const forbidden = (why: 'host' | 'origin', body: string): AccessRefusal => ({
  why,
  status: '403 Forbidden',
  headers: {},
  body,
});
