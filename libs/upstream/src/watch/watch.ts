import type { Millis } from '#libs/core';
import type { UpstreamSettings } from '#libs/runtime';
import type { Series } from '../continuity/series.js';
import type { Continuity } from '../continuity/continuity.js';
import type { FeedDesk } from '../feed/feed-desk.js';
import type { Pool } from '../pool/pool.js';
import type { Slot } from '../pool/slot.js';
import type { Timings } from '../timings.js';
import { DataSilence } from './data-silence.js';
import { isPaced, isSteady, judgeStream, nextShare } from './stream-silence.js';

/** Whom the watch looks at and tells. */
export interface Watched {
  pool: Pool;
  continuity: Continuity;
  desk: FeedDesk;
  settings: Readonly<UpstreamSettings>;
  timings: Timings;
}

/** Judges the three silences, about once a second: no bytes, no data, one quiet stream. */
export class Watch {
  private readonly silences = new WeakMap<Slot, DataSilence>();
  private graceUntil: Millis = 0;
  private nextAuditAt: Millis | undefined;

  constructor(private readonly watched: Watched) {}

  /** Our process stood still: what came meanwhile is still unread, so nobody is judged yet. */
  stalled(stallMs: Millis, now: Millis): void {
    this.graceUntil = now + this.watched.timings.graceMs;
    for (const line of this.watched.pool.lines) line.noteStall(stallMs, now);
  }

  look(now: Millis): void {
    const { pool, continuity, timings } = this.watched;
    this.nextAuditAt ??= now + timings.auditMs;
    if (now >= this.nextAuditAt) {
      this.nextAuditAt = now + timings.auditMs;
      for (const line of pool.lines) line.audit();
    }
    if (now < this.graceUntil) return;
    for (const line of pool.lines) line.judgeSilence(now);
    for (const series of continuity.all()) this.lookAtStream(series, now);
    for (const slot of pool.all) this.lookAtSlot(slot, now);
  }

  private lookAtStream(series: Series, now: Millis): void {
    const { pool, desk, settings, timings } = this.watched;
    series.share = nextShare(series.share, series.heard > series.heardBefore, now - (series.heardAt ?? now));
    series.heardBefore = series.heard;
    const confirmedAt = pool.slotWith(series.stream)?.line?.confirmedAt;
    const { silenceStreamMs } = settings;
    const change = judgeStream(Object.assign(viewOf(series), { confirmedAt }), now, {
      silenceStreamMs,
      quietMs: timings.quietMs,
    });
    if (change) desk.set(series, change.state, change.cause, change.message);
  }

  private lookAtSlot(slot: Slot, now: Millis): void {
    const { line } = slot;
    if (line?.openedAt === undefined) return;
    const { silenceDataMs } = this.watched.settings;
    let silence = this.silences.get(slot);
    if (!silence) this.silences.set(slot, (silence = new DataSilence(silenceDataMs)));
    const dataAt = Math.max(line.dataAt ?? 0, line.openedAt);
    if (now - dataAt < silenceDataMs) return;
    if (silence.shouldRotate(dataAt, this.expectsData(slot), now)) slot.rotate('data-silence');
  }

  /** Whether one of its streams is never so quiet. A line that has delivered nothing at all gets no benefit of the doubt. */
  private expectsData({ streams, line }: Slot): boolean {
    const isMute = line?.dataAt === undefined;
    for (const stream of streams) {
      const series = this.watched.continuity.get(stream);
      if (series && (isSteady(series) || (isMute && isPaced(series.type)))) return true;
    }
    return false;
  }
}

const viewOf = ({ type, feed, wasLive, heardAt, share, wantedAt }: Series) => ({
  type,
  feed,
  wasLive,
  heardAt,
  share,
  wantedAt,
});
