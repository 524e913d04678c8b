import { describe, expect, it } from 'vitest';
import { type Lodger, Room } from './room.js';

/** Lets a holder have as many as it may, one after the other. */
function fill(room: Room, holder: string): Lodger[] {
  const lodgers: Lodger[] = [];
  while (room.spareFor(holder) > 0) lodgers.push(enter(room, holder));
  return lodgers;
}

/** @param gone what has gone, in order. */
function enter(room: Room, holder: string, gone: Lodger[] = []): Lodger {
  const lodger: Lodger = {
    holder,
    letGo: () => {
      gone.push(lodger);
      room.leave(lodger);
    },
  };
  room.enter(lodger);
  return lodger;
}

describe('the room of an edge', () => {
  it('is for one holder at most three quarters, and for the next three quarters of what that leaves', () => {
    const room = new Room(4_096);
    expect(['one', 'two', 'three', 'four'].map((holder) => fill(room, holder).length)).toEqual([3_072, 768, 192, 48]);
    expect(room.spareFor('five')).toBe(12);
  });

  it('is shared evenly by those who ask in turns', () => {
    const room = new Room(1_000);
    const holders = ['one', 'two', 'three'];
    const has = new Map(holders.map((holder) => [holder, 0]));
    for (let turn = 0; turn < 1_000; turn += 1) {
      const holder = holders[turn % 3] ?? '';
      if (room.spareFor(holder) === 0) continue;
      enter(room, holder);
      has.set(holder, (has.get(holder) ?? 0) + 1);
    }
    expect([...has.values()]).toEqual([300, 300, 300]);
  });

  it('is said of many at once as it is of one after the other', () => {
    for (const most of [1, 2, 3, 4, 5, 17, 100]) {
      const room = new Room(most);
      const spare = room.spareFor('one');
      expect([most, fill(room, 'one').length]).toEqual([most, spare]);
      expect(room.spareFor('other')).toBe(Math.min(room.free, Math.ceil((3 * room.free) / 4)));
    }
  });

  it('is there for who has nothing until the last of it is gone', () => {
    const room = new Room(2);
    expect(room.spareFor('one')).toBe(2);
    enter(room, 'one');
    enter(room, 'one');
    expect(room.spareFor('other')).toBe(0);
  });

  it('is not taken by what lingers, which counts again when it is taken up, by whom that may be', () => {
    const room = new Room(8);
    const [first] = fill(room, 'one');
    expect([room.taken, room.free, room.spareFor('one')]).toEqual([6, 2, 0]);
    if (!first) throw new Error('nobody came in');
    room.linger(first);
    expect([room.taken, room.free, room.spareFor('one')]).toEqual([6, 3, 1]);
    room.takeUp(first, 'other');
    expect([room.free, room.spareFor('one'), room.spareFor('other')]).toEqual([2, 1, 2]);
    room.pass(first, 'one');
    expect([room.free, room.spareFor('one'), room.spareFor('other')]).toEqual([2, 0, 2]);
    first.letGo();
    expect([room.taken, room.free, room.spareFor('one')]).toEqual([5, 3, 1]);
  });

  it('is as it was once a holder has back what lingered as its own, and that may be more than it could have anew', () => {
    const room = new Room(40);
    const mine = Array.from({ length: 20 }, () => enter(room, 'one'));
    for (let more = 0; more < 15; more += 1) enter(room, 'other');
    expect(room.spareFor('one')).toBe(0);
    for (const lodger of mine) room.linger(lodger);
    expect([0, 10, 20].map((back) => room.spareFor('one', back))).toEqual([19, 9, 0]);
    for (const lodger of mine) room.takeUp(lodger, 'one');
    expect(room.spareFor('one')).toBe(0);
  });

  it('is cleared of the asker’s own first, oldest first, then of who has most', () => {
    const room = new Room(100);
    const gone: Lodger[] = [];
    const lingering = (holder: string, many: number): Lodger[] => {
      const lodgers = Array.from({ length: many }, () => enter(room, holder, gone));
      for (const lodger of lodgers) room.linger(lodger);
      return lodgers;
    };
    const [kept, ...own] = lingering('one', 3);
    const few = lingering('few', 2);
    const many = lingering('many', 4);
    if (!kept) throw new Error('nobody came in');
    room.clear(2, 'one', new Set([kept]));
    expect(gone.splice(0)).toEqual(own);
    room.clear(3, 'one', new Set([kept]));
    expect(gone.splice(0)).toEqual([many[0], many[1], few[0]]);
    room.clear(100, 'nobody', new Set([kept]));
    expect([gone.length, room.taken, room.free]).toEqual([3, 1, 100]);
  });
});
