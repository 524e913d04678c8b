import { beforeEach, describe, expect, it } from 'vitest';
import { parsedStream } from '../../../../test/support/parsed-stream.js';
import { type LateName, LateNames } from './late-names.js';

const FOO = parsedStream('foousdt@trade');

describe('names that somebody has before their symbols are listed', () => {
  let isListed: boolean;
  let room: number;
  let looked: string[];
  let given: string[];
  let late: LateNames<string>;
  beforeEach(() => {
    [isListed, room, looked, given] = [false, 0, [], []];
    const give = ({ waiter, name }: LateName<string>): boolean => {
      looked.push(`${waiter} ${name}`);
      if (room === 0) return false;
      room -= 1;
      given.push(`${waiter} ${name}`);
      return true;
    };
    late = new LateNames({ isUnlisted: () => !isListed, give });
  });
  const list = (): void => {
    isListed = true;
    late.relisted();
  };

  it('wait for a symbol, then for room, in turns, and are given theirs once', () => {
    for (const waiter of ['one', 'two', 'three']) late.add(waiter, 'foo', FOO);
    late.lookAtSome();
    expect([late.isAwaited, looked]).toEqual([true, []]);
    room = 1;
    list();
    expect([late.isAwaited, given.splice(0)]).toEqual([false, ['one foo']]);
    room = 2;
    for (let turn = 0; turn < 3; turn += 1) late.lookAtSome();
    expect(given).toEqual(['two foo', 'three foo']);
    expect(looked).toHaveLength(5);
  });

  it('wait for a symbol again when it goes while there is no room', () => {
    late.add('one', 'foo', FOO);
    list();
    isListed = false;
    late.lookAtSome();
    expect([late.isAwaited, looked]).toEqual([true, ['one foo']]);
  });

  it('are forgotten by themselves, wherever they wait', () => {
    late.add('one', 'foo', FOO);
    late.add('one', 'other foo', FOO);
    late.add('two', 'foo', FOO);
    late.forget('one', 'foo');
    late.forget('three', 'foo');
    list();
    expect(looked.splice(0)).toEqual(['one other foo', 'two foo']);
    late.forget('one', 'other foo');
    late.lookAtSome();
    expect(looked).toEqual(['two foo']);
  });

  it('are looked at ten thousand in a turn, and the others next: however many were made up, nothing else waits for them', () => {
    for (let made = 0; made < 25_000; made += 1) late.add('one', `${made}`, FOO);
    list();
    expect(looked.splice(0)).toHaveLength(25_000);
    const turns = [1, 2, 3].map(() => {
      late.lookAtSome();
      return looked.splice(0);
    });
    expect(turns.map(({ length }) => length)).toEqual([10_000, 10_000, 10_000]);
    expect(new Set(turns.flat()).size).toBe(25_000);
  });
});
