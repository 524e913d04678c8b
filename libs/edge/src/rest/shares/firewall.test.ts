import { beforeEach, describe, expect, it } from 'vitest';
import { FakeClock } from '../../../../../test/support/fake-clock.js';
import { Firewall } from './firewall.js';

let clock: FakeClock;
let firewall: Firewall;
beforeEach(() => {
  clock = new FakeClock();
  firewall = new Firewall(clock);
});
const refuse = (who: string, times = 1): void => {
  for (let time = 0; time < times; time += 1) firewall.refused(who);
};

describe('a firewall that refuses what is asked', () => {
  it('three times in a row of one client has that one wait a minute, and nobody else', () => {
    refuse('odd', 2);
    expect(firewall.waitMs('odd')).toBe(0);
    refuse('odd');
    expect([firewall.waitMs('odd'), firewall.waitMs('other')]).toEqual([60_000, 0]);
    clock.advance(59_999);
    expect(firewall.waitMs('odd')).toBe(1);
    clock.advance(1);
    expect(firewall.waitMs('odd')).toBe(0);
  });

  it('has who goes on wait again after each, until something is answered', () => {
    refuse('odd', 3);
    clock.advance(60_000);
    refuse('odd');
    expect(firewall.waitMs('odd')).toBe(60_000);
    clock.advance(60_000);
    firewall.passed('odd');
    refuse('odd', 2);
    expect(firewall.waitMs('odd')).toBe(0);
  });

  it('is a matter of each client alone, however many are refused', () => {
    for (let client = 0; client < 20; client += 1) refuse(`client ${client}`, 2);
    expect([firewall.waitMs('client 19'), firewall.waitMs('good')]).toEqual([0, 0]);
  });

  it('is forgotten ten minutes later', () => {
    refuse('odd', 2);
    clock.advance(600_000);
    refuse('other');
    refuse('odd');
    expect(firewall.waitMs('odd')).toBe(0);
  });
});
