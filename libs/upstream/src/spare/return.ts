import type { Millis } from '#libs/core';
import type { Connection } from '../line/connection.js';
import { Coverage, type CoverageTimings } from '../rotation/coverage.js';
import type { Slot } from '../rotation/slot.js';
import type { SourceId } from '../streams/sources.js';

/** Judges when a slot's own line brings all that the line brings which stands in for it: by the rules of a rotation. */
export class Return {
  private coverage: Coverage;
  /** The connection that is judged; another one has yet to prove itself. */
  private own: Connection | undefined;

  /** @param since When the spare began to stand in. What the own line brought before is no proof. */
  constructor(
    private readonly slot: Slot,
    private readonly timings: CoverageTimings,
    private readonly since: Millis,
  ) {
    this.coverage = new Coverage(timings);
    this.own = slot.line?.connection;
    for (const { sources } of slot.cargo.all()) {
      const view = sources.get(slot.line?.generation ?? -1);
      if (view) view.heardAt = undefined;
    }
  }

  isComplete(standIn: SourceId, now: Millis): boolean {
    const { line, cargo } = this.slot;
    const connection = line?.connection;
    if (connection !== this.own) this.coverage = new Coverage(this.timings);
    this.own = connection;
    if (!line || !connection || this.isAnythingMissing()) return false;
    const { confirmedAt = Infinity, isSynced } = connection;
    const overlap = { streams: cargo.all(), old: standIn, successor: line.generation };
    return this.coverage.isReady(
      { ...overlap, confirmedAt: isSynced ? Math.max(confirmedAt, this.since) : undefined },
      now,
    );
  }

  /** A rotation does not wait for holes that are being repaired; here the spare line may be the one that repairs them. */
  private isAnythingMissing(): boolean {
    for (const { isWaiting } of this.slot.cargo.all()) if (isWaiting) return true;
    return false;
  }
}
