import type { ParsedStream } from '#libs/binance';
import type { Millis } from '#libs/core';
import type { Hole, Order } from './order/order.js';
import type { Sources } from './sources.js';

/**
 * What is being done about a hole of one stream. `whole`: there is none. `holding`: another source may still bring what is missing.
 * `filling`: none will, and repairers are asked. `checking`: nothing is known to be missing, but for a while there was no source, and
 * repairers are asked what came meanwhile.
 */
export type MendingState = 'whole' | 'holding' | 'filling' | 'checking';

/**
 * `awaited`: what is missing is left to other sources. `lacking`: it is left to repairers. `doubted`: something may be missing.
 * `closed`: nothing is, or it is given up.
 */
export type MendingEvent = 'awaited' | 'lacking' | 'doubted' | 'closed';

/** Every legal move; a missing cell means that nothing changes. */
const NEXT: Record<MendingState, Partial<Record<MendingEvent, MendingState>>> = {
  whole: { awaited: 'holding', lacking: 'filling', doubted: 'checking' },
  holding: { lacking: 'filling', closed: 'whole' },
  filling: { closed: 'whole' },
  checking: { awaited: 'holding', lacking: 'filling', closed: 'whole' },
};

/** How long and how many events wait for earlier ones. */
export interface HoldBounds {
  /** For those from another source. */
  holdMs: Millis;
  /** For those that are fetched: after that they are missing for good. */
  fillMs: Millis;
  mostWaiting: number;
}

/**
 * Why a hole is announced. `no-source`: no line had it, and nobody else can be asked. `unavailable`: those who were asked do not
 * have it. `late`: it has not come in time. `full`: too many events waited for it.
 */
export interface HoleLoss {
  reason: 'no-source' | 'unavailable' | 'late' | 'full';
  /** In words. */
  why: string;
}

const NO_SOURCE: HoleLoss = { reason: 'no-source', why: 'no connection had it' };
const LATE: HoleLoss = { reason: 'late', why: 'it was not to be had in time' };
const FULL: HoleLoss = { reason: 'full', why: 'too many events waited for it' };

/** Those who may bring what no source brings, as a stream sees them. */
export interface Repairs {
  /** `none`: there is nobody. `patient`: somebody who may give up. `tireless`: somebody who will not. */
  kindOf(stream: ParsedStream): 'none' | 'patient' | 'tireless';
  /** Asks them for what is missing; whatever was asked for this stream before is over. */
  begin(stream: ParsedStream, hole: Hole): void;
  /** Whatever was asked is over. */
  over(stream: ParsedStream): void;
  /** Whether somebody else says the stream: what is missing here is no one's loss. */
  isMuted(stream: ParsedStream): boolean;
  /** It is announced that this is missing. */
  missed(stream: ParsedStream, hole: Hole, loss: HoleLoss): void;
}

/** What is judged by. */
export interface MendingParts {
  stream: ParsedStream;
  sources: Sources;
  bounds: HoldBounds;
  repairs: Repairs;
}

/** So many events may wait for another source. */
const MOST_HELD = 2_000;

/** To whom a stream's hole is left, and until when. */
export class Mending {
  /** Only `move` changes it. A field, as every event looks at it. */
  state: MendingState = 'whole';
  /** What repairers are asked for; undefined while they are not. */
  hole: Hole | undefined;

  constructor(private readonly parts: MendingParts) {}

  /** Whether repairers are at work. */
  get isRepairing(): boolean {
    return this.state === 'filling' || this.state === 'checking';
  }

  move(event: MendingEvent): void {
    const wasRepairing = this.isRepairing;
    this.state = NEXT[this.state][event] ?? this.state;
    if (!wasRepairing || this.isRepairing) return;
    this.hole = undefined;
    this.parts.repairs.over(this.parts.stream);
  }

  /** Asks repairers. */
  ask(why: 'lacking' | 'doubted', hole: Hole): void {
    this.move(why);
    this.hole = hole;
    this.parts.repairs.begin(this.parts.stream, hole);
  }

  /**
   * Leaves what is missing before the first event that waits to somebody. The hole behind the one that is being filled is another one.
   *
   * @param now by which waits are judged; -Infinity where nobody has waited too long.
   * @returns `asked`: repairers are, from now on. `left`: as before. Or why nobody will fill it.
   */
  leave(hole: Hole, order: Order, now: Millis): 'asked' | 'left' | HoleLoss {
    if (this.state === 'filling' && hole.from > (this.hole?.to ?? Infinity)) this.move('closed');
    if (this.state === 'filling') return this.wait(hole, order, now);
    const { bounds, repairs, sources, stream } = this.parts;
    const isHeld = order.waiting.length <= MOST_HELD && hole.since > now - bounds.holdMs;
    if (isHeld && sources.isSomeoneBefore(hole.upTo)) {
      this.move('awaited');
      return 'left';
    }
    if (repairs.kindOf(stream) === 'none') return NO_SOURCE;
    this.ask('lacking', hole);
    return 'asked';
  }

  /** Whether a check has taken too long. */
  isTooLate(now: Millis): boolean {
    return this.state === 'checking' && (this.hole?.since ?? now) <= now - this.parts.bounds.fillMs;
  }

  private wait(hole: Hole, order: Order, now: Millis): 'left' | HoleLoss {
    const { bounds, repairs, stream } = this.parts;
    const isFull = order.waiting.length > bounds.mostWaiting;
    if (repairs.kindOf(stream) !== 'tireless') {
      if (isFull) return FULL;
      return hole.since <= now - bounds.fillMs ? LATE : 'left';
    }
    // Of those that wait for a book only so many are kept: a newer book is needed for what is left.
    while (order.waiting.length > bounds.mostWaiting) order.waiting.shift();
    if (isFull) this.hole = order.hole;
    return 'left';
  }
}
