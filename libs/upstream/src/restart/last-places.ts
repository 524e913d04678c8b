import { MOST_PLACES_IN_BEAT, type Seq, type StreamName } from '#libs/core';
import type { Series } from '../streams/series.js';

/** Says where streams stand, so many at a time, all of them in turn. */
export class LastPlaces {
  private turn: Iterator<Series> | undefined;

  constructor(private readonly wanted: ReadonlyMap<StreamName, Series>) {}

  next(): Map<StreamName, Seq> {
    const places = new Map<StreamName, Seq>();
    this.turn ??= this.wanted.values();
    while (places.size < MOST_PLACES_IN_BEAT) {
      const { value: series } = this.turn.next();
      if (!series) {
        this.turn = undefined;
        break;
      }
      places.set(series.name.name, series.transcript.seq);
    }
    return places;
  }
}
