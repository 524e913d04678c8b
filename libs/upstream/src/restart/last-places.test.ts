import { describe, expect, it } from 'vitest';
import { MOST_PLACES_IN_BEAT } from '#libs/core';
import { seriesTools, streamOf } from '../../../../test/support/series-rig.js';
import { LastPlaces } from './last-places.js';
import { Series } from '../streams/series.js';

const tools = seriesTools();

const wanted = (count: number): Map<string, Series> =>
  new Map(
    Array.from({ length: count }, (_, at) => {
      const name = streamOf(`s${at}@trade`);
      return [name.name, new Series(name, tools, { topic: name.name, at: 0, seq: at })];
    }),
  );

describe('the places that heartbeats say', () => {
  it('are those of all streams, each time, as long as there is room', () => {
    const streams = wanted(3);
    const places = new LastPlaces(streams);
    const all = [
      ['s0@trade', 0],
      ['s1@trade', 1],
      ['s2@trade', 2],
    ];
    expect([[...places.next()], [...places.next()]]).toEqual([all, all]);
    streams.delete('s0@trade');
    expect([...places.next()]).toEqual(all.slice(1));
  });

  it('are of so many at most, and every stream has its turn', () => {
    const places = new LastPlaces(wanted(2 * MOST_PLACES_IN_BEAT + 1));
    const turns = [1, 2, 3].map(() => places.next());
    expect(turns.map(({ size }) => size)).toEqual([MOST_PLACES_IN_BEAT, MOST_PLACES_IN_BEAT, 1]);
    const named = new Set<string>();
    for (const turn of turns) for (const stream of turn.keys()) named.add(stream);
    expect(named.size).toBe(2 * MOST_PLACES_IN_BEAT + 1);
  });
});
