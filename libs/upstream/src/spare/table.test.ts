import { expect, it } from 'vitest';
import { MOVES, type SpareEvent, type SpareState } from './table.js';

const STATES = Object.keys(MOVES) as SpareState[];
const EVENTS: readonly SpareEvent[] = ['needed', 'opened', 'asked', 'covered', 'lost', 'worn', 'unneeded'];

const moves = STATES.flatMap((from) => EVENTS.map((event) => ({ from, event, move: MOVES[from][event] })));

it('a line is a source exactly while it stands in', () => {
  for (const { from, move } of moves) {
    if (!move) continue;
    expect(move.do.includes('join')).toBe(move.to === 'standing-in' && from !== 'standing-in');
    expect(move.do.includes('leave')).toBe(from === 'standing-in' && move.to !== 'standing-in');
  }
});

it('there is one line at most: what is dialled was not there, or is closed before', () => {
  for (const { from, move } of moves) {
    if (!move) continue;
    const isThere = from !== 'none';
    if (move.do.includes('dial')) expect(isThere).toBe(move.do.indexOf('retire') >= 0);
    expect(move.do.includes('retire') && !move.do.includes('dial')).toBe(isThere && move.to === 'none');
    if (move.do.includes('dial')) expect(move.do.indexOf('retire')).toBeLessThan(move.do.indexOf('dial'));
  }
});

it('a line leaves before it is closed, and before anybody is told that nobody brings the streams', () => {
  for (const { move } of moves) {
    if (!move?.do.includes('leave')) continue;
    expect(move.do[0]).toBe('leave');
  }
});

it('a line that stands in is not replaced, and none that is away is asked', () => {
  expect(MOVES['standing-in'].worn).toBeUndefined();
  expect([MOVES.none.asked, MOVES.away.asked]).toEqual([undefined, undefined]);
});
