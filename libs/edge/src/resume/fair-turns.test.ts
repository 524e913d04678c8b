import { beforeEach, describe, expect, it } from 'vitest';
import { FairTurns, type TurnTaker } from './fair-turns.js';

describe('turns of clients', () => {
  let begun: string[];
  beforeEach(() => {
    begun = [];
  });
  const taker = (name: string): TurnTaker => {
    const one = {
      isDue: true,
      begin: () => {
        one.isDue = false;
        begun.push(name);
      },
    };
    return one;
  };
  const takers = (name: string, count: number): TurnTaker[] =>
    Array.from({ length: count }, (_, at) => taker(`${name}${at + 1}`));
  const over = (turns: FairTurns<string>, ...some: (TurnTaker | undefined)[]): string[] => {
    begun = [];
    for (const one of some) if (one) turns.over(one);
    return begun;
  };

  it('are so many at once, and so many of one client', () => {
    const turns = new FairTurns<string>(3, 2);
    const [a, b] = [takers('a', 4), takers('b', 3)];
    for (const one of a) turns.want('a', one);
    for (const one of b) turns.want('b', one);
    expect(begun).toEqual(['a1', 'a2', 'b1']);
    expect(over(turns, a[2])).toEqual([]);
    expect(over(turns, a[0])).toEqual(['a3']);
    expect(over(turns, a[1])).toEqual(['b2']);
    expect(over(turns, a[2], b[0])).toEqual(['a4', 'b3']);
    expect(over(turns, b[1], b[2], a[3])).toEqual([]);
  });

  it('go round, so who wants much keeps nobody waiting who wants little', () => {
    const turns = new FairTurns<string>(1, 1);
    const [a, [b], [c]] = [takers('a', 5), takers('b', 1), takers('c', 1)];
    for (const one of a) turns.want('a', one);
    if (b) turns.want('b', b);
    if (c) turns.want('c', c);
    expect(over(turns, a[0], a[1], b, c, a[2], a[3])).toEqual(['a2', 'b1', 'c1', 'a3', 'a4', 'a5']);
  });

  it('are one where two want the same, for the one whose turn comes first, and none for who has gone', () => {
    const turns = new FairTurns<string>(2, 1);
    const [first, both, last] = takers('x', 3);
    if (!first || !both || !last) throw new Error('three');
    turns.want('a', first);
    turns.want('a', both);
    turns.want('b', both);
    expect(begun).toEqual(['x1', 'x2']);
    turns.want('c', last);
    turns.forget('c');
    expect(over(turns, first, both)).toEqual([]);
  });
});
