import { type Market, type ParsedStream, keepsNewest } from '#libs/binance';
import {
  type Clock,
  type Epoch,
  type FeedCause,
  type FeedEvent,
  type HistoryShelf,
  type Millis,
  type Place,
  type Seq,
  type StreamHistory,
  type StreamName,
  frontOf,
  isSamePlace,
  readPlace,
} from '#libs/core';
import { Audience } from '../delivery/audience.js';
import { Conflator } from '../delivery/conflation/conflator.js';
import { EdgeBook } from '../delivery/edge-book.js';
import { Frames } from '../delivery/frames.js';
import { Newcomers } from '../delivery/newcomers.js';
import type { Outlet } from '../delivery/outlet.js';
import type { Junction } from '../following/joining.js';
import type { HeldBack } from '../following/held-back.js';
import type { Repeats } from '../following/repeats.js';
import { type StreamPhase, isFollowed } from './table.js';

/** What a stream needs of the edge that it is part of. */
export interface StreamSurroundings extends Outlet {
  clock: Pick<Clock, 'now'>;
  /** How long a client of Binance's wire may hold a snapshot of its own that is newer than our last diff. */
  ownSnapshotMs: Millis;
  /** Where its newest messages are kept. */
  shelf: HistoryShelf;
}

/** What keeps an edge from hearing the upstream. */
export interface Deafness {
  cause: Extract<FeedCause, 'bus-lost' | 'upstream-gone'>;
  message: string;
  since: Millis;
  /** It hears again, though nobody may have said yet how the stream stands. */
  isOver?: boolean;
}

/** What this edge knows about one stream that somebody wants, or wanted a moment ago. `Intake` alone changes it. */
export class EdgeStream {
  readonly name: StreamName;
  /** The name of its market. */
  readonly market: string;
  /** How the texts of its events begin. */
  readonly front: string;
  /** The same of those that nobody has a word for yet, and of what is said about the stream. */
  readonly unknownFront: string;
  readonly feedFront: string;
  /** The same of the books in a stream of diffs. */
  readonly bookFront: string;
  readonly keepsNewest: boolean;
  readonly audience: Audience;
  readonly frames: Frames;
  /** Who of `/v1` does without some messages is told by this. */
  readonly conflator: Conflator;
  /** Of a stream of diffs: what its clients know. */
  readonly book: EdgeBook | undefined;
  phase: StreamPhase = 'awaited';
  /** Place of the newest message; 0, 0 before the first. */
  epoch: Epoch = 0;
  seq: Seq = 0;
  /** What the upstream said last about it. */
  feed: FeedEvent | undefined;
  /** What this edge said last instead; holds in the phases `unheard` and `doubted`. */
  deafness: Deafness | undefined;
  /** Text of the newest event, of streams whose newest event says all. */
  newest: string | undefined;
  /** Its newest messages, as clients were told them; undefined where none are kept. */
  readonly history: StreamHistory | undefined;
  /** Told whenever something else is known of how it stands. */
  readonly watchers = new Set<(stream: EdgeStream) => void>();
  /** Text of the newest event of its own type or book: how far the stream got, should the upstream ask. */
  last: string | undefined;
  /** Where its present term goes on, should an upstream have said so. */
  junction: Junction | undefined;
  /** There while a new upstream may say again what has come already. */
  repeats: Repeats | undefined;
  /** There while messages wait: for what was missed before them, which is asked for, or for clients to read what went out before. */
  heldBack: HeldBack | undefined;

  constructor(
    market: Market,
    readonly parsed: ParsedStream,
    readonly since: Millis,
    { publish, counts, clock, ownSnapshotMs, shelf }: StreamSurroundings,
  ) {
    this.name = parsed.name;
    this.market = market.name;
    this.front = frontOf(parsed.type, parsed.name);
    this.unknownFront = frontOf('unknown', parsed.name);
    this.feedFront = frontOf('feed', parsed.name);
    this.bookFront = frontOf('book', parsed.name);
    this.keepsNewest = keepsNewest(parsed);
    this.history = shelf.open();
    const rules = parsed.known.book;
    const newcomers = rules && new Newcomers(market.name, parsed.name, clock, ownSnapshotMs);
    this.conflator = new Conflator(parsed, (event) => this.frames.fits(event));
    this.audience = new Audience(market.name, parsed.name, newcomers, this.conflator.seats);
    this.frames = new Frames(market, parsed, this.audience, { publish, counts });
    if (!rules || !newcomers) return;
    const { audience, frames } = this;
    this.book = new EdgeBook({ stream: parsed, rules, audience, newcomers, frames, counts });
  }

  get place(): Place {
    return { epoch: this.epoch, seq: this.seq };
  }

  /** Where an event of the market stands; undefined where the text is none of this stream's. */
  placeOf(event: string): Place | undefined {
    return readPlace(event, this.front) ?? readPlace(event, this.unknownFront) ?? this.placeOfBook(event);
  }

  /** The same of whatever comes on its channel. */
  placeOfMessage(text: string): Place | undefined {
    return readPlace(text, this.feedFront) ?? this.placeOf(text);
  }

  /** The same of a book alone. */
  placeOfBook(event: string): Place | undefined {
    return this.book && readPlace(event, this.bookFront);
  }

  /** Whether native clients get what comes. */
  get isFollowed(): boolean {
    return isFollowed(this.phase);
  }

  /**
   * Whether nothing was missed since this place: it is the present one, or the one that the present term goes on behind. While a new
   * upstream says again what clients of this edge have had, it is for them alone that this is left out: who is elsewhere lacks it.
   */
  isAt(place: Place): boolean {
    if (this.repeats) return isSamePlace(place, this.repeats.toldAt);
    if (isSamePlace(place, this.place)) return true;
    const { junction } = this;
    return junction !== undefined && isSamePlace(place, junction.from) && isSamePlace(this.place, junction.to);
  }

  /** How many messages are missing before this place: 0 when it is the next one, below that when it was here or is over. */
  missingBefore({ epoch, seq }: Place): number {
    if (epoch < this.epoch) return -1;
    if (epoch > this.epoch) return this.epoch === 0 ? 0 : seq - 1;
    return seq - this.seq - 1;
  }

  /** Something else is known of how it stands. */
  changed(): void {
    for (const watcher of this.watchers) watcher(this);
  }

  moveTo({ epoch, seq }: Place): void {
    this.epoch = epoch;
    this.seq = seq;
  }
}
