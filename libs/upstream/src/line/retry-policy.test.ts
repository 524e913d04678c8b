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

  it('counts closes for too many messages by themselves: five drops before the first one change nothing', () => {
    const link = setUp();
    for (let drop = 0; drop < 5; drop += 1) {
      link.open();
      link.newest.events.closed({ code: 1006, reason: '' });
      link.sitOut();
    }
    const waits = [1, 2].map(() => {
      link.open();
      link.newest.events.closed({ code: 1008, reason: 'Too many requests' });
      return link.sitOut();
    });
    expect(waits).toEqual([5_000, 10_000]);
  });

  it('forgets them when data has come, not with age', () => {
    const link = setUp();
    const endAfterAnHour = (data?: 'with-data'): number => {
      link.open(data);
      link.clock.advance(3_600_000);
      link.newest.events.closed({ code: 1008, reason: 'Too many requests' });
      return link.sitOut();
    };
    expect([endAfterAnHour(), endAfterAnHour(), endAfterAnHour('with-data'), endAfterAnHour()]).toEqual([
      5_000, 10_000, 5_000, 10_000,
    ]);
  });
});

it('an outage that ends is noticed within eight seconds, however long it was', () => {
  const link = new FakeLink({ policy: retryPolicy(new UpstreamSettings()), random: () => 1 });
  link.driver.start();
  const waits = Array.from({ length: 100 }, () => {
    link.newest.events.refused({ status: 503 });
    return link.sitOut();
  });
  expect(waits.slice(0, 6)).toEqual([250, 500, 1_000, 2_000, 4_000, 8_000]);
  expect(Math.max(...waits)).toBe(8_000);
});
