import type { Millis } from '#libs/core';
import type { BudgetView } from '../ports/budget.js';

/** What somebody took of one address, at once or nearly so. A larger amount under the same id is a later state of it. */
export interface Spending {
  readonly id: string;
  readonly at: Millis;
  readonly amount: number;
}

/** What is asked of a budget. */
export interface Take {
  limit: number;
  windowMs: Millis;
  amount: number;
}

/** Spendings are remembered at least so long, however short the window that is asked for: the next question may have a longer one. */
const KEEP_LEAST_MS: Millis = 60_000;

/** Before anybody has asked they are remembered so long. */
const KEEP_UNASKED_MS: Millis = 600_000;

/**
 * What was taken so long before an address began to count may have reached it afterwards, so it may be part of its count.
 */
export const UNDER_WAY_MS: Millis = 5_000;

/**
 * Small amounts share one spending up to this part of the limit, so that a window never holds many more than this, however many
 * requests there are; the price is that they become free together, with the last of them. Single attempts of 300 stay apart.
 */
const PARTS = 256;

/** What this process knows of the spendings at one address: its own, and what it was told of those of others. */
export class Spendings {
  /** How many processes were last seen to spend here, this one included. */
  private processes = 1;
  /** Since when fewer are seen than were before, if so: Redis may have come back empty, and not all have told it what they took. */
  private fewerSince: Millis | undefined;
  /** Oldest first. */
  private known: readonly Spending[] = [];
  private heldUntil: Millis = -Infinity;
  private longestMs: Millis | undefined;
  private lastNumber = 0;

  /** @param owner stands in the ids of what this process spends; nobody else has it. */
  constructor(private readonly owner: string) {}

  /** For how long spendings are remembered: as long as the longest window that was asked for. */
  get keepMs(): Millis {
    return this.longestMs ?? KEEP_UNASKED_MS;
  }

  /** Milliseconds until it may be taken, by all that is known; 0 is now. */
  waitMs(take: Take, now: Millis): Millis {
    return this.fewerSince === undefined ? this.waitTogetherMs(take, now) : this.waitAloneMs(take, now);
  }

  /** The same where the others cannot be asked: of what nobody is known to have taken, this process's part at most. */
  waitAloneMs(take: Take, now: Millis): Millis {
    const part = { ...take, limit: Math.floor(take.limit / this.processes) };
    return Math.max(this.waitTogetherMs(take, now), fullForMs(this.known.filter(this.isOwn), part, now));
  }

  /** So many processes use this, as Redis has seen; where it has forgotten some, they are missed as long as they may matter. */
  seen(processes: number, now: Millis): void {
    this.fewerSince ??= now;
    const areGone = now - this.fewerSince >= this.keepMs;
    if (processes < this.processes && !areGone) return;
    this.processes = processes;
    this.fewerSince = undefined;
  }

  /** The id under which this process would take so much: that of its newest spending while that is small, or a new one. */
  idFor({ limit, amount }: Take): string {
    const newest = this.known.findLast(this.isOwn);
    return newest && newest.amount + amount <= limit / PARTS ? newest.id : this.newId();
  }

  /** An id for what somebody unknown has spent. */
  foreignId(): string {
    return `~${this.newId()}`;
  }

  /** This process has taken so much more under an id. */
  spend(id: string, amount: number, now: Millis): void {
    const before = this.known.find((one) => one.id === id)?.amount ?? 0;
    this.add([{ id, at: now, amount: before + amount }], now);
  }

  /** The address has counted so much in the last `sinceMs`: the rest is somebody else's. */
  learn(used: number, sinceMs: Millis, now: Millis): void {
    const rest = used - sumOf(this.known.filter(({ at }) => at >= now - sinceMs - UNDER_WAY_MS));
    if (rest > 0) this.add([{ id: this.foreignId(), at: now - sinceMs, amount: rest }], now);
  }

  /** Takes note of spendings; those known stay as they are unless they have grown. What is older than anybody asks for is forgotten. */
  add(told: readonly Spending[], now: Millis): void {
    const byId = new Map(this.known.map((one) => [one.id, one]));
    for (const one of told) {
      const before = byId.get(one.id);
      if (!before) byId.set(one.id, one);
      else if (before.amount < one.amount) byId.set(one.id, { ...one, at: Math.max(before.at, one.at) });
    }
    const oldest = now - this.keepMs;
    this.known = [...byId.values()].filter(({ at }) => at > oldest).sort((a, b) => a.at - b.at);
  }

  /** The longer of two orders holds. */
  hold(until: Millis): void {
    this.heldUntil = Math.max(this.heldUntil, until);
  }

  heldMs(now: Millis): Millis {
    return Math.max(0, this.heldUntil - now);
  }

  all(): readonly Spending[] {
    return this.known;
  }

  private waitTogetherMs(take: Take, now: Millis): Millis {
    this.longestMs = Math.max(this.longestMs ?? KEEP_LEAST_MS, take.windowMs);
    return Math.max(fullForMs(this.known, take, now), Math.ceil(this.heldMs(now)));
  }

  private newId(): string {
    return `${this.owner}.${(++this.lastNumber).toString(36)}`;
  }

  private readonly isOwn = ({ id }: Spending): boolean => id.startsWith(`${this.owner}.`);
}

/** Milliseconds until enough of these has left the window; the oldest leave first. */
function fullForMs(spendings: readonly Spending[], { limit, windowMs, amount }: Take, now: Millis): Millis {
  const inWindow = spendings.filter(({ at }) => at > now - windowMs);
  let excess = sumOf(inWindow) + amount - limit;
  if (excess <= 0) return 0;
  const blocking = inWindow.find((one) => (excess -= one.amount) <= 0);
  return Math.max(1, Math.ceil(blocking === undefined ? windowMs : blocking.at + windowMs - now));
}

/** What these leave of a limit in a window, and when something of it may be taken. */
export function lookAt(spendings: Spendings, limit: number, windowMs: Millis, now: Millis): BudgetView {
  const taken = sumOf(spendings.all().filter(({ at }) => at > now - windowMs));
  const fullMs = fullForMs(spendings.all(), { limit, windowMs, amount: 1 }, now);
  return { left: Math.max(0, limit - taken), waitMs: Math.max(fullMs, spendings.heldMs(now)) };
}

const sumOf = (spendings: readonly Spending[]): number => spendings.reduce((sum, { amount }) => sum + amount, 0);

/** `Spendings` by key. Keys are addresses that we call: a handful, from settings. */
export class SpendingsByKey {
  private readonly byKey = new Map<string, Spendings>();

  constructor(private readonly owner: string) {}

  of(key: string): Spendings {
    const known = this.byKey.get(key) ?? new Spendings(this.owner);
    this.byKey.set(key, known);
    return known;
  }

  keys(): string[] {
    return [...this.byKey.keys()];
  }
}
