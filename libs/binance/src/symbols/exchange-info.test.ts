import { describe, expect, it } from 'vitest';
import { exchangeInfo } from './exchange-info.js';

describe('exchangeInfo', () => {
  it('says which symbols there are, those that are halted included', () => {
    const symbols = [
      { symbol: 'BTCUSDT', status: 'TRADING', filters: [] },
      { symbol: '币安人生USDT', status: 'BREAK' },
    ];
    expect(exchangeInfo.read({ timezone: 'UTC', symbols })).toEqual({ ok: true, value: ['BTCUSDT', '币安人生USDT'] });
  });

  it.each([
    undefined,
    null,
    'x',
    {},
    { symbols: 'x' },
    { symbols: [] },
    { symbols: [{}] },
    { symbols: [{ symbol: 7 }] },
  ])('says nothing where it is %j', (answer) => {
    expect(exchangeInfo.read(answer)).toMatchObject({ ok: false });
  });
});
