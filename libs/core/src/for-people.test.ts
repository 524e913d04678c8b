import { expect, it } from 'vitest';
import { bytes, clockOf, counted, duration, perSecond, wholeSeconds } from './for-people.js';

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

it('writes seconds that are told anew, bytes, rates and running times', () => {
  expect([-1, 4_300, 59_600].map(wholeSeconds)).toEqual(['0 s', '4 s', '1 min 0 s']);
  expect([900, 12_345, 4_194_304].map(bytes)).toEqual(['900 B', '12.3 kB', '4.2 MB']);
  expect([0, 0.25, 9.96, 1_234.4].map(perSecond)).toEqual(['0/s', '0.3/s', '10/s', '1,234/s']);
  expect([0, 83_000, 4_000_000].map(clockOf)).toEqual(['0:00', '1:23', '66:40']);
});
