import { describe, expect, it } from 'vitest';
import { CheapestFirst } from './cheapest-first.js';

const settled = async (): Promise<void> => {
  for (let turn = 0; turn < 5; turn += 1) await Promise.resolve();
};

describe('turns', () => {
  it('are given by price, then by size, then by who came first, each when another has ended', async () => {
    const turns = new CheapestFirst(1);
    const end = await turns.take(1, 1);
    const gone: string[] = [];
    const stand = async (name: string, cost: number, size: number): Promise<void> => {
      const next = await turns.take(cost, size);
      gone.push(name);
      next();
    };
    void stand('dear', 9, 99);
    void stand('small', 2, 1);
    void stand('large', 2, 5);
    void stand('large, too', 2, 5);
    void stand('dear and small', 9, 1);
    await settled();
    expect(gone).toEqual([]);
    end();
    for (let turn = 0; turn < 5; turn += 1) await settled();
    expect(gone).toEqual(['large', 'large, too', 'small', 'dear', 'dear and small']);
  });

  it('end once, however often that is said', async () => {
    const turns = new CheapestFirst(1);
    const end = await turns.take(1, 1);
    end();
    end();
    await turns.take(1, 1);
    let isThird = false;
    void turns.take(1, 1).then(() => (isThird = true));
    await settled();
    expect(isThird).toBe(false);
  });
});
