import { expect, it } from 'vitest';
import { FakeClock } from '../../../../test/support/fake-clock.js';
import { Openings } from './openings.js';

const open = (openings: Openings, holder: string, times: number): void => {
  for (let time = 0; time < times; time += 1) openings.spend(holder);
};

it('may be as many at once as in a minute, of each holder, and are forgiven evenly', () => {
  const clock = new FakeClock();
  const openings = new Openings(clock, 6_000);
  open(openings, 'one', 6_000);
  expect([openings.leftFor('one'), openings.leftFor('other')]).toEqual([0, 6_000]);
  clock.advance(1_000);
  expect(openings.leftFor('one')).toBe(100);
  open(openings, 'one', 100);
  expect(openings.leftFor('one')).toBe(0);
  clock.advance(60_000);
  expect(openings.leftFor('one')).toBe(6_000);
});

it('are a thousand at least, however little room there is', () => {
  expect(new Openings(new FakeClock(), 2).leftFor('one')).toBe(1_000);
});

it('are never fewer than none, should a holder be given more', () => {
  const openings = new Openings(new FakeClock(), 1_000);
  open(openings, 'one', 1_001);
  expect(openings.leftFor('one')).toBe(0);
});
