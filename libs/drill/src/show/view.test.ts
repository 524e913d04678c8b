import { stripVTControlCharacters } from 'node:util';
import stringWidth from 'string-width';
import { describe, expect, it } from 'vitest';
import { type Scene, viewOf } from './view.js';

const scene = (more: Partial<Scene>): Scene => ({
  title: ['a demo'],
  elapsedMs: 83_000,
  forMs: 90_000,
  prices: [],
  feeds: { live: 40, recovering: 2, stale: 0 },
  upstream: ['connected'],
  clients: 50,
  connected: 50,
  perSecond: 2_500,
  told: [],
  summary: {
    clients: { native: 25, raw: 13, combined: 12 },
    messages: 12_345,
    disconnects: 0,
    streams: [],
    wrong: 0,
    wrongs: [],
  },
  ...more,
});

const WIDE = { columns: 140, rows: 50 };

const linesOf = (more: Partial<Scene>, size = WIDE): string[] =>
  viewOf(scene(more), size).map(stripVTControlCharacters);

describe('the screen of a demo', () => {
  it('keeps its height however many incidents there were, and shows the newest of them', () => {
    const told = Array.from({ length: 30 }, (_, index) => ({
      atMs: index * 1_000,
      what: `incident ${index}`,
      end: 'over',
    }));
    expect(linesOf({ told })).toHaveLength(linesOf({}).length);
    expect(linesOf({ told }).some((line) => line.includes('incident 29'))).toBe(true);
    expect(linesOf({ told }).some((line) => line.includes('incident 3 '))).toBe(false);
  });

  it('says how long it has run and how things are', () => {
    const text = linesOf({ connected: 49 }).join('\n');
    for (const words of [
      '1:23 of 1:30',
      '40 live',
      '2 recovering',
      '49 of 50 connected',
      '12,345 messages',
      '2,500/s',
    ]) {
      expect(text).toContain(words);
    }
  });

  it.each([
    { columns: 60, rows: 24 },
    { columns: 80, rows: 24 },
    { columns: 140, rows: 40 },
  ])('fits a terminal of %j, and says the same', (size) => {
    const told = Array.from({ length: 30 }, (_, at) => ({
      atMs: at * 1_000,
      what: `closed in the middle of a frame, then refused, ${at}`,
      end: 'data back in 0.5 s, on all streams in 1 min 3 s',
    }));
    const symbols = ['BTCUSDT', 'ETHUSDT', 'BNBUSDT', 'SOLUSDT', 'XRPUSDT', '币安人生USDT'];
    const lines = linesOf(
      {
        title: ['one connection to Binance (simulated), 500 clients, no client notices when it drops'],
        prices: symbols.map((symbol) => ({ symbol, price: '61800.95000000', move: 'up' })),
        upstream: [
          'connected for 1 min 3 s',
          'attempt 1,234',
          'before that: ended by us, replaced by generation 2: tainted',
        ],
        told,
      },
      size,
    );
    for (const line of lines) expect(stringWidth(line)).toBeLessThanOrEqual(size.columns);
    expect(lines.length).toBeLessThan(size.rows);
    const text = lines.join('\n');
    for (const words of [...symbols, '2 recovering', '50 of 50 connected', 'missing 0', 'filled 0', '1:23 of 1:30'])
      expect(text).toContain(words);
  });
});
