import { describe, expect, it } from 'vitest';
import { FakeLink } from '../../../../test/support/fake-link.js';
import { UpstreamSettings } from '#libs/runtime';
import { retryPolicy } from './retry-policy.js';

const setUp = (): FakeLink => {
  const link = new FakeLink({ policy: retryPolicy(new UpstreamSettings()), random: () => 0 });
  link.driver.start();
  return link;
};

describe('Binance’s order to wait is kept: nothing is dialled before', () => {
  it.each([
    [429, 30_000],
    [418, 3_600_000],
    [403, 45_000],
    [503, 20_000],
  ])('HTTP %i with Retry-After', (status, retryAfterMs) => {
    const link = setUp();
    link.newest.events.refused({ status, retryAfterMs });
    expect(link.sitOut()).toBe(retryAfterMs);
  });

  it.each([
    [429, 60_000],
    [418, 120_000],
    [403, 300_000],
    [451, 300_000],
    [503, 0],
  ])('HTTP %i without one: %i ms', (status, leastMs) => {
    const link = setUp();
    link.newest.events.refused({ status });
    expect(link.sitOut()).toBe(leastMs);
  });

  it('1008 "Too many requests": five seconds the first time, twice as long each further time, two minutes at most', () => {
    const link = setUp();
    const waits = Array.from({ length: 7 }, () => {
      link.open();
      link.newest.events.closed({ code: 1008, reason: 'Too many requests' });
      return link.sitOut();
    });
    expect(waits).toEqual([5_000, 10_000, 20_000, 40_000, 80_000, 120_000, 120_000]);
  });

  it('any other 1008 asks for no patience', () => {
    const link = setUp();
    link.open();
    link.newest.events.closed({ code: 1008, reason: 'Pong timeout' });
    expect(link.sitOut()).toBe(0);
  });
});
