import { MOST_PLACES_IN_BEAT, type Seq, type StreamName } from '#libs/core';
import type { Series } from '../streams/series.js';

/** Whoever is behind what was named so often has lost it: heartbeats may overtake messages once. */
const NAMED_ENOUGH = 2;

/**
 * Says where streams stand, so many at a time. A stream that goes on tells by itself what was lost of it, so those come first that
 * have just come to rest, then those that have moved; then all others in turn, for whoever missed a heartbeat.
 */
export class LastPlaces {
  /** How often the present place of a stream was named. */
  private readonly named = new WeakMap<Series, { seq: Seq; times: number }>();
  private turn: Iterator<Series> | undefined;

  constructor(private readonly wanted: ReadonlyMap<StreamName, Series>) {}

  next(): Map<StreamName, Seq> {
    const places = new Map<StreamName, Seq>();
    for (const series of this.news()) {
      if (places.size >= MOST_PLACES_IN_BEAT) return places;
      this.name(series, places);
    }
    for (let left = this.wanted.size; left > 0 && places.size < MOST_PLACES_IN_BEAT; left -= 1) {
      const series = this.inTurn();
      if (series) this.name(series, places);
    }
    return places;
  }

  /** What has not been named often enough: what is at rest since the last time before what has moved since then. */
  private news(): Series[] {
    const resting: Series[] = [];
    const moved: Series[] = [];
    for (const series of this.wanted.values()) {
      const { seq } = series.transcript;
      const known = this.named.get(series);
      if (known?.seq !== seq) {
        this.named.set(series, { seq, times: 0 });
        moved.push(series);
      } else if (known.times < NAMED_ENOUGH) {
        resting.push(series);
      }
    }
    return [...resting, ...moved];
  }

  private inTurn(): Series | undefined {
    const next = this.turn?.next();
    if (next && !next.done) return next.value;
    this.turn = this.wanted.values();
    return this.turn.next().value;
  }

  private name(series: Series, places: Map<StreamName, Seq>): void {
    // While somebody else says it, or it has said nothing yet in this term, nobody is behind.
    if (places.has(series.name.name) || series.withheld) return;
    places.set(series.name.name, series.transcript.seq);
    const known = this.named.get(series);
    if (known) known.times += 1;
  }
}
