import type { BookRules, ParsedStream } from '#libs/binance';
import {
  Book,
  type BookEvent,
  type BookLevels,
  type Decimal,
  type Depth,
  type Instant,
  type Level,
  type Place,
  decode,
  encode,
  isSamePlace,
} from '#libs/core';
import type { EdgeCounts } from '../metrics/edge-counts.js';
import type { Audience } from './audience.js';
import type { Frames } from './frames.js';
import type { Newcomers } from './newcomers.js';
import { Riding, over } from './riding.js';

/** Diffs that wait for a book at most; beyond that the oldest is dropped, and the book must reach past it. */
const MOST_WAITING = 1_000;

interface EdgeBookParts {
  stream: ParsedStream;
  rules: BookRules;
  audience: Audience;
  newcomers: Newcomers;
  frames: Frames;
  counts: EdgeCounts;
}

/**
 * The book of one stream of diffs as the clients of Binance's wire hold it, which is what they were sent. Where diffs are
 * missing a `book` comes in their place: what differs goes to those clients as one more diff, a bridge, so that each of their
 * diffs follows the one before. What they should know and no diff has told them yet rides in the next one.
 */
export class EdgeBook {
  /** Whether native clients lack a book, or know one that something was lost of. */
  isOwed = true;
  private book: Book | undefined;
  private readonly riding = new Riding();
  /** Whether clients have missed diffs, a book in their place or not: deeper than that reached they may hold what is out of date. */
  private hadHole = false;
  /** Whether the book is the market's: not so after diffs that went on although some were missing. */
  private isTrue = false;
  /** Whether ids below the known ones are those of a count that began again. */
  private mayBeginAnew = false;
  /** Diffs behind messages that were lost: they wait for a book; undefined while nothing is lost. */
  private waiting: Depth[] | undefined;
  /** The update id that Binance's own diffs have reached. */
  private last: number | undefined;
  /** By whose clock, and when, the newest of it came. */
  private newest: Pick<Depth, 'receivedAt' | 'timeUnit'> = { receivedAt: 0 };
  private written: (Place & { text: string }) | undefined;

  constructor(private readonly parts: EdgeBookParts) {}

  /** How many levels are kept; 0 before a book has come. */
  get size(): number {
    return this.book?.size ?? 0;
  }

  /** Takes the next event of the market's, and sends what clients of Binance's wire must know of it. */
  take(text: string): void {
    const { frames, audience, newcomers, counts } = this.parts;
    const decoded = decode(text);
    const event = decoded.ok ? decoded.value : undefined;
    if (event?.type === 'depth' && frames.fits(event)) this.takeDiff(event);
    else if (event?.type === 'book' && this.fits(event)) this.takeBook(event);
    else if (event?.type === 'unknown') for (const crowd of [audience, newcomers]) frames.send([event], crowd);
    else counts.unreadable += 1;
  }

  /** Messages were lost before the next one. What was sent to clients stands; what comes waits for a book. */
  lost(): void {
    this.isOwed = true;
    this.written = undefined;
    if (this.book) this.waiting ??= [];
  }

  /** Nobody knows what was missed before the next message, not even whether the market's ids begin again there. */
  doubted(): void {
    this.isOwed = true;
    this.isTrue = false;
    this.mayBeginAnew = true;
  }

  /** The book as it is now: the next diff joins it. Undefined while nobody knows it. */
  get known(): Book | undefined {
    return this.isTrue && !this.waiting ? this.book : undefined;
  }

  /** The text of a book that stands at this place, the stream's present one; undefined while it is not known. */
  textAt(place: Place): string | undefined {
    const { known } = this;
    if (!known) return undefined;
    if (!this.written || !isSamePlace(this.written, place)) {
      const text = write(this.parts.stream, place, { ...this.newest, lastUpdateId: known.id, ...known.levels() });
      this.written = { ...place, text };
    }
    return this.written.text;
  }

  private takeDiff(event: Depth): void {
    const { rules, audience, newcomers, frames } = this.parts;
    this.beginAnew(event.lastUpdateId <= (this.last ?? -1));
    const { last, book } = this;
    const isNewer = last === undefined || event.lastUpdateId > last;
    // A new upstream may be behind the one whose place it took.
    if (this.waiting && !isNewer) return;
    const follows = last !== undefined && rules.joins(event, last);
    this.last = event.lastUpdateId;
    if (last !== undefined && !follows) newcomers.again();
    if (book && this.waiting && rules.joins(event, book.id)) this.waiting = undefined;
    if (follows && (!book || book.id === last)) audience.settle();
    const isInBook = book && isNewer && event.lastUpdateId <= book.id;
    if (!isInBook) this.sayOrHold(event);
    frames.send([event], newcomers);
  }

  /** Where ids begin again, what clients hold leads nowhere. */
  private beginAnew(isBelow: boolean): void {
    if (this.mayBeginAnew && isBelow) {
      this.book = undefined;
      this.riding.clear();
      this.waiting = undefined;
      this.last = undefined;
    }
    this.mayBeginAnew = false;
  }

  private sayOrHold(event: Depth): void {
    if (!this.waiting) return this.say(event);
    this.waiting.push(event);
    if (this.waiting.length > MOST_WAITING) this.waiting.shift();
  }

  /** Sends a diff on, with what rides in it, from where the clients are. */
  private say(event: Depth): void {
    const { rules, audience, frames } = this.parts;
    const { book, riding } = this;
    if (!book) return frames.send([event], audience);
    const from = book.id + 1;
    const joins = rules.joins(event, book.id);
    if (!joins) {
      this.isOwed = this.hadHole = true;
      riding.doubt();
    }
    this.isTrue &&= joins;
    const changes = riding.take(over(book.apply(event), event));
    this.changed(event);
    frames.send([{ ...event, ...changes, ...(joins && { firstUpdateId: from }) }], audience);
  }

  private takeBook(event: BookEvent): void {
    const id = event.lastUpdateId;
    this.beginAnew(id < (this.book?.id ?? 0));
    const { book, last, waiting, riding } = this;
    const known = book?.id ?? last ?? 0;
    // Diffs are known that it would need: it is of an upstream, say, that is behind the one whose place it took.
    if (id < known) return;
    this.book ??= new Book();
    const changes = this.book.take(event);
    this.isTrue = true;
    this.changed(event);
    // Where they saw no hole, clients hold this book already, however deep: only what a bridge did not reach is to be told.
    if (book && id > known) this.bridge(known, event, riding.bridge(changes, event));
    else if (book && this.hadHole) riding.add(changes, event);
    this.release(waiting ?? []);
  }

  /** What waited for the book goes on from there; what does not join it waits for the next one. */
  private release(waiting: readonly Depth[]): void {
    this.waiting = undefined;
    for (const diff of waiting) {
      const id = this.book?.id ?? 0;
      if (diff.lastUpdateId <= id) continue;
      if (!this.parts.rules.joins(diff, id)) this.waiting ??= [];
      this.sayOrHold(diff);
    }
  }

  private bridge(from: number, event: BookEvent, changes: BookLevels): void {
    const { stream, symbol, lastUpdateId, receivedAt, timeUnit } = event;
    const { rules, frames, audience, counts } = this.parts;
    const difference = { stream, symbol, bookId: lastUpdateId, ...changes, at: receivedAt };
    this.hadHole = true;
    counts.bridges += 1;
    frames.send([{ ...rules.bridge(from, difference), ...(timeUnit && { timeUnit }) }], audience);
  }

  /** Whether its levels are such as a frame of this stream could have. */
  private fits({ stream, symbol, lastUpdateId, bids, asks, bidsTo, asksTo, receivedAt }: BookEvent): boolean {
    if (!Array.isArray(bids) || !Array.isArray(asks)) return false;
    const { rules, frames } = this.parts;
    const named = { bids: withEnd(bids, bidsTo), asks: withEnd(asks, asksTo) };
    const difference = { stream, symbol, bookId: lastUpdateId, ...named, at: receivedAt };
    return frames.fits(rules.bridge(lastUpdateId - 1, difference));
  }

  private changed({ receivedAt, timeUnit }: { receivedAt: Instant; timeUnit?: 'MICROSECOND' }): void {
    this.newest = { receivedAt, ...(timeUnit && { timeUnit }) };
    this.written = undefined;
  }
}

/** What a text of a book says beside whose it is and where it stands. */
type BookState = Omit<BookEvent, 'type' | 'stream' | 'epoch' | 'seq' | 'symbol'>;

function write({ name, symbol = '' }: ParsedStream, { epoch, seq }: Place, state: BookState): string {
  return encode({ type: 'book', stream: name, epoch, seq, symbol, ...state });
}

const withEnd = (levels: Level[], end: Decimal | undefined): Level[] =>
  end === undefined ? levels : [...levels, [end, '0']];
