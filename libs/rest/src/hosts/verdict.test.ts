import { describe, expect, it } from 'vitest';
import { type Verdict, judge } from './verdict.js';

const NOW = Date.parse('2026-11-26T10:00:00Z');

const verdict = (status: number, text = '', headers: Record<string, string> = {}): Verdict =>
  judge({ status, text, headers, at: 0 }, NOW);

describe('an answer of the REST API', () => {
  it.each([
    ['[]', []],
    [
      '{"lastUpdateId":160,"bids":[["0.0024","10"]],"asks":[]}',
      { lastUpdateId: 160, bids: [['0.0024', '10']], asks: [] },
    ],
    ['null', null],
  ])('that is JSON, %s, is the answer', (text, value) => {
    expect(verdict(200, text)).toEqual({ is: 'answered', value });
  });

  it('that is none, as of a hotel’s network, is a failure of the host', () => {
    expect(verdict(200, '<html>Please log in</html>')).toMatchObject({ is: 'failed', forMs: 0 });
  });

  it('in Binance’s words is given in them', () => {
    const text = '{"code":-1121,"msg":"Invalid symbol."}';
    expect(verdict(400, text)).toEqual({ is: 'refused', why: 'HTTP 400: Invalid symbol. (-1121)' });
  });

  it('in nobody’s words is shown, as far as it is short', () => {
    expect(verdict(404, 'x'.repeat(1_000))).toMatchObject({ is: 'strange' });
    expect(JSON.stringify(verdict(404, 'x'.repeat(1_000))).length).toBeLessThan(300);
  });

  it.each([
    [429, {}, 'limited', 60_000],
    [418, {}, 'limited', 120_000],
    [429, { 'retry-after': '7' }, 'limited', 7_000],
    [418, { 'retry-after': 'Thu, 26 Nov 2026 10:05:00 GMT' }, 'limited', 300_000],
    [418, { 'retry-after': 'Thu, 26 Nov 2026 09:00:00 GMT' }, 'limited', 1_000],
    [429, { 'retry-after': '0' }, 'limited', 1_000],
    [418, { 'retry-after': '259200' }, 'limited', 86_400_000],
    [429, { 'retry-after': 'soon' }, 'limited', 60_000],
    [403, {}, 'forbidden', 300_000],
    [451, {}, 'forbidden', 300_000],
    [403, { 'retry-after': '30' }, 'forbidden', 30_000],
    [500, {}, 'failed', 0],
    [503, { 'retry-after': '9' }, 'failed', 9_000],
    [408, {}, 'failed', 0],
    [301, {}, 'failed', 0],
  ] as const)('%i with %j is %s, for %i ms', (status, headers, is, forMs) => {
    expect(verdict(status, '<html></html>', headers)).toMatchObject({ is, forMs });
  });

  it.each([400, 401, 404, 405, 414])('%i concerns this request alone where Binance says so', (status) => {
    expect(verdict(status, '{"code":-1100,"msg":"Illegal characters."}')).toMatchObject({ is: 'refused' });
  });

  it.each([
    [404, '<html>nginx</html>'],
    [400, ''],
    [404, '{"message":"no Route matched"}'],
    [404, 'null'],
    [400, '{"code":-1001,"msg":"Internal error; unable to process your request. Please try again."}'],
    [400, '{"code":-1007,"msg":"Timeout waiting for response from backend server."}'],
    [400, '{"code":-1008,"msg":"Server is currently overloaded."}'],
  ])('%i with %s is no word about the request, and may pass', (status, text) => {
    expect(verdict(status, text)).toMatchObject({ is: 'strange' });
  });

  it('that says too many requests is an order to wait, whatever its status', () => {
    expect(verdict(400, '{"code":-1003,"msg":"Too many requests."}', { 'retry-after': '7' })).toMatchObject({
      is: 'limited',
      forMs: 7_000,
    });
  });
});
