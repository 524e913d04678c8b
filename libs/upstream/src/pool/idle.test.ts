import { expect, it } from 'vitest';
import { Idle } from './idle.js';

const slot = (size: number, isCalm = true) => ({ cargo: { size }, isCalm });

it('a slot is kept for so long since it became empty, however often others change meanwhile', () => {
  const idle = new Idle(1_000);
  const [empty, full] = [slot(0), slot(1)];
  for (const now of [0, 500, 900]) idle.note([empty, full], now);
  expect([idle.over(999), idle.over(1_000)]).toEqual([[], [empty]]);
});

it('a slot that carries something again has its whole time when it is empty the next time', () => {
  const idle = new Idle(1_000);
  const some = slot(0);
  idle.note([some], 0);
  some.cargo.size = 1;
  idle.note([some], 500);
  expect(idle.over(5_000)).toEqual([]);
  some.cargo.size = 0;
  idle.note([some], 5_000);
  expect([idle.over(5_999), idle.over(6_000)]).toEqual([[], [some]]);
});

it('one whose line is not up is not kept, and one that was let go is not known any more', () => {
  const idle = new Idle(1_000);
  const down = slot(0, false);
  idle.note([down], 0);
  expect(idle.over(0)).toEqual([down]);
  idle.forget(down);
  expect(idle.over(9_000)).toEqual([]);
});
