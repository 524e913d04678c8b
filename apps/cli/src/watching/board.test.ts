import { stripVTControlCharacters } from 'node:util';
import stringWidth from 'string-width';
import { expect, it } from 'vitest';
import { boardLines } from './board-lines.js';
import { newestOf } from './newest.js';
import { WatchedRates } from './rates.js';

const tallies = (many: number) =>
  Array.from({ length: many }, (_, at) => ({
    stream: `币安人生${at}usdt@depth@100ms`,
    state: 'live' as const,
    messages: 1_234_567,
    rate: at,
    missing: at,
    newest: 'buy 0.012 at 61830.51',
  }));

const board = (many: number, columns: number, rows: number): string[] =>
  boardLines(
    { url: 'ws://127.0.0.1:9443', elapsedMs: 83_000, trouble: undefined, tallies: tallies(many), notes: ['a', 'b'] },
    { columns, rows },
  ).map(stripVTControlCharacters);

it.each([
  [60, 24],
  [80, 24],
  [140, 40],
])('fits a terminal of %i columns and %i rows, however much is watched', (columns, rows) => {
  const lines = board(100, columns, rows);
  for (const line of lines) expect(stringWidth(line)).toBeLessThanOrEqual(columns);
  expect(lines.length).toBeLessThan(rows);
  const text = lines.join('\n');
  // The busiest first, and what all of them do together.
  expect(text).toMatch(/币安人生99/);
  expect(text).toMatch(/and \d\d more/);
  expect(text).toContain('4,950/s on 100 streams, 123,456,700 messages in all');
  expect(text).toContain('1:23');
});

it('says of each stream how it is, how much comes and what was lost, and why nothing comes', () => {
  expect(board(2, 140, 24).join('\n')).toMatch(
    /1usdt@depth@100ms +live +1\.0\/s +1,234,567 +1 +buy 0\.012 at 61830\.51/,
  );
  const url = 'ws://127.0.0.1:9443';
  const lines = boardLines(
    { url, elapsedMs: 0, trouble: 'the gateway went away; next attempt in 0.5 s', tallies: [], notes: [] },
    { columns: 80, rows: 24 },
  );
  expect(lines.map(stripVTControlCharacters)).toContain('the gateway went away; next attempt in 0.5 s');
});

it('counts rates over the last seconds, and forgets what came before', () => {
  const rates = new WatchedRates(['a@trade', 'b@trade'], 0);
  const rate = (): number[] => rates.read().map((one) => one.rate);
  for (let time = 0; time < 10; time += 1) rates.came('a@trade', 'x');
  rates.look(1_000);
  expect(rate()).toEqual([10, 0]);
  for (let second = 2; second < 10; second += 1) rates.look(second * 1_000);
  expect(rate()).toEqual([0, 0]);
  rates.isNow('a@trade', 'gap', 7);
  rates.came('nobody@trade');
  rates.drop('b@trade');
  expect(rates.read()).toEqual([{ stream: 'a@trade', state: 'gap', messages: 10, rate: 0, missing: 7, newest: 'x' }]);
});

it('says in a few words what an event says', () => {
  const place = { stream: 'btcusdt@trade', epoch: 1, seq: 1, symbol: 'BTCUSDT', receivedAt: 1, eventAt: 1 };
  const trade = { ...place, id: 1, price: '61830.51000000', quantity: '0.01200000', taker: 'buy' as const };
  expect(newestOf({ ...trade, type: 'trade', tradedAt: 1, bestMatch: true })).toBe('buy 0.012 at 61830.51');
  const book = { ...place, updateId: 1, bid: '1.10000000', bidQuantity: '1', ask: '1.20000000', askQuantity: '1' };
  expect(newestOf({ ...book, type: 'bookTicker' })).toBe('1.10 / 1.20');
});
