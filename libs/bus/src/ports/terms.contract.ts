import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Bus } from './bus.js';

/** What `Terms` of every bus hold. `make` gives a new, unstarted bus that shares nothing with those of other tests. */
export function termsContract(make: () => Bus): void {
  let bus: Bus;
  beforeEach(async () => {
    bus = make();
    await bus.start();
  });
  afterEach(() => bus.stop());

  it('gives whole numbers that only rise', async () => {
    const given = await Promise.all(Array.from({ length: 20 }, () => bus.terms.next('epoch')));
    expect(given.every((epoch) => Number.isSafeInteger(epoch))).toBe(true);
    expect(new Set(given).size).toBe(20);
    expect(given.toSorted((a, b) => a - b)).toEqual(given);
  });

  it('goes above what others have seen, and stays there', async () => {
    const seen = (await bus.terms.next('epoch')) + 3_600_000;
    const next = await bus.terms.next('epoch', seen);
    expect(next).toBe(seen + 1);
    expect(await bus.terms.next('epoch')).toBe(seen + 2);
    expect(await bus.terms.next('epoch', 5)).toBe(seen + 3);
  });

  it('counts each key by itself', async () => {
    const far = (await bus.terms.next('spot')) + 3_600_000;
    await bus.terms.next('spot', far);
    expect(await bus.terms.next('futures')).toBeLessThan(far);
  });
}
