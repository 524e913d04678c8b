import { afterEach, beforeEach, expect, it } from 'vitest';
import { until } from '../../../../test/support/until.js';
import type { Bus } from './bus.js';

/** What `Budget` of every bus holds. `make` gives a new, unstarted bus that shares nothing with those of other tests. */
export function budgetContract(make: () => Bus): void {
  let bus: Bus;
  beforeEach(async () => {
    bus = make();
    await bus.start();
  });
  afterEach(() => bus.stop());

  it('allows as many attempts as the limit says, and says how long to wait for the next', async () => {
    const waits = await Promise.all([1, 2, 3, 4].map(() => bus.budget.take('a', 3, 60_000)));
    expect(waits.slice(0, 3)).toEqual([0, 0, 0]);
    expect(waits[3]).toBeGreaterThan(50_000);
    expect(waits[3]).toBeLessThanOrEqual(60_000);
  });

  it('says what is left of a limit, and how long until something may be taken', async () => {
    expect(bus.budget.look('a', 3, 60_000)).toEqual({ left: 3, waitMs: 0 });
    await bus.budget.take('a', 3, 60_000, 2);
    expect(bus.budget.look('a', 3, 60_000)).toEqual({ left: 1, waitMs: 0 });
    await bus.budget.take('a', 3, 60_000);
    const { left, waitMs } = bus.budget.look('a', 3, 60_000);
    expect([left, waitMs > 50_000, waitMs <= 60_000]).toEqual([0, true, true]);
    expect(bus.budget.look('a', 2, 60_000).left).toBe(0);
    void bus.budget.hold('b', 30_000);
    const held = bus.budget.look('b', 3, 60_000);
    expect([held.left, held.waitMs > 25_000, held.waitMs <= 30_000]).toEqual([3, true, true]);
  });

  it('allows an attempt again when the window has passed, and not before', async () => {
    const window = 300;
    const began = performance.now();
    expect(await bus.budget.take('a', 1, window)).toBe(0);
    const waitMs = await bus.budget.take('a', 1, window);
    expect(waitMs).toBeGreaterThan(0);
    expect(waitMs).toBeLessThanOrEqual(window);
    await until(async () => (await bus.budget.take('a', 1, window)) === 0);
    expect(performance.now() - began).toBeGreaterThanOrEqual(window - 1);
  });

  it('remembers for a long window what was taken under a short one', async () => {
    expect(await bus.budget.take('a', 1, 1)).toBe(0);
    await until(async () => (await bus.budget.take('a', 1, 1)) === 0);
    expect(await bus.budget.take('a', 2, 60_000)).toBeGreaterThan(50_000);
  });

  it('counts amounts, and gives none that would exceed the limit', async () => {
    expect(await bus.budget.take('a', 100, 60_000, 60)).toBe(0);
    expect(await bus.budget.take('a', 100, 60_000, 41)).toBeGreaterThan(50_000);
    expect(await bus.budget.take('a', 100, 60_000, 40)).toBe(0);
    expect(await bus.budget.take('a', 100, 60_000, 1)).toBeGreaterThan(50_000);
  });

  it('never gives more than the limit at once', async () => {
    expect(await bus.budget.take('a', 100, 60_000, 101)).toBe(60_000);
    expect(await bus.budget.take('a', 100, 60_000, 100)).toBe(0);
  });

  it('lets one purpose use less of it than another', async () => {
    expect(await bus.budget.take('a', 50, 60_000, 50)).toBe(0);
    expect(await bus.budget.take('a', 50, 60_000, 1)).toBeGreaterThan(50_000);
    expect(await bus.budget.take('a', 100, 60_000, 50)).toBe(0);
  });

  it('counts small amounts one by one, however many', async () => {
    for (let taken = 0; taken < 300; taken += 3) expect(await bus.budget.take('a', 300, 60_000, 3)).toBe(0);
    expect(await bus.budget.take('a', 300, 60_000)).toBeGreaterThan(50_000);
  });

  it('counts what the address has counted beyond it, as of somebody else, from when the address began', async () => {
    await bus.budget.take('a', 100, 60_000, 30);
    await bus.budget.learn('a', 70, 20_000);
    const waitMs = await bus.budget.take('a', 100, 60_000, 31);
    expect(waitMs).toBeGreaterThan(35_000);
    expect(waitMs).toBeLessThanOrEqual(40_000);
    expect(await bus.budget.take('a', 100, 60_000, 30)).toBe(0);
  });

  it('lowers nothing that it knows of when the address has counted less, and learns the same only once', async () => {
    await bus.budget.take('a', 100, 60_000, 30);
    await bus.budget.learn('a', 70, 20_000);
    await bus.budget.learn('a', 70, 20_000);
    await bus.budget.learn('a', 0, 20_000);
    await bus.budget.learn('a', 5, 20_000);
    expect(await bus.budget.take('a', 100, 60_000, 31)).toBeGreaterThan(35_000);
    expect(await bus.budget.take('a', 100, 60_000, 30)).toBe(0);
  });

  it('counts what was taken just before the address began to count as what may be in its count', async () => {
    await bus.budget.take('a', 100, 60_000, 60);
    await until(async () => (await bus.budget.take('b', 1, 20)) === 0);
    await until(async () => (await bus.budget.take('b', 1, 20)) === 0);
    await bus.budget.learn('a', 60, 10);
    expect(await bus.budget.take('a', 100, 60_000, 40)).toBe(0);
  });

  it('counts each address by itself', async () => {
    expect(await bus.budget.take('a', 1, 60_000)).toBe(0);
    expect(await bus.budget.take('b', 1, 60_000)).toBe(0);
  });

  it('lets nobody take while the address has ordered to wait, whatever is left', async () => {
    await bus.budget.hold('a', 60_000);
    const waitMs = await bus.budget.take('a', 300, 60_000);
    expect(waitMs).toBeGreaterThan(50_000);
    expect(waitMs).toBeLessThanOrEqual(60_000);
    expect(await bus.budget.take('b', 300, 60_000)).toBe(0);
  });

  it('keeps the longer of two orders', async () => {
    await bus.budget.hold('a', 60_000);
    await bus.budget.hold('a', 1_000);
    expect(await bus.budget.take('a', 300, 60_000)).toBeGreaterThan(50_000);
    await bus.budget.hold('a', 120_000);
    expect(await bus.budget.take('a', 300, 60_000)).toBeGreaterThan(110_000);
  });

  it('has recorded nothing while the address was held, and lets attempts through when the order is over', async () => {
    await bus.budget.hold('a', 200);
    expect(await bus.budget.take('a', 1, 60_000)).toBeGreaterThan(0);
    await until(async () => (await bus.budget.take('a', 1, 60_000)) === 0);
    expect(await bus.budget.take('a', 1, 60_000)).toBeGreaterThan(50_000);
  });
}
