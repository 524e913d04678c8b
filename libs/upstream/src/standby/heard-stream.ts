import { type ParsedStream, isNewer, isOrdered } from '#libs/binance';
import {
  type BookEvent,
  type MarketEvent,
  type Millis,
  type Place,
  type StandingMark,
  decode,
  eventOf,
  frontOf,
  isAfter,
  isMarketEvent,
  isSamePlace,
  placeIn,
  readPlace,
} from '#libs/core';

/** So many of the newest events are remembered that nobody has a word for: their copies are told by what they say. */
const MOST_UNKNOWN = 64;

/** Why the one that publishes may lack something himself that he has not named: no connection of his carries it, or it is being fetched. */
const UNSETTLED = /"cause":"(connection-lost|subscribing|reconnecting|connection-refused|filling)"/;

/** Behind what a stream goes on. */
export interface HeardMark {
  /** Of the newest message. */
  place: Place;
  /** The newest event that is known, of its own type or a book; absent where there was none. */
  event?: MarketEvent | BookEvent;
  /** Whether a newer one may have been said. */
  isEventLost: boolean;
  /** What the newest events said that nobody has a word for, as JSON; the oldest first. */
  unknowns: readonly string[];
}

/**
 * How far the one that publishes has got with one stream, as it was heard by somebody who stands by. Nothing is read of a message
 * but its place: this hears everything that is published. It knows by itself when it does not know: a stream that was lost sight of
 * stands at its place at least, and nobody can say where.
 */
export class HeardStream {
  /** Of the newest message that was heard of. */
  place: Place | undefined;
  /** Text of the newest event of its own type, or book. */
  private newest: string | undefined;
  /** Whether nothing newer than that can have been said up to the place. */
  private isNewestKnown = false;
  /** Texts of the newest events that nobody has a word for, the oldest first. */
  private readonly unknowns: string[] = [];
  /** When the place was known last to be that of the one that publishes, with nothing lost from sight since. */
  private evidentAt: Millis | undefined;
  /**
   * The newest event of a term behind an earlier place of which the present one goes on: what lies between was given up here as said,
   * and the one that publishes now has not said it. There until that is heard again.
   */
  private ahead: MarketEvent | BookEvent | undefined;
  /** Whether the one that publishes has said that it does not know itself whether it has everything. */
  private isDoubtful = false;
  /** How often it was lost sight of. */
  private breaks = 0;
  private readonly front: string;
  private readonly bookFront: string | undefined;
  private readonly feedFront: string;
  private readonly unknownFront: string;

  constructor(readonly name: ParsedStream) {
    this.front = frontOf(name.type, name.name);
    this.bookFront = name.known.book && frontOf('book', name.name);
    this.feedFront = frontOf('feed', name.name);
    this.unknownFront = frontOf('unknown', name.name);
  }

  /** What has come on its channel. Returns whether it is a message behind those that had come. */
  hear(text: string): boolean {
    const own = this.placeOfEvent(text);
    const unknown = own ? undefined : readPlace(text, this.unknownFront);
    const place = own ?? unknown ?? readPlace(text, this.feedFront);
    if (!place || (this.place && !isAfter(place, this.place))) return false;
    const follows = followedBy(place, text);
    if (follows && this.place && isAfter(this.place, follows)) this.ahead ??= this.mark?.event;
    if (own) this.newest = text;
    if (own) this.catchUp(text);
    this.isDoubtful = !own && !unknown && UNSETTLED.test(text);
    // What was not heard before it may have been an event.
    const isNext = this.isNext(place) || (follows && this.place && isSamePlace(follows, this.place)) === true;
    this.isNewestKnown = own !== undefined || (this.isNewestKnown && isNext);
    if (unknown) this.remember(text);
    this.place = place;
    return true;
  }

  /** What was heard of it last stood where the one that publishes stood, and whatever is said from now on will be heard. */
  confirm(now: Millis): void {
    // What he lacks is behind what was known before.
    if (!this.isDoubtful) this.evidentAt = now;
  }

  /** Somebody is asked about it: what he answers counts, unless it is lost sight of meanwhile. */
  asked(at: Millis): (mark: StandingMark) => void {
    const { breaks } = this;
    return (mark) => {
      if (breaks === this.breaks) this.told(mark, at);
    };
  }

  /** What is said now is not heard. */
  broke(): void {
    this.breaks += 1;
    this.evidentAt = undefined;
    this.isNewestKnown = false;
  }

  /**
   * Whether all that comes behind its mark has come over lines that carry it since then; undefined: none does. Somebody else's line
   * may be so much ahead of ours: what it brought before that is not behind the mark.
   */
  isSure(carriedSince: Millis | undefined, lagMs: Millis): boolean {
    if (!this.isNewestKnown || this.ahead || this.evidentAt === undefined || carriedSince === undefined) return false;
    return this.evidentAt - carriedSince >= lagMs;
  }

  /** Where it stands; undefined where nothing was heard of it. */
  get mark(): HeardMark | undefined {
    const { place, newest } = this;
    if (!place) return undefined;
    const event = newest === undefined ? undefined : eventOf({ place, event: newest });
    const isOfUse = event !== undefined && isOrdered(this.name.known, event);
    const isEventLost = !this.isNewestKnown || (newest !== undefined && !isOfUse);
    return { place, ...(isOfUse && { event }), isEventLost, unknowns: this.unknowns.flatMap(payloadOf) };
  }

  private told({ place, event, isLacking }: StandingMark, at: Millis): void {
    const eventAt = event === undefined ? undefined : this.placeOfEvent(event);
    if ((event !== undefined && !eventAt) || (this.place && isAfter(this.place, place))) return;
    if (eventAt && !(this.newest && isAfter(placeIn(this.newest), eventAt))) this.newest = event;
    this.place = place;
    if (event !== undefined) this.catchUp(event);
    this.isNewestKnown = true;
    if (isLacking !== true) this.evidentAt = Math.max(at, this.evidentAt ?? -Infinity);
  }

  private isNext({ epoch, seq }: Place): boolean {
    return this.place?.epoch === epoch && this.place.seq === seq - 1;
  }

  /** Whoever has said this has said all that comes before it. */
  private catchUp(text: string): void {
    const { ahead } = this;
    if (!ahead) return;
    const event = decode(text);
    if (!event.ok || !isMarketEvent(event.value)) return;
    const { known } = this.name;
    const isThere = ahead.type === 'book' ? isNewer(known, event.value, ahead) : !isNewer(known, ahead, event.value);
    if (isThere) this.ahead = undefined;
  }

  private placeOfEvent(text: string): Place | undefined {
    const { front, bookFront } = this;
    return readPlace(text, front) ?? (bookFront === undefined ? undefined : readPlace(text, bookFront));
  }

  private remember(text: string): void {
    this.unknowns.push(text);
    if (this.unknowns.length > MOST_UNKNOWN) this.unknowns.shift();
  }
}

/** What the first message of a term says it goes on behind. */
function followedBy({ seq }: Place, text: string): Place | undefined {
  if (seq !== 1) return undefined;
  const event = decode(text);
  return event.ok && event.value.type === 'feed' ? event.value.follows : undefined;
}

function payloadOf(text: string): string[] {
  const event = decode(text);
  return event.ok && event.value.type === 'unknown' ? [JSON.stringify(event.value.raw)] : [];
}
