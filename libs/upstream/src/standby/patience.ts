import { type Epoch, HEARTBEATS_MISSED, HEARTBEAT_EVERY_MS, type Millis, type OwnerToken } from '#libs/core';

/** A lease as it was seen; none where the bus has no such record. */
export interface SeenLease {
  /** Whose it is; empty: it was left. */
  owner: OwnerToken;
  term: Epoch;
  /** Rises with every change. */
  beat: number;
  /** Of one that was left: who is meant to go on; empty: anybody. */
  next: OwnerToken;
}

/** What else this process knows of those who publish. */
export interface HeardOfOthers {
  /** The newest heartbeat of somebody else: its term, and when it was heard. */
  beat: { epoch: Epoch; at: Millis } | undefined;
  /** Whether whoever is there has had the time to be heard since this process has begun. */
  hasGathered: boolean;
  /** Whether there are streams of which we do not know where they would go on. */
  isUnsure: boolean;
  /** Whether the bus brings this process nothing now: it would hear neither where streams are nor who publishes. */
  isDeaf: boolean;
}

/** So many times at least it must have been the same: whoever holds it renews it four times meanwhile. */
const LEAST_EQUAL = 5;

/** Looks whose answers are further apart than this part of a lease do not belong together: one of us stood still, and he who holds it may have. */
const MOST_APART_SHARE = 0.5;

/** Whoever is meant has so much time for himself, and so have those who are sure of all streams. */
const COURTESY_MS: Millis = 300;

/** Who was heard so recently goes on, lease or no lease. */
const ALIVE_MS: Millis = HEARTBEAT_EVERY_MS * (HEARTBEATS_MISSED + 1);

/** Whoever holds a lease and was heard within this part of it lives, though his renewals may be refused: a bus may be full. */
const ALIVE_SHARE = 0.75;

/**
 * When a lease may be claimed: once it has stood still for long enough by our own clock, seen by looks that were answered. No clock of
 * anybody else has a say, and nobody is deposed because he, we or the bus stood still.
 */
export class LeasePatience {
  private seen: SeenLease | undefined;
  private since: Millis = 0;
  /** Looks that have found it as it is. */
  private equal = 0;
  private lookedAt: Millis = -Infinity;
  private readonly mostApartMs: Millis;

  /** @param me the token of this process. */
  constructor(
    private readonly me: OwnerToken,
    private readonly leaseMs: Millis,
  ) {
    this.mostApartMs = MOST_APART_SHARE * leaseMs;
  }

  /** Begins from nothing: a look was not answered, or our claim was of no use. */
  anew(): void {
    this.equal = 0;
  }

  /** A look was answered. Returns whether the lease may be claimed as it was seen. */
  look(view: SeenLease | undefined, now: Millis, others: HeardOfOthers): boolean {
    const hasSlept = now - this.lookedAt > this.mostApartMs;
    this.lookedAt = now;
    // Who does not know yet what edges have would begin streams anew.
    if (others.isDeaf || !others.hasGathered) {
      this.anew();
      return false;
    }
    if (hasSlept || this.equal === 0 || !isSame(view, this.seen)) {
      this.seen = view;
      this.since = now;
      this.equal = 0;
    }
    this.equal += 1;
    return view ? this.isOver(view, now, others) : this.isNobodys(now, others);
  }

  /** Where there is no record: the bus may have lost it, or nobody here has one, or nobody is there. */
  private isNobodys(now: Millis, { beat }: HeardOfOthers): boolean {
    if (!beat) return true;
    return this.isStill(now) && !(beat && now - beat.at < ALIVE_MS);
  }

  private isOver({ owner, term, next }: SeenLease, now: Millis, { beat, isUnsure }: HeardOfOthers): boolean {
    // Somebody publishes above it who asks for no lease.
    if (beat && beat.epoch > term && now - beat.at < ALIVE_MS) return false;
    // Our own claim was carried out, and its answer was lost.
    if (owner === this.me) return true;
    if (owner === '') return now - this.since >= (next === this.me || (next === '' && !isUnsure) ? 0 : COURTESY_MS);
    const isAlive = beat?.epoch === term && now - beat.at < ALIVE_SHARE * this.leaseMs;
    // Those who are sure come first.
    return this.isStill(now, isUnsure ? COURTESY_MS : 0) && !isAlive;
  }

  private isStill(now: Millis, moreMs: Millis = 0): boolean {
    return this.equal >= LEAST_EQUAL && now - this.since >= this.leaseMs + moreMs;
  }
}

const isSame = (one: SeenLease | undefined, other: SeenLease | undefined): boolean =>
  one?.owner === other?.owner && one?.term === other?.term && one?.beat === other?.beat;
