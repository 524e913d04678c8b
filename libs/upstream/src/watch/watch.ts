import type { Millis } from '#libs/core';
import type { UpstreamSettings } from '#libs/runtime';
import type { Pool } from '../rotation/pool.js';
import type { Slot } from '../rotation/slot.js';
import type { Series } from '../streams/series.js';
import { isSteady, judgeStream } from '../streams/silence.js';
import type { Streams } from '../streams/streams.js';
import type { Timings } from '../timings.js';
import { DataSilence } from './data-silence.js';

/** Whom the watch looks at and tells. */
export interface Watched {
  pool: Pool;
  streams: Streams;
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
    const { pool, streams } = this.watched;
    const isAuditDue = this.isAuditDue(now);
    if (now < this.graceUntil) return;
    for (const line of pool.lines) line.look(now, isAuditDue);
    for (const series of streams.wanted.values()) this.lookAtStream(series, now);
    for (const slot of pool.all) this.lookAtSlot(slot, now);
  }

  private isAuditDue(now: Millis): boolean {
    const { auditMs } = this.watched.timings;
    this.nextAuditAt ??= now + auditMs;
    if (now < this.nextAuditAt) return false;
    this.nextAuditAt = now + auditMs;
    return true;
  }

  private lookAtStream(series: Series, now: Millis): void {
    const { pool, streams, settings, timings } = this.watched;
    const { activity, transcript, wasLive, wantedAt, name } = series;
    activity.look(now);
    const carriedSince = pool.slotWith(name.name)?.line?.connection?.requests.carriedSince.get(name.name);
    const { heardAt, share } = activity;
    const view = {
      isPaced: name.known.isPaced,
      feed: transcript.feed,
      wasLive,
      heardAt,
      share,
      wantedAt,
      carriedSince,
    };
    const { silenceStreamMs } = settings;
    const change = judgeStream(view, now, { silenceStreamMs, quietMs: timings.quietMs });
    if (change) streams.publish(series, series.become(change, now));
  }

  private lookAtSlot(slot: Slot, now: Millis): void {
    const connection = slot.line?.connection;
    if (!connection) return;
    const { silenceDataMs } = this.watched.settings;
    let silence = this.silences.get(slot);
    if (!silence) this.silences.set(slot, (silence = new DataSilence(silenceDataMs)));
    const { dataAt, openedAt } = connection;
    const isExpected = this.expectsData(slot, dataAt === undefined);
    if (silence.shouldRotate(dataAt, openedAt, isExpected, now)) slot.rotate('data-silence');
  }

  /** Whether one of its streams is never so quiet. A line that has delivered nothing at all gets no benefit of the doubt. */
  private expectsData({ cargo }: Slot, isMute: boolean): boolean {
    for (const { name, wasLive, activity } of cargo.all()) {
      const { isPaced } = name.known;
      if (isSteady({ isPaced, wasLive, share: activity.share }) || (isMute && isPaced)) return true;
    }
    return false;
  }
}
