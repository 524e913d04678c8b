import { expect, it } from 'vitest';
import { Lead } from './lead.js';

const LAG_MS = 1_000;

/** Looks every 100 ms at two lines that brought something last at these instants; since when the spare has led for too long. */
function look(ownAt: (now: number) => number, spareAt: (now: number) => number): number | undefined {
  const lead = new Lead(LAG_MS);
  for (let now = 0; now < 10_000; now += 100) {
    if (lead.isTooLong({ openedAt: 0, dataAt: ownAt(now) }, { openedAt: 0, dataAt: spareAt(now) }, now)) return now;
  }
  return undefined;
}

const lately = (now: number): number => now;
const every = (ms: number) => (now: number) => Math.floor(now / ms) * ms;

it('a spare line leads when the line beside it has said nothing for a while and the spare has', () => {
  expect(look((now) => Math.min(now, 3_000), lately)).toBe(3_100 + LAG_MS);
});

it('a spare line does not lead because it is a little ahead each time', () => {
  expect(look((now) => now - 50, lately)).toBeUndefined();
  expect(look((now) => every(2_000)(now - 90), every(2_000))).toBeUndefined();
});

it('a spare line does not lead where both are silent', () => {
  expect(
    look(
      (now) => Math.min(now, 3_000),
      (now) => Math.min(now, 3_000),
    ),
  ).toBeUndefined();
});

it('a line that has brought nothing yet is given as long from when it opened', () => {
  const lead = new Lead(LAG_MS);
  const spare = { openedAt: 0, dataAt: 900 };
  expect(lead.isTooLong({ openedAt: 500, dataAt: undefined }, spare, 1_000)).toBe(false);
  expect(lead.isTooLong({ openedAt: 500, dataAt: undefined }, spare, 1_900)).toBe(false);
  expect(lead.isTooLong({ openedAt: 500, dataAt: undefined }, spare, 2_000)).toBe(true);
});

it('a process that stood still begins anew: what the other line said may lie unread', () => {
  const lead = new Lead(LAG_MS);
  const own = { openedAt: 0, dataAt: 100 };
  const spare = { openedAt: 0, dataAt: 200 };
  expect(lead.isTooLong(own, spare, 300)).toBe(false);
  expect(lead.isTooLong(own, spare, 5_300)).toBe(false);
  expect(lead.isTooLong(own, spare, 5_400)).toBe(false);
  expect(lead.isTooLong(own, spare, 6_300)).toBe(true);
});
