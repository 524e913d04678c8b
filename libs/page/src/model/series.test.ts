import { expect, it } from 'vitest';
import { HourRing, SAMPLE_EVERY_MS, joined } from './series.js';

it('the ring keeps an hour and no more, and what was not known is null', () => {
  const ring = new HourRing();
  for (let nth = 0; nth < 2_000; nth += 1) {
    ring.add({ at: nth * SAMPLE_EVERY_MS, values: { frames: nth % 10 === 0 ? null : nth, clients: null } });
  }
  const { at, series } = ring.read();
  expect([at.length, at[0], at.at(-1)]).toEqual([720, 1_280 * SAMPLE_EVERY_MS, 1_999 * SAMPLE_EVERY_MS]);
  expect(series.frames?.slice(0, 2)).toEqual([null, 1_281]);
  expect(Object.keys(series)).toEqual(['frames']);
});

it('a series that begins later has nothing before', () => {
  const ring = new HourRing();
  ring.add({ at: 1, values: { frames: 5 } });
  ring.add({ at: 2, values: { frames: 5, busP99Ms: 0.123_456 } });
  expect(ring.read().series).toEqual({ frames: [5, 5], busP99Ms: [null, 0.1235] });
  expect(ring.read(1)).toEqual({ at: [2], series: { frames: [5], busP99Ms: [0.1235] } });
});

it('who has read some is told the rest, and has what the ring has', () => {
  const ring = new HourRing();
  let read = ring.read();
  for (let nth = 1; nth <= 800; nth += 1) {
    ring.add({ at: nth * SAMPLE_EVERY_MS, values: nth > 10 ? { frames: nth, clients: 3 } : { frames: nth } });
    read = joined(read, ring.read(read.at.at(-1)));
  }
  expect(read).toEqual(ring.read());
});
