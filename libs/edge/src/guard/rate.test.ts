import { expect, it } from 'vitest';
import { FakeClock } from '../../../../test/support/fake-clock.js';
import { Rate } from './rate.js';

const allowed = (rate: Rate, kind: string, times: number): number =>
  Array.from({ length: times }, () => rate.allows(kind)).filter(Boolean).length;

it('allows so many in any second, half of them of one kind', () => {
  const clock = new FakeClock();
  const rate = new Rate(clock, 10);
  expect(allowed(rate, 'one', 20)).toBe(5);
  clock.advance(900);
  expect([allowed(rate, 'other', 20), allowed(rate, 'third', 20)]).toEqual([5, 0]);
  clock.advance(100);
  expect([allowed(rate, 'other', 20), allowed(rate, 'one', 20)]).toEqual([0, 5]);
});

it('allows no more in the long run, and remembers no more', () => {
  const clock = new FakeClock();
  const rate = new Rate(clock, 10);
  let times = 0;
  for (let ms = 0; ms < 100_000; ms += 10) {
    times += allowed(rate, `kind ${ms}`, 3);
    clock.advance(10);
  }
  expect(times).toBe(1_000);
  expect(JSON.stringify(rate).length).toBeLessThan(2_000);
});

it('allows one where one a second is allowed, and everything where nothing is said', () => {
  expect(allowed(new Rate(new FakeClock(), 1), 'one', 5)).toBe(1);
  expect(allowed(new Rate(new FakeClock(), 0), 'one', 5)).toBe(5);
});
