import { describe, expect, it } from 'vitest';
import { MOST_PLACES_IN_BEAT } from '#libs/core';
import { seriesTools, streamOf } from '../../../../test/support/series-rig.js';
import { LastPlaces } from './last-places.js';
import { WithheldRoom } from '../streams/muted/withheld.js';
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

  it('are no places of a stream that somebody else says', () => {
    const streams = wanted(2);
    streams.get('s0@trade')?.fallSilent(new WithheldRoom().open(0));
    const places = new LastPlaces(streams);
    for (let beat = 0; beat < 4; beat += 1) expect([...places.next().keys()]).toEqual(['s1@trade']);
  });

  it('are of so many at most, and every stream has its turn', () => {
    const streams = wanted(2 * MOST_PLACES_IN_BEAT + 1);
    const places = new LastPlaces(streams);
    for (let beat = 0; beat < 6; beat += 1) places.next();
    for (let round = 0; round < 3; round += 1) {
      const named = new Set<string>();
      for (let beat = 0; beat < 3; beat += 1) {
        const said = places.next();
        expect(said.size).toBe(MOST_PLACES_IN_BEAT);
        for (const stream of said.keys()) named.add(stream);
      }
      expect(named.size).toBe(streams.size);
    }
  });

  it('are said twice of a stream that has moved, before those of streams at rest, however many there are', () => {
    const streams = wanted(4 * MOST_PLACES_IN_BEAT);
    const places = new LastPlaces(streams);
    for (let beat = 0; beat < 12; beat += 1) places.next();
    for (const at of [4 * MOST_PLACES_IN_BEAT - 1, 0, 2 * MOST_PLACES_IN_BEAT]) {
      const series = streams.get(`s${at}@trade`);
      if (!series) throw new Error('no such stream');
      series.transcript.seq += 1;
      const said = [places.next(), places.next()].map((beat) => beat.get(`s${at}@trade`));
      expect(said).toEqual([at + 1, at + 1]);
    }
  });

  it('are said of a stream that has come to rest before those of streams that still move', () => {
    const streams = wanted(2 * MOST_PLACES_IN_BEAT);
    const places = new LastPlaces(streams);
    const rests = [...streams.values()].at(-1);
    for (let beat = 0; beat < 4; beat += 1) {
      for (const series of streams.values()) series.transcript.seq += 1;
      places.next();
    }
    const said = [1, 2].map(() => {
      for (const series of streams.values()) if (series !== rests) series.transcript.seq += 1;
      return places.next().get(rests?.name.name ?? '');
    });
    expect(said).toEqual([rests?.transcript.seq, rests?.transcript.seq]);
  });
});
