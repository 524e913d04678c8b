import { expect, it } from 'vitest';
import { demandExactlyOnce } from './orders.js';

it.each([
  [{ lost: 1, surplus: 0 }, '1 lost, 0 too many'],
  [{ lost: 0, surplus: 2 }, '0 lost, 2 too many'],
])('no number is given where %j of the clients’ messages', (tally, said) => {
  expect(() => demandExactlyOnce([{ lost: 0, surplus: 0 }, tally], 'a run')).toThrow(`exactly once (a run): ${said}`);
});

it('is content where everybody got everything once', () => {
  expect(() => demandExactlyOnce([{ lost: 0, surplus: 0 }], 'a run')).not.toThrow();
});
