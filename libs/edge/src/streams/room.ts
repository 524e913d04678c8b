/** A holder has room for another stream while it has fewer than so many times as many as are free for everybody. */
const TIMES_FREE = 3;

/** A stream, as far as it takes room. */
export interface Lodger {
  /** Whose room it takes: of several that want it, of the one that has for longest; of none, of the last one that did. */
  holder: string;
  /** Gives its room back. */
  letGo(): void;
}

/**
 * How many different streams one edge may carry, and whose room they take; all its markets share it. What nobody wants any more gives
 * way. What is wanted stays, so the room is never full of one holder's streams: the more a holder has, the more must be free for it
 * to have another.
 */
export class Room {
  /** By streams that somebody wants, and by those that linger. */
  taken = 0;
  private readonly held = new Map<string, number>();
  /** Those that linger, by whose they were, each that has for longest first. */
  private readonly lingering = new Map<string, Set<Lodger>>();
  private lingerers = 0;

  constructor(readonly most: number) {}

  /** How many more streams may be wanted: what lingers gives way. */
  get free(): number {
    return this.most - this.taken + this.lingerers;
  }

  /**
   * How many of them by one holder.
   *
   * @param takenBack so many that linger as its own it has again before: nobody is asked for room for these.
   */
  spareFor(holder: string, takenBack = 0): number {
    const free = this.free - takenBack;
    const fair = Math.ceil((TIMES_FREE * free - this.heldBy(holder) - takenBack) / (TIMES_FREE + 1));
    return Math.max(0, Math.min(free, fair));
  }

  /** A stream comes in. */
  enter({ holder }: Lodger): void {
    this.taken += 1;
    this.count(holder, 1);
  }

  /** It takes another's room from now on. */
  pass(lodger: Lodger, to: string): void {
    this.count(lodger.holder, -1);
    lodger.holder = to;
    this.count(to, 1);
  }

  /** Nobody wants it any more. */
  linger(lodger: Lodger): void {
    this.count(lodger.holder, -1);
    const all = this.lingering.get(lodger.holder) ?? new Set();
    this.lingering.set(lodger.holder, all.add(lodger));
    this.lingerers += 1;
  }

  /** Somebody wants it again. */
  takeUp(lodger: Lodger, holder: string): void {
    this.forget(lodger);
    lodger.holder = holder;
    this.count(holder, 1);
  }

  /** It is gone. */
  leave(lodger: Lodger): void {
    this.taken -= 1;
    if (!this.forget(lodger)) this.count(lodger.holder, -1);
  }

  /** Lets so many go that linger, but for some: first the holder's own, then those of whoever has most of them. */
  clear(many: number, holder: string, except: ReadonlySet<Lodger>): void {
    for (let left = many; left > 0; left -= 1) {
      const next = firstOf(this.lingering.get(holder), except) ?? this.mostCrowded(except);
      if (!next) return;
      next.letGo();
    }
  }

  private mostCrowded(except: ReadonlySet<Lodger>): Lodger | undefined {
    let most = 0;
    let found: Lodger | undefined;
    for (const crowd of this.lingering.values()) {
      const first = crowd.size > most ? firstOf(crowd, except) : undefined;
      if (!first) continue;
      most = crowd.size;
      found = first;
    }
    return found;
  }

  /** False where it does not linger. */
  private forget(lodger: Lodger): boolean {
    const all = this.lingering.get(lodger.holder);
    if (!all?.delete(lodger)) return false;
    if (all.size === 0) this.lingering.delete(lodger.holder);
    this.lingerers -= 1;
    return true;
  }

  private heldBy(holder: string): number {
    return this.held.get(holder) ?? 0;
  }

  private count(holder: string, by: 1 | -1): void {
    const count = this.heldBy(holder) + by;
    if (count === 0) this.held.delete(holder);
    else this.held.set(holder, count);
  }
}

function firstOf(lodgers: Iterable<Lodger> | undefined, except: ReadonlySet<Lodger>): Lodger | undefined {
  for (const lodger of lodgers ?? []) if (!except.has(lodger)) return lodger;
  return undefined;
}
