import { expect, it } from 'vitest';
import { FakeClock } from '../../../../test/support/fake-clock.js';
import { Handshakes } from './handshakes.js';

const came = (handshakes: Handshakes, address: string | undefined, times: number): number =>
  Array.from({ length: times }, () => handshakes.came(address)).filter(Boolean).length;

it('has room for so many, for half of them of one address, and for as many of a proxy as there are', () => {
  const handshakes = new Handshakes(new FakeClock(), 10);
  expect(came(handshakes, '1.1.1.1', 5)).toBe(5);
  expect(came(handshakes, '1.1.1.1', 1)).toBe(0);
  handshakes.over();
  expect(came(handshakes, undefined, 9)).toBe(5);
  for (let times = 0; times < 4; times += 1) handshakes.over();
  expect(came(handshakes, '2.2.2.2', 1)).toBe(0);
});

it('has room again for an address when one of its own was heard', () => {
  const handshakes = new Handshakes(new FakeClock(), 4);
  came(handshakes, '1.1.1.1', 2);
  handshakes.heard('1.1.1.1');
  expect(came(handshakes, '1.1.1.1', 2)).toBe(1);
});

it('has room again when those who never spoke are gone, and then remembers nobody', () => {
  const clock = new FakeClock();
  const handshakes = new Handshakes(clock, 4);
  came(handshakes, '1.1.1.1', 2);
  clock.advance(15_000);
  handshakes.over();
  handshakes.over();
  expect(handshakes.size).toBe(0);
  expect(came(handshakes, '1.1.1.1', 2)).toBe(2);
});
