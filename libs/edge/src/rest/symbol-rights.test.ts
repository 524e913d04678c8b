import { describe, expect, it } from 'vitest';
import { spot } from '#libs/binance';
import { symbolRights } from './symbol-rights.js';

const rights = symbolRights(spot);
const may = (patterns: string[], symbol?: string): boolean =>
  rights({ name: 'desk', patterns, isOperator: false }, symbol);

describe('what is told of a symbol', () => {
  it.each([
    ['btcusdt@trade', 'BTCUSDT', true],
    ['btcusdt@trade', 'BTCUSDC', false],
    ['btcusdt@nonsense', 'BTCUSDT', false],
    ['btc*@trade', 'BTCUSDT', true],
    ['btc*', 'BTCUSDT', true],
    ['btc*', 'ETHBTC', false],
    ['*usdt@depth*', 'BTCUSDT', true],
    ['*usdt@depth*', 'BTCEUR', false],
    ['*@kline_1m@+08:00', 'BTCUSDT', true],
    ['*@+08:00', 'BTCUSDT', true],
    ['币安*@trade', '币安人生USDT', true],
    ['!miniTicker@arr', 'BTCUSDT', false],
    ['*', 'BTCUSDT', true],
  ])('with %s of %s: %s', (pattern, symbol, expected) => {
    expect(may(['nobody@trade', pattern], symbol)).toBe(expected);
  });

  it.each([
    ['*', true],
    ['*@bookTicker', true],
    ['**@depth*', true],
    ['b*@trade', false],
    ['*usdt@trade', false],
  ])('with %s of all at once: %s', (pattern, expected) => {
    expect(may([pattern])).toBe(expected);
  });

  it('is for whoever has no patterns, or no token where none is asked for', () => {
    expect([rights(undefined, 'BTCUSDT'), rights({ name: 'a', isOperator: false }, undefined)]).toEqual([true, true]);
  });
});
