import { expect, it } from 'vitest';
import { readCredential } from './credential.js';

const NOTHING = { authorization: '', protocols: '', query: '' };

it.each([
  ['the header', { authorization: 'Bearer abc' }, { token: 'abc', protocol: '', query: '' }],
  ['the header, in any case', { authorization: 'bearer  abc' }, { token: 'abc', protocol: '', query: '' }],
  ['a subprotocol', { protocols: 'bearer.abc, v1' }, { token: 'abc', protocol: 'v1', query: '' }],
  ['one behind another', { protocols: 'v1,bearer.abc' }, { token: 'abc', protocol: 'v1', query: '' }],
  ['a subprotocol alone', { protocols: 'bearer.abc' }, { token: 'abc', protocol: 'bearer.abc', query: '' }],
  ['the query', { query: 'token=a%2Bc' }, { token: 'a+c', protocol: '', query: '' }],
  [
    'a query with more in it',
    { query: 'streams=btcusdt@trade&token=abc&timeUnit=MICROSECOND&token=x' },
    { token: 'abc', protocol: '', query: 'streams=btcusdt@trade&timeUnit=MICROSECOND' },
  ],
  ['the header first', { authorization: 'Bearer a', query: 'token=b' }, { token: 'a', protocol: '', query: '' }],
])('takes a token out of %s', (_, given, expected) => {
  expect(readCredential({ ...NOTHING, ...given })).toEqual(expected);
});

it.each([
  [{ authorization: 'Basic YTpi' }],
  [{ authorization: 'Bearer' }],
  [{ protocols: 'v1' }],
  [{ query: 'streams=a&mytoken=b' }],
])('finds none in %j, and leaves the rest as it is', (given) => {
  const read = readCredential({ ...NOTHING, ...given });
  expect(read.token).toBeUndefined();
  expect(read.query).toBe({ ...NOTHING, ...given }.query);
});

it('takes a text that is not URL-encoded as it stands', () => {
  expect(readCredential({ ...NOTHING, query: 'token=%E0%A4%A' }).token).toBe('%E0%A4%A');
});
