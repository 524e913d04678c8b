import { expect, it } from 'vitest';
import { counted, duration } from './for-people.js';

it.each([
  [0, '0.0 s'],
  [48, '0.05 s'],
  [95, '0.1 s'],
  [754, '0.8 s'],
  [59_949, '59.9 s'],
  [59_960, '1 min 0 s'],
  [83_000, '1 min 23 s'],
  [3_599_600, '1 h 0 min'],
  [7_380_000, '2 h 3 min'],
])('%d ms are %s', (ms, text) => expect(duration(ms)).toBe(text));

it.each([
  [0, 'stream', undefined, '0 streams'],
  [1, 'stream', undefined, '1 stream'],
  [1_234, 'stream', undefined, '1,234 streams'],
  [2, 'broken rule of Binance', 'broken rules of Binance', '2 broken rules of Binance'],
])('%d of %s is written with its number', (value, one, many, text) => expect(counted(value, one, many)).toBe(text));
