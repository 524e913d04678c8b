import { describe, expect, it } from 'vitest';
import { MOST_SYMBOLS, readSymbolsAnswer, readSymbolsQuestion } from './symbols.js';

describe('a question about symbols', () => {
  it.each([{ mark: null }, { mark: 'x' }, { mark: 'x', missedMs: 0 }])('is %j', (question) => {
    expect(readSymbolsQuestion(question)).toEqual(question);
  });

  it.each([
    {},
    { mark: 1 },
    { mark: '' },
    { mark: 'x'.repeat(101) },
    { mark: 'x', missedMs: -1 },
    { mark: 'x', missedMs: 'now' },
    { mark: 'x', missedMs: null },
    null,
    'x',
  ])('is not %j', (value) => {
    expect(readSymbolsQuestion(value)).toBeUndefined();
  });
});

describe('an answer', () => {
  it.each([{ mark: null }, { mark: 'x' }, { mark: 'x', symbols: ['BTCUSDT', '币安人生USDT'] }])('is %j', (answer) => {
    expect(readSymbolsAnswer(answer)).toEqual(answer);
  });

  it.each([
    {},
    { symbols: ['BTCUSDT'] },
    { mark: 'x', symbols: [] },
    { mark: 'x', symbols: ['BTCUSDT', 7] },
    { mark: 'x', symbols: [''] },
    { mark: 'x', symbols: ['x'.repeat(65)] },
    { mark: 'x', symbols: 'BTCUSDT' },
    { mark: 'x', symbols: Array.from({ length: MOST_SYMBOLS + 1 }, () => 'A') },
  ])('is none that nobody could use', (value) => {
    expect(readSymbolsAnswer(value)).toBeUndefined();
  });
});
