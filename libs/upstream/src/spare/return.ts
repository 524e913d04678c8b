import type { Millis } from '#libs/core';
import type { Connection } from '../line/connection.js';
import { Coverage, type CoverageTimings } from '../rotation/coverage.js';
import type { Slot } from '../rotation/slot.js';
import type { Series } from '../streams/series.js';
import type { SourceId } from '../streams/sources.js';

/** Judges when a slot's own line brings all that the line brings which stands in for it: by the rules of a rotation. */
export class Return {
  private coverage: Coverage;
  /** The connection that is judged; another one has yet to prove itself. */
  private own: Connection | undefined;
  /** The one that was open when the spare joined, and how far each stream was. What comes late on it is still to come. */
  private readonly before: { connection: Connection | undefined; reached: ReadonlyMap<Series, number | undefined> };

  /** @param since When the spare began to stand in. What the own line brought before is no proof. */
  constructor(
    private readonly slot: Slot,
    private readonly timings: CoverageTimings,
    private readonly since: Millis,
  ) {
    this.coverage = new Coverage(timings);
    const { line, cargo } = slot;
    const all = [...cargo.all()];
    this.own = line?.connection;
    this.before = { connection: this.own, reached: new Map(all.map((series) => [series, series.reached])) };
    for (const { sources } of all) {
      const view = sources.get(line?.generation ?? -1);
      if (view) view.heardAt = undefined;
    }
  }

  isComplete(standIn: SourceId, now: Millis): boolean {
    const { line, cargo } = this.slot;
    const connection = line?.connection;
    if (connection !== this.own) this.coverage = new Coverage(this.timings);
    this.own = connection;
    if (!line || !connection) return false;
    for (const series of cargo.all()) if (this.isBehind(series, line.generation)) return false;
    const { confirmedAt = Infinity, isSynced } = connection;
    const overlap = { streams: cargo.all(), old: standIn, successor: line.generation };
    return this.coverage.isReady(
      { ...overlap, confirmedAt: isSynced ? Math.max(confirmedAt, this.since) : undefined },
      now,
    );
  }

  /**
   * Whether something is missing, as the spare may be the one that brings it; a rotation does not wait for holes that are being repaired.
   * Or the own line was there all the time and has brought nothing since, while the spare has: it is no quiet stream, but a silent line.
   */
  private isBehind(series: Series, own: SourceId): boolean {
    const { reached, sources, isWaiting } = series;
    if (isWaiting) return true;
    const { connection, reached: before } = this.before;
    const isSilent = this.own === connection && sources.get(own)?.heardAt === undefined;
    return isSilent && reached !== before.get(series);
  }
}
