import type { Millis } from '#libs/core';
import type { Connection } from '../line/connection.js';

/** What is looked at of a connection: when it last brought data, or could have begun to. */
type Bringing = Pick<Connection, 'dataAt' | 'openedAt'>;

/**
 * Sees that the spare line goes on while the slot's own line says nothing, though it is open: half dead, or muted. Not a verdict on
 * either, only a reason for the spare to bring the streams until that is decided.
 */
export class Lead {
  /** What the own line had brought last when the spare was first seen ahead, and since when it stays so. */
  private seen: { ownAt: Millis; since: Millis } | undefined;
  private lookedAt: Millis = -Infinity;

  /** @param lagMs How far one line may be behind the other. */
  constructor(private readonly lagMs: Millis) {}

  /** To be asked often; whoever has not asked for a while, as a process that stood still, begins anew. */
  isTooLong(own: Bringing, spare: Bringing, now: Millis): boolean {
    const hasSlept = now - this.lookedAt > this.lagMs;
    this.lookedAt = now;
    const ownAt = own.dataAt ?? own.openedAt;
    if (spare.dataAt === undefined || spare.dataAt <= ownAt) {
      this.seen = undefined;
      return false;
    }
    if (hasSlept || this.seen?.ownAt !== ownAt) this.seen = { ownAt, since: now };
    return now - this.seen.since >= this.lagMs;
  }
}
