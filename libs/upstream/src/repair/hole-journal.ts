import type { HistorySource, ParsedStream } from '#libs/binance';
import { type Clock, type Millis, type Missing, type StreamName, stamp } from '#libs/core';
import type { HoleLoss } from '../streams/mending.js';
import type { Hole } from '../streams/order/order.js';
import type { HoleBook, RepairEnd } from '../streams/repair-desk.js';

/** So many announced holes are remembered, the newest. */
const MOST_REMEMBERED = 200;

/** Of so many streams it is known how many holes were announced. */
const MOST_STREAMS = 2_000;

/** A hole that was announced, and how it can still be filled. */
export interface AnnouncedHole {
  stream: StreamName;
  missing: Missing;
  /** When it was announced, by the machine's clock. */
  at: Millis;
  reason: HoleLoss['reason'];
  why: string;
  /** What fetches it, from its beginning on; null where nothing can be asked for. */
  url: string | null;
}

/** How often what became of holes, and how long it took. */
export interface HoleTally {
  holes: number;
  events: number;
  ms: Millis;
}

/** Writes down what became of holes, for operators. */
export class HoleJournal implements HoleBook {
  /** By who closed them. */
  readonly closed = new Map<string, HoleTally>();
  /** By why they were announced. */
  readonly announced = new Map<HoleLoss['reason'], number>();
  private readonly newest: AnnouncedHole[] = [];
  /** How many were announced of a stream, of those of which one was last. */
  private readonly byStream = new Map<StreamName, number>();

  /** @param host of the REST API; undefined where there is none. */
  constructor(
    private readonly clock: Clock,
    private readonly host: string | undefined,
    private readonly took: (end: RepairEnd) => void,
  ) {}

  ended(end: RepairEnd): void {
    const before = this.closed.get(end.by) ?? { holes: 0, events: 0, ms: 0 };
    const { holes, events, ms } = before;
    this.closed.set(end.by, { holes: holes + 1, events: events + end.events, ms: ms + end.ms });
    this.took(end);
  }

  missed(stream: ParsedStream, { from, to = from }: Hole, { reason, why }: HoleLoss): void {
    this.announced.set(reason, (this.announced.get(reason) ?? 0) + 1);
    this.countOf(stream.name);
    const url = this.urlOf(stream, from);
    this.newest.push({ stream: stream.name, missing: { from, to }, at: stamp(this.clock), reason, why, url });
    if (this.newest.length > MOST_REMEMBERED) this.newest.shift();
  }

  /** How many were announced of this stream. */
  announcedOf(stream: StreamName): number {
    return this.byStream.get(stream) ?? 0;
  }

  /** For `/status`: what became of holes, and those that were announced, the newest first. */
  read(): Record<string, unknown> {
    const closed = [...this.closed].map(([by, { holes, events, ms }]) => ({
      by,
      holes,
      events,
      meanMs: Math.round(ms / holes),
    }));
    return { closed, announced: Object.fromEntries(this.announced), newest: this.newest.toReversed() };
  }

  private countOf(stream: StreamName): void {
    const before = this.announcedOf(stream);
    this.byStream.delete(stream);
    this.byStream.set(stream, before + 1);
    const [longestAgo] = this.byStream.keys();
    if (this.byStream.size > MOST_STREAMS && longestAgo !== undefined) this.byStream.delete(longestAgo);
  }

  private urlOf(stream: ParsedStream, from: number): string | null {
    const { sources = [] } = stream.known.history ?? {};
    const source = sources.find(({ kept }) => kept === 'database');
    return source && this.host !== undefined ? this.host + pathOf(source, stream, from) : null;
  }
}

function pathOf(source: HistorySource, stream: ParsedStream, from: number): string {
  const asked = new URLSearchParams();
  for (const [key, value] of Object.entries(source.query(stream, from))) asked.set(key, `${value}`);
  return `${source.path}?${asked.toString()}`;
}
