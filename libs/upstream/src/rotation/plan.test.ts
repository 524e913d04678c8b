import { expect, it } from 'vitest';
import { Plan } from './plan.js';

const plan = () => new Plan({ rotateAfterMs: 10_000 }, { rotationRetryMs: 100, rotationRetryMostMs: 300 }, () => 0);

it('asks for a replacement at the line’s age, and not again once one has begun', () => {
  const due = plan();
  due.opened(1_000);
  expect([due.due(10_999), due.due(11_000)]).toEqual([undefined, 'age']);
  due.clear();
  expect(due.due(99_000)).toBeUndefined();
});

it('brings a wish forward and never puts it off', () => {
  const wished = plan();
  wished.failed('age', 0);
  wished.want('server-shutdown');
  wished.want('operator');
  expect(wished.due(0)).toBe('server-shutdown');
});

it('waits longer after each failure, up to the most, and forgets them after a success', () => {
  const failing = plan();
  expect([1, 2, 3, 4].map(() => failing.failed('age', 0))).toEqual([100, 200, 300, 300]);
  failing.succeeded();
  expect(failing.failed('age', 0)).toBe(100);
});
