import { stripVTControlCharacters } from 'node:util';
import { expect, it } from 'vitest';
import { forPeople } from './people-lines.js';

const line = (record: object): string => JSON.stringify({ time: 1_790_134_675_605, name: 'edge', ...record });

it('says the time of day, the sentence and what is known beside it', () => {
  const text = stripVTControlCharacters(
    forPeople(line({ level: 40, code: 'line.ended', attempt: 3, why: null, to: ['a'], msg: 'ended by binance' })),
  );
  expect(text).toMatch(/^\d\d:\d\d:\d\d warn {2}ended by binance {2}code=line\.ended attempt=3 to=\["a"\]\n$/);
});

it('puts a stack below', () => {
  const text = stripVTControlCharacters(
    forPeople(line({ level: 50, code: 'x', stack: 'Error: oops\n  at y', msg: 'oops' })),
  );
  expect(text).toMatch(/ERROR oops {2}code=x\nError: oops\n {2}at y\n$/);
});
