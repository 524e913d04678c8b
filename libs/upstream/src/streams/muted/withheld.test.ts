import { describe, expect, it } from 'vitest';
import type { MarketEvent } from '#libs/core';
import { streamOf } from '../../../../../test/support/series-rig.js';
import { eventsOf } from './follower.rig.js';
import { ARRAYS, TRADES, UNKNOWNS } from './kinds.rig.js';
import { textOf, unsaidOf } from './unsaid.js';
import { type Withheld, WithheldRoom } from './withheld.js';

const place = { epoch: 7, seq: 70 };
const trades = streamOf(TRADES.name);
const arrays = streamOf(ARRAYS.name);

const filled = (room: WithheldRoom, events: readonly MarketEvent[]): Withheld => {
  const withheld = room.open(5);
  for (const event of events) withheld.add(event);
  return withheld;
};

describe('what is withheld', () => {
  it('is what he has not been heard to say, and what he has said of it is told once', () => {
    const room = new WithheldRoom();
    const withheld = filled(room, eventsOf(TRADES, 1, 6));
    expect(withheld.since).toBe(5);
    const heard = (id: number): MarketEvent[] => withheld.trim(trades, { place, event: TRADES.frame(id)[0] });
    expect(heard(4)).toEqual(eventsOf(TRADES, 1, 4));
    expect(heard(4)).toEqual([]);
    expect([withheld.events, room.size]).toEqual([eventsOf(TRADES, 5, 6), 2]);
    expect(heard(9)).toEqual(eventsOf(TRADES, 5, 6));
    expect([withheld.events, room.size, room.dropped]).toEqual([[], 0, 0]);
  });

  it('is cut in the middle of an array, and however often it is cut the rest of it is found', () => {
    const room = new WithheldRoom();
    const all = eventsOf(ARRAYS, 1, 3);
    const withheld = filled(room, all);
    for (const at of [0, 1, 5, 5, 6, 7, 9]) {
      const said = { place, event: all[at] };
      withheld.trim(arrays, said);
      expect(unsaidOf(arrays, withheld.events, said)).toEqual(all.slice(at + 1));
      expect(room.size).toBe(all.length - at);
    }
  });

  it('is cut at what nobody has a word for as well', () => {
    const room = new WithheldRoom();
    const all = eventsOf(UNKNOWNS, 1, 6);
    const withheld = filled(room, all);
    for (const at of [1, 1, 3]) {
      const said = { place, unknowns: all.slice(Math.max(0, at - 2), at + 1).map((event) => textOf(event) ?? '') };
      withheld.trim(trades, said);
      expect(unsaidOf(trades, withheld.events, said)).toEqual(all.slice(at + 1));
      expect(withheld.events).toEqual(all.slice(at));
    }
  });
});

describe('the room for it', () => {
  it('is so much for one stream, of which the newest are kept, and it is known what was lost', () => {
    const room = new WithheldRoom({ ofOne: 80, ofAll: 1_000 });
    const withheld = filled(room, eventsOf(TRADES, 1, 80));
    expect([withheld.events.length, room.dropped, withheld.lost]).toEqual([80, 0, undefined]);
    withheld.add(TRADES.frame(81)[0]!);
    expect(withheld.events).toEqual(eventsOf(TRADES, 12, 81));
    expect([room.size, room.dropped, withheld.lost]).toEqual([70, 11, TRADES.frame(11)[0]]);
    withheld.events = UNKNOWNS.frame(1);
    withheld.lose();
    expect(withheld.lost).toEqual(TRADES.frame(11)[0]);
  });

  it('is so much for all, and who has most gives most', () => {
    const room = new WithheldRoom({ ofOne: 500, ofAll: 800 });
    const [small, ...large] = [100, 350, 350].map((count) => filled(room, eventsOf(TRADES, 1, count)));
    expect(room.size).toBe(800);
    large[0]?.add(TRADES.frame(351)[0]!);
    expect(small?.events).toHaveLength(100);
    expect(large.map(({ events }) => events.length)).toEqual([300, 300]);
    expect(large[0]?.events.at(-1)).toEqual(TRADES.frame(351)[0]);
    expect([room.size, room.dropped]).toEqual([700, 101]);
  });

  it('is free again when a stream withholds nothing any more', () => {
    const room = new WithheldRoom({ ofOne: 500, ofAll: 800 });
    const withheld = filled(room, eventsOf(TRADES, 1, 400));
    filled(room, eventsOf(TRADES, 1, 300));
    room.close(withheld);
    expect([room.size, withheld.events]).toEqual([300, []]);
    filled(room, eventsOf(TRADES, 1, 500));
    expect([room.size, room.dropped]).toEqual([800, 0]);
  });
});
