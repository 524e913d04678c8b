import { expect, it } from 'vitest';
import { FakeClock } from '../../../../test/support/fake-clock.js';
import { parsedStream } from '../../../../test/support/parsed-stream.js';
import { Openings } from '../guard/openings.js';
import { newStreams } from './market-streams.rig.js';
import { Room } from './room.js';

const name = (of: string): string => `${of}usdt@trade`;

it('room for one stream is said without words as it is with them: carried, lingering, new, and where it was opened too fast', () => {
  const clock = new FakeClock();
  const openings = new Openings(clock, 1_000);
  const { wanted } = newStreams({ clock, room: new Room(8), openings, lingerMs: 60_000 });
  const want = (of: string, holder: string): void => void wanted.want(parsedStream(name(of)), 'raw', 0, { holder });
  const leave = (of: string, holder: string): void => {
    const stream = wanted.find(name(of));
    if (stream) wanted.release(stream, 'raw', { holder });
  };
  const has = (of: string, holder: string): boolean => {
    const isThere = wanted.hasRoomFor(name(of), holder);
    expect([of, holder, isThere]).toEqual([of, holder, !wanted.findRoom([name(of)], { holder })]);
    return isThere;
  };
  for (const of of ['a', 'b', 'c', 'd', 'e', 'f']) want(of, 'one');
  expect([has('a', 'one'), has('x', 'one'), has('x', 'two')]).toEqual([true, false, true]);
  leave('a', 'one');
  want('g', 'two');
  want('h', 'two');
  expect([has('a', 'one'), has('a', 'two'), has('x', 'one'), has('a', 'three')]).toEqual([true, true, false, true]);
  for (let opened = 0; opened < 1_000; opened += 1) openings.spend('three');
  expect([has('x', 'three'), has('a', 'three')]).toEqual([false, true]);
});
