import type { Place, StreamEvent } from '#libs/core';

/** Faults of a stream that are told in words. */
const MOST_FAULTS = 3;

/** What came just before one. */
const MOST_BEFORE = 4;

/** What one client of the native protocol heard of a stream last, so that the first faults can be told with how they came about. */
export class Trail {
  /** In words; the first ones only. */
  readonly faults: string[] = [];
  private readonly last: (string | StreamEvent)[] = [];

  replied(place: Place | null): void {
    this.keep(`reply ${place ? placeInWords(place) : 'without a place'}`);
  }

  heard(event: StreamEvent): void {
    this.keep(event);
  }

  /** What came last should not have come so. */
  isFault(what: string): void {
    if (this.faults.length < MOST_FAULTS)
      this.faults.push(`${what}: ${this.last.map((one) => (typeof one === 'string' ? one : inWords(one))).join(', ')}`);
  }

  private keep(one: string | StreamEvent): void {
    this.last.push(one);
    if (this.last.length > MOST_BEFORE) this.last.shift();
  }
}

const placeInWords = ({ epoch, seq }: Place): string => `${epoch}/${seq}`;

function inWords(event: StreamEvent): string {
  if (event.type !== 'feed') return `${event.type} ${placeInWords(event)}`;
  const { state, cause, by, follows } = event;
  return `${state} (${by}, ${cause}) ${placeInWords(event)}${follows ? ` after ${placeInWords(follows)}` : ''}`;
}
