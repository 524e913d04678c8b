import type { Millis } from '#libs/core';

interface TakenAttempt {
  readonly id: string;
  readonly at: Millis;
}

/** Attempts are remembered so long, whatever window is asked for: a later question may have a longer one. */
export const KEEP_MS: Millis = 600_000;

/** What this process knows of the attempts to one address: its own, and what it was told of those of others. */
export class KnownAttempts {
  /** Oldest first. As long as what the limit lets through while it is kept. */
  private taken: readonly TakenAttempt[] = [];
  private heldUntil: Millis = -Infinity;

  /** Milliseconds until one more may be taken; 0 is now. */
  waitMs(limit: number, windowMs: Millis, now: Millis): Millis {
    const inWindow = this.taken.filter(({ at }) => at > now - windowMs);
    const blocking = inWindow[inWindow.length - limit];
    const fullForMs = blocking === undefined ? 0 : Math.max(1, Math.ceil(blocking.at + windowMs - now));
    return Math.max(fullForMs, Math.ceil(this.heldMs(now)));
  }

  /** Records attempts; those known already stay as they are. What is older than anybody asks for is forgotten. */
  add(attempts: readonly TakenAttempt[], windowMs: Millis, now: Millis): void {
    const known = new Set(this.taken.map(({ id }) => id));
    const oldest = now - Math.max(KEEP_MS, windowMs);
    this.taken = [...this.taken, ...attempts.filter(({ id }) => !known.has(id))]
      .filter(({ at }) => at > oldest)
      .sort((a, b) => a.at - b.at);
  }

  /** The longer of two orders holds. */
  hold(until: Millis): void {
    this.heldUntil = Math.max(this.heldUntil, until);
  }

  heldMs(now: Millis): Millis {
    return Math.max(0, this.heldUntil - now);
  }

  all(): readonly TakenAttempt[] {
    return this.taken;
  }
}

/** `KnownAttempts` by key. Keys are addresses that we dial: a handful, from settings. */
export class AttemptsByKey {
  private readonly byKey = new Map<string, KnownAttempts>();

  of(key: string): KnownAttempts {
    const known = this.byKey.get(key) ?? new KnownAttempts();
    this.byKey.set(key, known);
    return known;
  }

  keys(): string[] {
    return [...this.byKey.keys()];
  }
}
