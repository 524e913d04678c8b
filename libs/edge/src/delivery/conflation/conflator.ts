import type { ParsedStream } from '#libs/binance';
import { type Depth, type MarketEvent, decode, frontOf, isMarketEvent } from '#libs/core';
import type { ConflatedSeat, Sayable } from './conflated-seat.js';

/** Reads each message of one stream once, for all clients of `/v1` that do without some of them. */
export class Conflator {
  readonly seats = new Set<ConflatedSeat>();
  private readonly front: string;
  private lastUpdateId: number | undefined;

  /** @param fits whether a frame of the stream could have been this event: its text came over the bus. */
  constructor(
    private readonly stream: ParsedStream,
    private readonly fits: (event: MarketEvent) => boolean,
  ) {
    this.front = frontOf(stream.type, stream.name);
  }

  /** The next message that clients of `/v1` are told. */
  take(text: string): void {
    const said = this.read(text);
    for (const seat of this.seats) seat.take(said);
  }

  private read(text: string): Sayable {
    const { isArray, known } = this.stream;
    const kept = { text, key: undefined, isKept: true };
    // What is said about the stream, its books, and what nobody has a word for.
    if (!text.startsWith(this.front)) return kept;
    if (!isArray && !known.conflation && !known.book) return { ...kept, isKept: false };
    const decoded = decode(text);
    if (!decoded.ok || !isMarketEvent(decoded.value) || !this.fits(decoded.value)) return kept;
    const event = decoded.value;
    if (event.type === 'depth' && known.book) return { text, key: '', isKept: false, ...this.linked(event) };
    if (isArray) return { text, key: 'symbol' in event ? event.symbol : '', isKept: false };
    return known.conflation
      ? { text, key: known.conflation.key(event), isKept: known.conflation.isKept(event) }
      : { ...kept, isKept: false };
  }

  private linked(diff: Depth): Required<Pick<Sayable, 'diff' | 'follows'>> {
    const { ordering } = this.stream.known;
    const last = this.lastUpdateId;
    this.lastUpdateId = diff.lastUpdateId;
    return { diff, follows: last !== undefined && ordering.rule === 'chain' && ordering.follows(diff, last) };
  }
}
