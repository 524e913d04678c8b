import { describe, expect, it } from 'vitest';
import { judge } from './coverage.js';

const patience = { lagMs: 1_000, settleMs: 2_500 };
const confirmedAt = 10_000;

const verdict = (
  old: Record<string, number>,
  replacement: Record<string, number>,
  now: number,
  confirmed: number | undefined = confirmedAt,
) =>
  judge(
    {
      streams: ['a', 'b'],
      old: new Map(Object.entries(old)),
      replacement: new Map(Object.entries(replacement)),
      confirmedAt: confirmed,
    },
    now,
    patience,
  );

describe('a replacement', () => {
  it('takes over at once when it has delivered everything', () => {
    expect(verdict({ a: 10_500 }, { a: 10_100, b: 10_200 }, 10_300)).toBe('ready');
  });

  it('never takes over before Binance’s list holds every stream', () => {
    expect(
      judge(
        { streams: ['a'], old: new Map(), replacement: new Map([['a', 1]]), confirmedAt: undefined },
        99_999,
        patience,
      ),
    ).toBe('wait');
  });

  it('waits for a stream that may only be slow', () => {
    expect(verdict({}, { a: 10_100 }, 12_499)).toBe('wait');
  });

  it('excuses a stream that is quiet on both lines', () => {
    expect(verdict({}, { a: 10_100 }, 12_500)).toBe('ready');
  });

  it('excuses what the old line delivered so early that it may predate the subscription', () => {
    expect(verdict({ b: 10_999 }, { a: 10_100 }, 12_500)).toBe('ready');
  });

  it('does not excuse a stream that only the old line delivers', () => {
    expect(verdict({ b: 11_000 }, { a: 10_100 }, 60_000)).toBe('wait');
  });
});
