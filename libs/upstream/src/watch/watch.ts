import { type Clock, type Millis, stamp } from '#libs/core';
import type { UpstreamSettings } from '#libs/runtime';
import type { Connection } from '../line/connection.js';
import type { Quarantine } from '../problems/quarantine.js';
import type { Pool } from '../pool/pool.js';
import type { Slot } from '../rotation/slot.js';
import type { Spare } from '../spare/spare.js';
import type { Series } from '../streams/series.js';
import {
  type FeedChange,
  LEAST_PATIENCE_MS,
  isSteady,
  judgeStream,
  linePatienceMs,
} from '../streams/silence/silence.js';
import type { Streams } from '../streams/streams.js';
import type { Timings } from '../timings.js';
import { DataSilence } from './data-silence.js';
import { Revival } from './revival.js';

/** Whom the watch looks at and tells. */
export interface Watched {
  pool: Pool;
  streams: Streams;
  /** What could not be read. */
  quarantine: Pick<Quarantine, 'since'>;
  clock: Clock;
  settings: Readonly<UpstreamSettings>;
  timings: Timings;
}

/** The share of seconds with events from which on a silent stream is worth an attempt to connect. */
const SURE_SHARE = 0.9;

/** So many frames of a stream in a row that cannot be read are more than one bad frame, however quiet it is otherwise. */
const UNREADABLE = 3;

/** Judges the three silences, about once a second: no bytes, no data, one quiet stream. */
export class Watch {
  private readonly silences = new WeakMap<Slot, DataSilence>();
  private readonly spareSilences = new WeakMap<Spare, DataSilence>();
  private readonly revivals = new WeakMap<Series, Revival>();
  private graceUntil: Millis = 0;
  private nextAuditAt: Millis | undefined;

  constructor(private readonly watched: Watched) {}

  /** Our process stood still: what came meanwhile is still unread, so nobody is judged yet. */
  stalled(stallMs: Millis, now: Millis): void {
    this.graceUntil = now + this.watched.timings.graceMs;
    for (const line of this.watched.pool.lines) line.noteStall(stallMs, now);
  }

  look(now: Millis): void {
    if (now < this.graceUntil) return;
    const { pool } = this.watched;
    const isAuditDue = this.isAuditDue(now);
    for (const line of pool.lines) line.look(now, isAuditDue);
    for (const slot of pool.all) {
      this.lookAtSlot(slot, now);
      this.lookAtSpare(slot, now);
    }
  }

  private isAuditDue(now: Millis): boolean {
    const { auditMs } = this.watched.timings;
    this.nextAuditAt ??= now + auditMs;
    if (now < this.nextAuditAt) return false;
    this.nextAuditAt = now + auditMs;
    return true;
  }

  private lookAtSlot(slot: Slot, now: Millis): void {
    const { settings } = this.watched;
    const connection = slot.line?.connection;
    const patience = this.patienceWith(slot, connection?.dataAt === undefined);
    const isMute = connection?.dataAt !== undefined && now - connection.dataAt >= patience;
    const silenceStreamMs = isMute ? Math.min(settings.silenceStreamMs, patience) : settings.silenceStreamMs;
    const bringing = connection ?? this.watched.pool.spares.of(slot)?.standIn;
    for (const series of slot.cargo.all()) this.lookAtStream(series, bringing, silenceStreamMs, now);
    if (!connection) return;
    if (connection.dataAt !== undefined && now - connection.dataAt < LEAST_PATIENCE_MS)
      this.revive(slot, connection, now);
    let silence = this.silences.get(slot);
    if (!silence) this.silences.set(slot, (silence = new DataSilence()));
    const { dataAt, openedAt } = connection;
    if (silence.shouldRotate(dataAt, openedAt, patience, now)) slot.rotate('data-silence');
  }

  /** A spare line may be silent as long as the line beside it is. */
  private lookAtSpare(slot: Slot, now: Millis): void {
    const spare = this.watched.pool.spares.of(slot);
    const connection = spare?.view.line?.connection;
    if (!spare || !connection) return;
    const patience = linePatienceMs(1, this.watched.settings.silenceDataMs);
    const isOwnWell = now - (slot.line?.connection?.dataAt ?? -Infinity) < patience;
    let silence = this.spareSilences.get(spare);
    if (!silence) this.spareSilences.set(spare, (silence = new DataSilence()));
    const { dataAt, openedAt } = connection;
    if (silence.shouldRotate(dataAt, openedAt, isOwnWell ? patience : Infinity, now)) spare.renew();
  }

  private lookAtStream(series: Series, line: Connection | undefined, silenceStreamMs: Millis, now: Millis): void {
    const { streams, timings } = this.watched;
    const { activity, transcript, continuity, wantedAt, name } = series;
    activity.look(now);
    const carriedSince = line?.requests.carriedSince.get(name.name);
    if (carriedSince !== undefined) series.confirm(carriedSince, now);
    // A line that has taken the stream over and was not acknowledged yet may have let something go by.
    else if (series.withheld) series.wholeSince = undefined;
    // What is fetched says by itself how the stream is.
    if (continuity.mending.isRepairing) return;
    const view = {
      isPaced: name.known.isPaced,
      feed: transcript.feed,
      wasLive: continuity.wasLive,
      heardAt: activity.heardAt,
      share: activity.share,
      wantedAt,
      carriedSince,
    };
    const judged = judgeStream(view, now, { silenceStreamMs, quietMs: timings.quietMs });
    const change = this.unreadable(series, judged, now);
    if (change) streams.publish(series, series.become(change, now));
  }

  /** A stream of which nothing could be read since its last event is not silent; clients hear the same, and are told why. */
  private unreadable(
    { name, activity: { heardAt = 0 }, transcript }: Series,
    change: FeedChange | undefined,
    now: Millis,
  ): FeedChange | undefined {
    const { quarantine, clock } = this.watched;
    const isLive = transcript.feed?.state === 'live' && now - heardAt >= LEAST_PATIENCE_MS;
    if (change ? change.state !== 'stale' : !isLive) return change;
    const refused = quarantine.since(name.name, stamp(clock, heardAt));
    const [newest] = refused.slice(-1);
    if (!newest || (!change && refused.length < UNREADABLE)) return change;
    return {
      state: 'stale',
      cause: 'silent',
      ...change,
      message: `what Binance sends cannot be read: ${newest.message}`,
    };
  }

  /** A stream whose line brings others is asked for again, and then on another line. */
  private revive(slot: Slot, connection: Connection, now: Millis): void {
    for (const series of slot.cargo.all()) {
      const { name, transcript, activity } = series;
      const isSure = name.known.isPaced || activity.share >= SURE_SHARE;
      if (!isSure || transcript.feed?.cause !== 'silent' || !connection.requests.carriedSince.has(name.name)) continue;
      let revival = this.revivals.get(series);
      if (!revival) this.revivals.set(series, (revival = new Revival()));
      const what = revival.next(activity.heardAt, this.watched.settings.silenceStreamMs, now);
      if (what === 'subscribe') connection.renew(name.name);
      if (what === 'replace') slot.rotate('stream-silence');
    }
  }

  /**
   * How long this slot's line may bring nothing: Infinity while none of its streams has to say something. A line that has
   * delivered nothing at all gets no benefit of the doubt.
   */
  private patienceWith({ cargo }: Slot, isUntried: boolean): Millis {
    const { silenceDataMs } = this.watched.settings;
    let patience = Infinity;
    for (const { name, continuity, activity } of cargo.all()) {
      const { isPaced } = name.known;
      const { share } = activity;
      const { wasLive } = continuity;
      if (isSteady({ isPaced, wasLive, share })) patience = Math.min(patience, linePatienceMs(share, silenceDataMs));
      else if (isUntried && isPaced) patience = Math.min(patience, silenceDataMs);
    }
    return patience;
  }
}
