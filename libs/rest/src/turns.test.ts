import { describe, expect, it } from 'vitest';
import { Turns } from './turns.js';

const NEVER = new AbortController().signal;

describe('turns', () => {
  it('are taken in the order in which they were asked for, so many at a time', async () => {
    const turns = new Turns(2);
    const begun: number[] = [];
    const taken = [1, 2, 3, 4].map((number) =>
      turns.take(NEVER).then((release) => {
        begun.push(number);
        return release;
      }),
    );
    await Promise.all(taken.slice(0, 2));
    expect([begun, turns.running, turns.waiting]).toEqual([[1, 2], 2, 2]);
    (await taken[1])?.();
    await taken[2];
    expect(begun).toEqual([1, 2, 3]);
    (await taken[0])?.();
    await taken[3];
    expect([begun, turns.running, turns.waiting]).toEqual([[1, 2, 3, 4], 2, 0]);
  });

  it('end once, however often that is said', async () => {
    const turns = new Turns(1);
    const first = await turns.take(NEVER);
    const [second, third] = [turns.take(NEVER), turns.take(NEVER)];
    first?.();
    first?.();
    await second;
    expect([turns.running, turns.waiting]).toEqual([1, 1]);
    (await second)?.();
    await third;
    expect(turns.running).toBe(1);
  });

  it('that are given up are taken by nobody', async () => {
    const turns = new Turns(1);
    const first = await turns.take(NEVER);
    const givingUp = new AbortController();
    const [second, third] = [turns.take(givingUp.signal), turns.take(NEVER)];
    givingUp.abort();
    expect(await second).toBeUndefined();
    expect(await turns.take(givingUp.signal)).toBeUndefined();
    first?.();
    expect(await third).toBeDefined();
    expect([turns.running, turns.waiting]).toEqual([1, 0]);
  });
});
