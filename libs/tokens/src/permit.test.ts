import { describe, expect, it } from 'vitest';
import { covers, fits, readRights } from './permit.js';

describe('a pattern', () => {
  it.each([
    ['btcusdt@trade', 'btcusdt@trade', true],
    ['btcusdt@trade', 'btcusdt@trades', false],
    ['*', '!miniTicker@arr', true],
    ['btc*@trade', 'btcusdt@trade', true],
    ['btc*@trade', 'btc@trade', true],
    ['btc*@trade', 'ethbtc@trade', false],
    ['*@bookTicker', 'ethusdt@bookTicker', true],
    ['*@bookTicker', 'ethusdt@bookticker', false],
    ['a*b*c', 'abbc', true],
    ['a*b*c', 'acbc', true],
    ['a*b*c', 'acb', false],
    ['ab*ba', 'aba', false],
    ['a**b', 'ab', true],
  ])('%s and %s: %s', (pattern, name, expected) => {
    expect(fits(pattern, name)).toBe(expected);
  });

  it('with many stars is no work, whatever it is held against', () => {
    expect(fits(`${'a*'.repeat(50)}b`, 'a'.repeat(100_000))).toBe(false);
  });
});

it('covers all streams where no pattern is named, and nobody is stopped where no permit is asked for', () => {
  expect(covers(undefined, 'btcusdt@trade')).toBe(true);
  expect(covers({ name: 'desk', isOperator: false }, 'btcusdt@trade')).toBe(true);
  const permit = { name: 'desk', isOperator: false, patterns: ['eth*', '*@trade'] };
  expect([covers(permit, 'btcusdt@trade'), covers(permit, 'btcusdt@depth')]).toEqual([true, false]);
});

describe('what is said of a holder', () => {
  it('is understood', () => {
    expect(readRights({ patterns: ['btc*'], connections: 2, streams: 9, ops: true })).toEqual({
      ok: true,
      value: { patterns: ['btc*'], connections: 2, streams: 9, isOperator: true },
    });
    expect(readRights({})).toEqual({ ok: true, value: { isOperator: false } });
  });

  it.each([
    [{ patterns: 'btc*' }, 'patterns: expected'],
    [{ patterns: [] }, 'patterns: expected'],
    [{ patterns: ['a b'] }, 'patterns: expected'],
    [{ connections: 0 }, 'connections: expected a whole number'],
    [{ streams: 1.5 }, 'streams: expected a whole number'],
    [{ ops: 'yes' }, 'ops: expected'],
    [{ pattern: ['btc*'] }, '"pattern" is no word here'],
  ])('is refused where it is %j', (said, problem) => {
    expect(readRights(said)).toEqual({ ok: false, problem: expect.stringContaining(problem) });
  });
});
