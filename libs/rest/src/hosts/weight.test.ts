import { beforeEach, describe, expect, it } from 'vitest';
import { MemoryBus } from '#libs/bus';
import { FakeClock } from '../../../../test/support/fake-clock.js';
import type { HttpAnswer } from './http.js';
import { Weight } from './weight.js';

const MINUTE = 60_000;
/** Half past the minute by the host's clock and ours. */
const NOW = Date.parse('2026-11-26T10:00:30Z');

let clock: FakeClock;
let bus: MemoryBus;
let weight: Weight;
beforeEach(() => {
  clock = new FakeClock(NOW);
  bus = new MemoryBus({ clock });
  weight = new Weight(bus.budget, 'weight', { most: 6_000, windowMs: MINUTE }, clock);
});

const answer = (headers: HttpAnswer['headers'], at = clock.now()): HttpAnswer => ({
  status: 200,
  text: '[]',
  headers,
  at,
});
const used = (amount: number | string, more = {}): HttpAnswer =>
  answer({ 'x-mbx-used-weight-1m': `${amount}`, ...more });

describe('the weight that a host allows', () => {
  it('is used up to 97 %, and a purpose has its share of that', () => {
    expect([weight.most(1), weight.most(0.5), weight.most(0.333)]).toEqual([5_820, 2_910, 1_938]);
  });

  it('is taken over somewhat more than its window, since it is counted where requests arrive', async () => {
    expect(weight.windowMs).toBe(63_000);
    expect(await weight.take(2_910, 0.5)).toBe(0);
    expect(await weight.take(1, 0.5)).toBe(63_000);
    expect(await weight.take(2_910, 1)).toBe(0);
    expect(await weight.take(1, 1)).toBe(63_000);
    clock.advance(62_999);
    expect(await weight.take(1, 1)).toBe(1);
    clock.advance(1);
    expect(await weight.take(5_820, 1)).toBe(0);
  });

  it('is taken over fifteen seconds more than a long window', () => {
    expect(new Weight(bus.budget, 'other', { most: 1, windowMs: 600_000 }, clock).windowMs).toBe(615_000);
  });
});

describe('an order to wait', () => {
  it('holds for every process, is shown until it is over, and a shorter one does not shorten it', async () => {
    expect(weight.heldMs).toBe(0);
    weight.hold(120_000);
    weight.hold(1_000);
    clock.advance(20_000);
    expect([weight.heldMs, await weight.take(1, 1)]).toEqual([100_000, 100_000]);
    clock.advance(100_000);
    expect([weight.heldMs, await weight.take(1, 1)]).toEqual([0, 0]);
  });

  it('that another process was given is shown as soon as it is met; a full window is none', async () => {
    const other = new Weight(bus.budget, 'weight', weight.limit, clock);
    other.hold(120_000);
    expect(weight.heldMs).toBe(0);
    await weight.take(1, 1);
    expect(weight.heldMs).toBe(120_000);
    clock.advance(120_000);
    await weight.take(5_820, 1);
    await weight.take(1, 1);
    expect(weight.heldMs).toBe(0);
  });
});

describe('what the host says that it has counted', () => {
  it('counts where it is more than we know of, until its minute is over', async () => {
    await weight.take(100, 1);
    weight.learn(used(5_000));
    expect(weight.used).toBe(5_000);
    expect(await weight.take(821, 1)).toBeGreaterThan(0);
    expect(await weight.take(820, 1)).toBe(0);
    clock.advance(28_999);
    expect(weight.used).toBe(5_000);
    clock.advance(1);
    expect(weight.used).toBe(0);
  });

  it('was counted by the host’s clock, where it says what that shows', () => {
    weight.learn(used(5, { date: 'Thu, 26 Nov 2026 10:00:10 GMT' }));
    clock.advance(48_999);
    expect(weight.used).toBe(5);
    clock.advance(1);
    expect(weight.used).toBe(0);
  });

  it('was counted when the answer began to come, not when all of it was here', () => {
    const at = clock.now();
    clock.advance(5_000);
    weight.learn({ ...used(5), at });
    clock.advance(23_999);
    expect(weight.used).toBe(5);
    clock.advance(1);
    expect(weight.used).toBe(0);
  });

  it('frees nothing before the window is over in which it was spent', async () => {
    weight.learn(used(5_820));
    expect(await weight.take(1, 1)).toBe(63_000 - 31_000);
  });

  it.each([undefined, 'many'])('is nothing where it is %s', async (said) => {
    weight.learn(answer(said === undefined ? {} : { 'x-mbx-used-weight-1m': said }));
    expect([weight.used, await weight.take(5_820, 1)]).toEqual([0, 0]);
  });
});
