import type { ParsedStream } from '#libs/binance';
import { type MarketEvent, type Millis, commonBound } from '#libs/core';
import { type SaidSoFar, unsaidOf } from './unsaid.js';

/** How many events are withheld at most: of one stream, and of all together. */
interface WithheldBounds {
  ofOne: number;
  ofAll: number;
}

const BOUNDS: WithheldBounds = { ofOne: 20_000, ofAll: 300_000 };

/** Whenever there are too many, so much of the bound is left: cutting a list moves all of it. */
const LEFT = 7 / 8;

/** What all streams withhold together. */
export class WithheldRoom {
  /** Events of all of them. */
  size = 0;
  /** How many there was no room for: the oldest of those who have most. */
  dropped = 0;
  private readonly all = new Set<Withheld>();

  constructor(readonly bounds: WithheldBounds = BOUNDS) {}

  /** That of one more stream. */
  open(since: Millis): Withheld {
    const withheld = new Withheld(this, since);
    this.all.add(withheld);
    return withheld;
  }

  /** It is withheld no more. */
  close(withheld: Withheld): void {
    this.all.delete(withheld);
    withheld.clear();
  }

  /** There are more than may be. */
  shrink(): void {
    const lengths = [...this.all].map(({ events }) => events.length);
    const most = Math.floor(commonBound(lengths, this.bounds.ofAll * LEFT));
    for (const withheld of this.all) withheld.keepNewest(most);
  }
}

/** What a stream would have said while somebody else says it, as far as he was not heard to say it. */
export class Withheld {
  /** In the order of the stream. Before what he has not said the last of what he has said may stand, where that alone tells the rest. */
  events: MarketEvent[] = [];
  /** The newest one that is here no more, though he may not have said it. */
  lost: MarketEvent | undefined;

  /** @param since from when on what comes is here. */
  constructor(
    private readonly room: WithheldRoom,
    readonly since: Millis,
  ) {}

  add(event: MarketEvent): void {
    const { room, events } = this;
    events.push(event);
    room.size += 1;
    if (events.length > room.bounds.ofOne) this.keepNewest(Math.floor(room.bounds.ofOne * LEFT));
    if (room.size > room.bounds.ofAll) room.shrink();
  }

  /** He was heard to say so much. @returns what of ours is among that, in its order. */
  trim(stream: ParsedStream, said: SaidSoFar): MarketEvent[] {
    const { events } = this;
    const unsaid = new Set(unsaidOf(stream, events, said));
    const gone = events.filter((event) => !unsaid.has(event));
    // Elements of arrays, and events that nobody has a word for, are told by the one that was said last.
    const last = stream.isArray ? gone.findLast(({ type }) => type !== 'unknown') : undefined;
    const lastUnknown = gone.findLast(({ type }) => type === 'unknown');
    this.put(events.filter((event) => unsaid.has(event) || event === last || event === lastUnknown));
    return gone;
  }

  /** There is no room for the oldest ones. */
  keepNewest(most: number): void {
    this.room.dropped += Math.max(0, this.events.length - most);
    this.lose(most);
  }

  /** All but so many are worth nothing. */
  lose(most = 0): void {
    const { events } = this;
    const kept = Math.max(0, events.length - most);
    this.lost = events.slice(0, kept).findLast(({ type }) => type !== 'unknown') ?? this.lost;
    this.put(events.slice(kept));
  }

  /** Binance's ids have begun again: what was here cannot be told from what comes now. */
  beginAnew(): void {
    this.clear();
    this.lost = undefined;
  }

  clear(): void {
    this.put([]);
  }

  private put(events: MarketEvent[]): void {
    this.room.size += events.length - this.events.length;
    this.events = events;
  }
}
