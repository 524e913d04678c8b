import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { spot } from '#libs/binance';
import { isPattern, readPattern } from './pattern.js';

const matching = (pattern: string, name: string): boolean => {
  const read = readPattern(spot, pattern);
  if (!read.ok) throw new Error(read.problem.message);
  return read.value.matches(name);
};

describe('a pattern of stream names', () => {
  it.each([
    ['*@trade', 'btcusdt@trade', true],
    ['*@trade', '币安人生usdt@trade', true],
    ['*@trade', 'btcusdt@aggTrade', false],
    ['*@depth', 'btcusdt@depth@100ms', false],
    ['*@depth@100ms', 'btcusdt@depth@100ms', true],
    ['btc*@trade', 'btcusdt@trade', true],
    ['btc*@trade', 'btc@trade', true],
    ['btc*@trade', 'wbtcusdt@trade', false],
    ['*usdt@trade', 'btcusdt@trade', true],
    ['*usdt@trade', 'usdtbrl@trade', false],
    ['b*c*t@trade', 'btcusdt@trade', true],
    ['b*c*t@trade', 'bct@trade', true],
    ['b*c*t@trade', 'btct@trade', true],
    ['b*cc*t@trade', 'bctt@trade', false],
    ['ab*ba@trade', 'aba@trade', false],
    ['*@kline_1m', 'btcusdt@kline_1m@+08:00', false],
    ['*@miniTicker', '!miniTicker@arr', false],
  ])('%s is meant for %s: %s', (pattern, name, is) => {
    expect(matching(pattern, name)).toBe(is);
  });

  it.each([
    ['btcusdt@trade', 'expected * in the symbol'],
    ['*', 'expected * in the symbol'],
    ['btcusdt@*', 'expected * in the symbol'],
    ['*@tr*', 'expected * in the symbol'],
    ['*@trad', 'did you mean'],
    ['BTC*@trade', 'lower case'],
    ['*a*b*c*d*@trade', 'at most 4 stars'],
    [`*${'a'.repeat(200)}@trade`, 'at most 128 characters'],
    ['*@depth@1000ms', 'use *@depth'],
  ])('is not %s', (text, why) => {
    expect(readPattern(spot, text)).toMatchObject({
      ok: false,
      problem: { code: 'bad-stream', message: expect.stringContaining(why) },
    });
  });

  it('says what a regular expression of the same letters says', () => {
    const letters = (most: number): fc.Arbitrary<string> =>
      fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: most });
    fc.assert(
      fc.property(fc.array(letters(2), { minLength: 2, maxLength: 5 }), letters(8), (pieces, symbol) => {
        const expected = new RegExp(`^${pieces.join('.*')}$`).test(symbol);
        expect(matching(`${pieces.join('*')}@trade`, `${symbol}@trade`)).toBe(expected);
      }),
    );
  });

  it('is told from a name by its star', () => {
    expect(['*@trade', 'btcusdt@trade', '!miniTicker@arr'].map(isPattern)).toEqual([true, false, false]);
  });
});
