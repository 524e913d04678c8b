import {
  type BookEvent,
  type FeedEvent,
  type MarketEvent,
  type Millis,
  type Missing,
  type Place,
  type StreamName,
  isSamePlace,
} from '#libs/core';
import { type Position, positionOfEvent, positionOfPayload } from './position.js';
import { Ranges } from './ranges.js';
import { Trail } from './trail.js';

/** What one client saw on one stream. */
export interface StreamAccount {
  stream: StreamName;
  /** Whether it came by the native protocol, which has places and announces gaps. */
  isNative: boolean;
  /** Market messages; feed events are not counted. */
  messages: number;
  /** Ids that never came, by series: the symbol, so that an array stream keeps its symbols apart. The newest gaps only. */
  missing: ReadonlyMap<string, Ranges>;
  /** How many ids the older gaps held, which are no longer known one by one. */
  missingBefore: number;
  /** Ids that the gateway said, in-band, will not come. Native clients only. */
  announced: Ranges;
  /** `gap` messages received. */
  gaps: number;
  /** Missing ids that were not announced to this client; on Binance's wire, which has no word for it, all of them. */
  unannounced: number;
  /** Ids that came late because they had to be fetched, and were in their place. */
  filled: number;
  /** How long the stream was in trouble each time before it was said to be filled; the newest ones only. */
  fillMs: readonly Millis[];
  doubled: number;
  reordered: number;
  /** Places (`epoch`, `seq`) that never came, came twice or came late. Native clients only. */
  lostPlaces: number;
  doubledPlaces: number;
  reorderedPlaces: number;
  /** The first faults of its places, and ids that nobody announced, in words. Native clients only. */
  faults: readonly string[];
}

/** Gaps known id by id, per stream and series; older ones are only counted, so that a drill may go on for days. */
const MOST_GAPS = 200;

/** Where a stream stands of which the gateway has not heard yet. */
const NOWHERE: Place = { epoch: 0, seq: 0 };

/** What one client saw on one stream so far. */
export class LedgerPage {
  private messages = 0;
  private gaps = 0;
  private filled = 0;
  /** Since when the stream has been in trouble, by the clock of the upstream. */
  private troubledAt: Millis | undefined;
  private readonly fillMs: Millis[] = [];
  private doubled = 0;
  private reordered = 0;
  private doubledPlaces = 0;
  private reorderedPlaces = 0;
  private missingBefore = 0;
  private unannouncedBefore = 0;
  private readonly trail = new Trail();
  private place: Place | undefined;
  private opening: Place | undefined;
  /** Nothing behind the reply's place has come yet: who came back over a change of term is given what he missed of the one before. */
  private isCatchingUp = false;
  /** An edge said it cannot hear the upstream: the next jump is announced, although nobody knows yet how long it is. */
  private isCutOff = false;
  /** What an edge has said last of how the stream is; the upstream has said nothing since. */
  private saidByEdge: FeedEvent['state'] | undefined;
  private readonly lostPlaces = new Ranges();
  private readonly announced = new Ranges();
  private readonly last = new Map<string, Position>();
  private readonly missing = new Map<string, Ranges>();

  constructor(private readonly stream: StreamName) {}

  welcome(place: Place | null): void {
    this.trail.replied(place);
    this.opening = place ?? NOWHERE;
    if (place) this.place = place;
    this.isCatchingUp = true;
  }

  feed(event: FeedEvent): void {
    this.trail.heard(event);
    // Where the reply named no place the first word does: what comes at or before it was there already.
    if (!this.place) this.opening = { epoch: event.epoch, seq: event.seq };
    if (event.state === 'gap') {
      this.gaps += 1;
      // A hole that is being filled names its ids too: those are not given up.
      if (event.missing) this.announce(event.missing);
    }
    this.time(event);
    if (event.by === 'edge') this.edgeFeed(event);
    else if (this.opening === NOWHERE) this.opening = this.place = { epoch: event.epoch, seq: event.seq };
    else if (takesBack(event, this.saidByEdge, this.place)) this.isCutOff &&= event.state !== 'live';
    else this.enterPlace(event);
    this.saidByEdge = event.by === 'edge' ? event.state : undefined;
  }

  /** An edge speaks at the last place it knows; what comes at or before that place afterwards was there already. */
  private edgeFeed(event: FeedEvent): void {
    const { place: last } = this;
    if (last && isLater(event, last)) {
      // With a word on what it follows nothing is missing between.
      if (event.follows && isSamePlace(event.follows, last)) this.place = { epoch: event.epoch, seq: event.seq };
      else this.enterPlace(event);
      this.opening = this.place;
    } else if (event.state === 'live') this.isCutOff = false;
    if (event.state !== 'live') this.isCutOff = true;
  }

  /** A book stands for all diffs up to its own id, those that never came included. */
  book(event: BookEvent): void {
    this.trail.heard(event);
    // An edge says the book as it is at the present place, where another message was.
    if (!this.place || !isSamePlace(event, this.place)) this.enterPlace(event);
    const { symbol, lastUpdateId } = event;
    const last = this.last.get(symbol);
    if (last && lastUpdateId < last.last) this.reordered += 1;
    else
      this.last.set(symbol, {
        rule: 'contiguous',
        series: symbol,
        first: lastUpdateId,
        last: lastUpdateId,
        isBook: true,
      });
    this.isCutOff = false;
  }

  event(event: MarketEvent): void {
    this.trail.heard(event);
    this.messages += 1;
    if (event.backfilled) this.filled += 1;
    const isAnnounced = this.isCutOff;
    this.enterPlace(event);
    const position = positionOfEvent(event);
    if (position) this.enter(position, isAnnounced);
    this.isCutOff = false;
  }

  payload(payload: unknown): void {
    this.messages += 1;
    for (const part of Array.isArray(payload) ? payload : [payload]) {
      const position = positionOfPayload(Object(part) as Record<string, unknown>);
      if (position) this.enter(position, false);
    }
  }

  private get isNative(): boolean {
    return this.place !== undefined;
  }

  account(): StreamAccount {
    const {
      stream,
      messages,
      isNative,
      missing,
      missingBefore,
      announced,
      gaps,
      filled,
      fillMs,
      doubled,
      reordered,
      doubledPlaces,
      reorderedPlaces,
      trail,
    } = this;
    const unannounced = [...missing.values()].reduce((sum, ranges) => sum + ranges.minus(announced).size, 0);
    return {
      stream,
      isNative,
      messages,
      missing,
      missingBefore,
      announced,
      gaps,
      filled,
      fillMs,
      unannounced: unannounced + this.unannouncedBefore,
      doubled,
      reordered,
      lostPlaces: this.lostPlaces.size,
      doubledPlaces,
      reorderedPlaces,
      faults: trail.faults,
    };
  }

  private time({ state, cause, since, by }: FeedEvent): void {
    if (by === 'edge') return;
    if (state === 'recovering' || state === 'stale') this.troubledAt ??= since;
    else {
      if (cause === 'filled' && this.troubledAt !== undefined) this.fillMs.push(since - this.troubledAt);
      if (this.fillMs.length > MOST_GAPS) this.fillMs.shift();
      this.troubledAt = undefined;
    }
  }

  private enter(position: Position, isAnnounced: boolean): void {
    const last = this.last.get(position.series);
    if (!last || isAfter(position, last)) {
      if (last) this.skip(last, position, isAnnounced);
      this.last.set(position.series, position);
    } else if (this.fillsHole(position)) this.reordered += 1;
    else if (position.rule === 'rising' && !isSame(position, last)) this.reordered += 1;
    else this.doubled += 1;
  }

  private skip(last: Position, position: Position, isAnnounced: boolean): void {
    if (position.rule !== 'contiguous') return;
    if (position.first <= last.last && !(last.rule === 'contiguous' && last.isBook)) this.doubled += 1;
    const hole: Missing = { from: last.last + 1, to: position.first - 1 };
    if (isAnnounced) this.announce(hole);
    if (hole.to < hole.from) return;
    const missing = this.missing.get(position.series) ?? new Ranges();
    const lost = new Ranges();
    lost.add(hole);
    missing.addAll(lost);
    if (this.isNative && lost.minus(this.announced).size > 0) this.trail.isFault(`no ids ${hole.from} to ${hole.to}`);
    this.missing.set(position.series, missing);
    if (missing.count > MOST_GAPS) this.settle(missing);
  }

  /** Remembered for longer than the gaps themselves: clients of Binance's wire are judged by what native ones were told. */
  private announce(hole: Missing): void {
    this.announced.add(hole);
    if (this.announced.count > 2 * MOST_GAPS) this.announced.takeLowest();
  }

  /** Judges the oldest gap for good. */
  private settle(missing: Ranges): void {
    const oldest = new Ranges();
    oldest.add(missing.takeLowest() ?? { from: 0, to: -1 });
    this.missingBefore += oldest.size;
    if (this.isNative) this.unannouncedBefore += oldest.minus(this.announced).size;
  }

  /** A message below the newest id that nobody had seen yet came late, not twice. */
  private fillsHole(position: Position): boolean {
    if (position.rule !== 'contiguous') return false;
    const filled = this.missing.get(position.series)?.remove({ from: position.first, to: position.last }) ?? 0;
    return filled > 0;
  }

  private enterPlace({ epoch, seq }: Place): void {
    const { place: last, opening } = this;
    if (opening && epoch === opening.epoch && seq <= opening.seq) return;
    if (opening && epoch < opening.epoch && this.isCatchingUp) return;
    this.isCatchingUp = false;
    if (!last || epoch > last.epoch) {
      this.place = { epoch, seq };
    } else if (epoch < last.epoch) {
      this.reorderedPlaces += 1;
      this.trail.isFault('an older term');
    } else if (seq > last.seq) {
      if (!this.isCutOff && seq > last.seq + 1) {
        this.lostPlaces.add({ from: last.seq + 1, to: seq - 1 });
        this.trail.isFault('places lost');
      }
      this.place = { epoch, seq };
    } else if (this.lostPlaces.remove({ from: seq, to: seq }) > 0) this.reorderedPlaces += 1;
    else {
      this.doubledPlaces += 1;
      this.trail.isFault('a place twice');
    }
  }
}

/** Who has gone over to another edge is told how the stream is there, at the place at which that began, where the edge before said something else. */
const takesBack = (event: FeedEvent, said: FeedEvent['state'] | undefined, last: Place | undefined): boolean =>
  said !== undefined && said !== event.state && last !== undefined && !isLater(event, last);

const isLater = (a: Place, b: Place): boolean => a.epoch > b.epoch || (a.epoch === b.epoch && a.seq > b.seq);

function isAfter(position: Position, last: Position): boolean {
  if (position.rule === 'rising' && last.rule === 'rising' && position.major !== last.major) {
    return position.major > last.major;
  }
  return position.last > last.last;
}

function isSame(position: Position, last: Position): boolean {
  const majorOf = (one: Position): number => (one.rule === 'rising' ? one.major : 0);
  return position.last === last.last && majorOf(position) === majorOf(last);
}
