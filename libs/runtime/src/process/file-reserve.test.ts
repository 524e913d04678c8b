import { expect, it } from 'vitest';
import { FakeClock } from '../../../../test/support/fake-clock.js';
import { FileReserve } from './file-reserve.js';

it('refuses strangers before the last files are open, and counts these no oftener than it must', () => {
  let open = 100;
  let counted = 0;
  const clock = new FakeClock();
  const reserve = new FileReserve(clock, 200, () => {
    counted += 1;
    return open;
  });
  const come = (): boolean => {
    open += 1;
    return reserve.hasRoom();
  };
  let taken = 0;
  while (come()) taken += 1;
  expect(open).toBe(200 - 2 - 16);
  expect(taken).toBe(81);
  expect(counted).toBe(2);
  for (let more = 0; more < 1_000; more += 1) expect(reserve.hasRoom()).toBe(false);
  expect(counted).toBe(2);
  open = 150;
  clock.advance(99);
  expect(reserve.hasRoom()).toBe(false);
  clock.advance(1);
  expect(reserve.hasRoom()).toBe(true);
});

it('refuses nobody where no limit is known', () => {
  const reserve = new FileReserve(new FakeClock(), Infinity, () => 1_000_000);
  expect(reserve.hasRoom()).toBe(true);
});
