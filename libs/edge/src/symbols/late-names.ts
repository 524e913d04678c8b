import type { ParsedStream } from '#libs/binance';
import type { StreamName } from '#libs/core';

/** So many are looked at in one turn, of those without a symbol and of those without room: strangers may make up any number. */
const LOOKS_PER_TURN = 10_000;

/** A name that somebody has and under which nothing comes yet. */
export interface LateName<Waiter> {
  waiter: Waiter;
  name: StreamName;
  parsed: ParsedStream;
}

interface LateNamesParts<Waiter> {
  /** Whether there is no such symbol. */
  isUnlisted(parsed: ParsedStream): boolean;
  /** Gives what there is under a name by now; false where there is no room for it. */
  give(late: LateName<Waiter>): boolean;
}

/** Names of streams of one market that somebody has before their symbols are listed. Each is given its stream when there is one, and room for it. */
export class LateNames<Waiter> {
  private readonly byWaiter = new Map<Waiter, Map<StreamName, LateName<Waiter>>>();
  /** Both in the order in which they were looked at last. */
  private readonly unlisted = new Set<LateName<Waiter>>();
  private readonly homeless = new Set<LateName<Waiter>>();

  constructor(private readonly parts: LateNamesParts<Waiter>) {}

  /** Whether somebody waits for a symbol that there is not. */
  get isAwaited(): boolean {
    return this.unlisted.size > 0;
  }

  /** Somebody has a name of a symbol that there is not. */
  add(waiter: Waiter, name: StreamName, parsed: ParsedStream): void {
    const late = { waiter, name, parsed };
    const names = this.byWaiter.get(waiter) ?? new Map<StreamName, LateName<Waiter>>();
    this.byWaiter.set(waiter, names.set(name, late));
    this.unlisted.add(late);
  }

  /** It has it no more, or does not wait any more; what never waited is passed over. */
  forget(waiter: Waiter, name: StreamName): void {
    const names = this.byWaiter.get(waiter);
    const late = names?.get(name);
    if (!names || !late) return;
    names.delete(name);
    if (names.size === 0) this.byWaiter.delete(waiter);
    for (const some of [this.unlisted, this.homeless]) some.delete(late);
  }

  /** Other symbols are listed. */
  relisted(): void {
    for (const late of firstOf(this.unlisted, Infinity)) this.look(late);
  }

  /** A symbol may be believed in by now though it is not listed, and there may be room: looks at some, and at the next ones in the next turn. */
  lookAtSome(): void {
    for (const some of [this.unlisted, this.homeless]) {
      for (const late of firstOf(some, LOOKS_PER_TURN)) this.look(late);
    }
  }

  private look(late: LateName<Waiter>): void {
    const { unlisted, homeless, parts } = this;
    const isLate = unlisted.delete(late) || homeless.delete(late);
    if (!isLate) return;
    if (parts.isUnlisted(late.parsed)) unlisted.add(late);
    else if (parts.give(late)) this.forget(late.waiter, late.name);
    else homeless.add(late);
  }
}

/** So many of them, taken before any is moved to the end. */
function firstOf<Item>(items: ReadonlySet<Item>, many: number): Item[] {
  const first: Item[] = [];
  for (const item of items) {
    if (first.length >= many) break;
    first.push(item);
  }
  return first;
}
