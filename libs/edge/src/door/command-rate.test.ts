import { expect, it } from 'vitest';
import { CommandRate } from './command-rate.js';

const allowed = (rate: CommandRate, times: readonly number[], perSecond = 5): number =>
  times.filter((now) => rate.allows(now, perSecond)).length;

it('allows so many in any second, wherever that begins', () => {
  const rate = new CommandRate();
  expect(allowed(rate, [900, 920, 940, 960, 980])).toBe(5);
  expect(allowed(rate, [1_000, 1_500, 1_899])).toBe(0);
});

it('allows whoever keeps the pace for ever', () => {
  const rate = new CommandRate();
  expect(
    allowed(
      rate,
      Array.from({ length: 1_000 }, (_, at) => at * 200),
    ),
  ).toBe(1_000);
  const inBursts = new CommandRate();
  expect(
    allowed(
      inBursts,
      Array.from({ length: 1_000 }, (_, at) => Math.floor(at / 5) * 1_000),
    ),
  ).toBe(1_000);
});

it('allows who goes on too fast as many as everybody', () => {
  expect(
    allowed(
      new CommandRate(),
      Array.from({ length: 500 }, (_, at) => at * 20),
    ),
  ).toBe(5 * 10);
});
