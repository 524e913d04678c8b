import { expect, it } from 'vitest';
import { readRetryAfter } from './retry-after.js';

it('reads Retry-After in seconds and as a date, and nothing else', () => {
  const now = Date.parse('2026-11-23T04:00:00Z');
  expect(readRetryAfter('120', now)).toBe(120_000);
  expect(readRetryAfter('Mon, 23 Nov 2026 04:01:00 GMT', now)).toBe(60_000);
  expect(readRetryAfter('Mon, 23 Nov 2026 03:00:00 GMT', now)).toBe(0);
  for (const bad of [undefined, '', 'soon', '-50', '1.5e9', '99999999999', '2026-11-23T04:01:00Z'])
    expect(readRetryAfter(bad, now)).toBeUndefined();
});
