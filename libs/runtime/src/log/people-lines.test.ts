import { stripVTControlCharacters } from 'node:util';
import stringWidth from 'string-width';
import { expect, it } from 'vitest';
import { forPeople } from './people-lines.js';

const told = (record: object, width?: number): string =>
  stripVTControlCharacters(forPeople(JSON.stringify({ time: 1_790_134_675_605, name: 'edge', ...record }), width));

it('says the time of day, the sentence and what is known beside it, in words', () => {
  expect(
    told({ level: 40, code: 'line.held', attempt: 3, why: null, tookMs: 1_500, to: ['a', 'b'], msg: 'waits' }),
  ).toMatch(/^\d\d:\d\d:\d\d warn {2}waits {2}attempt 3 {2}took 1\.5 s {2}to a, b\n$/);
});

it('says nothing twice: what the sentence says stands not beside it', () => {
  const ended = { closedBy: 'transport', cause: 'dns', reason: 'getaddrinfo', frames: 0 };
  const text = told({
    level: 40,
    code: 'line.ended',
    ...ended,
    msg: 'An attempt did not reach Binance (dns, “getaddrinfo”)',
  });
  expect(text).toMatch(/An attempt did not reach Binance \(dns, “getaddrinfo”\) {2}frames 0\n$/);
});

it('puts a stack below, and then what can be done, a line each', () => {
  expect(told({ level: 50, code: 'x', stack: 'Error: oops\n  at y', msg: 'oops' })).toMatch(
    /ERROR oops\nError: oops\n {2}at y\n$/,
  );
  const next = { Watch: 'http://127.0.0.1:9443/', 'Look here': 'npx holdfast status' };
  expect(told({ level: 30, next, msg: 'started' }, 80)).toMatch(
    /started\n\n {2}Watch {6}http:\/\/127\.0\.0\.1:9443\/\n {2}Look here {2}npx holdfast status\n\n$/,
  );
});

it.each([60, 80, 140])('fits %i columns', (width) => {
  const why = 'api.binance.com: getaddrinfo ENOTFOUND api.binance.com; data-api.binance.vision: getaddrinfo ENOTFOUND';
  const text = told(
    { level: 40, attempt: 3, why, then: why, msg: `the list of symbols could not be had: ${why}` },
    width,
  );
  for (const line of text.split('\n')) expect(stringWidth(line)).toBeLessThanOrEqual(width);
  expect(text.replaceAll(/\s+/g, ' ')).toContain(`attempt 3`);
});
