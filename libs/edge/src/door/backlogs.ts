import { type Cancel, type Clock, type Millis, count } from '#libs/core';
import { type EdgeSettings, type Log, roomForBacklogs } from '#libs/runtime';
import { slowDown } from '../contracts/slow-readers.js';
import { Sluice } from '../delivery/sluice.js';
import type { EdgeMetrics } from '../metrics/edge-metrics.js';
import type { Session } from './session.js';
import type { Sessions } from './sessions.js';

/** How often backlogs are looked at, at least. */
const LOOK_EVERY_MS = 250;

/** What was published since the last look, as a share of one client's backlog, after which there is always, and never, another look. */
const LOOK_AT = 1 / 2;
const LOOK_NO_SOONER_THAN = 1 / 64;

/** From this share of its backlog on a client of Binance's wire gets of states the newest alone. */
const SLOW_FROM = 1 / 4;

/** Who has been told to go has so long to read what waits for it. */
const PATIENCE_MS = 5_000;

/** At this share of what may wait for all clients together, the slowest are cut off until no more than this waits. */
const FULL_AT = 3 / 4;
const ENOUGH_AT = 1 / 2;

/** Whenever this share of it was sent, all backlogs are looked at: what is still free then holds what may come until the next look. */
const SENT_BETWEEN = 1 / 8;

/** Who can give a client later what it does not read now. */
export interface Indulgence {
  /** Lets a client hear nothing live until it has read what it lacks; false where it is none for that. */
  fallBehind(session: Session): boolean;
}

/** Lets clients that read too slowly fall behind, or parts with them. */
export class Backlogs {
  /** So many bytes may wait for all clients together. */
  readonly mostBytes: number;
  /** Shut from when so much has been published that backlogs must be looked at until that is done. */
  readonly sluice: Sluice;
  private bytesSinceLook = 0;
  private sentAtLook = 0;
  private lookAfter: number;
  private readonly told = new WeakMap<Session, Millis>();
  private cancel: Cancel = () => undefined;

  constructor(
    private readonly settings: Pick<EdgeSettings, 'maxClientBacklogBytes' | 'maxBacklogsBytes'>,
    private readonly sessions: Sessions,
    private readonly indulgence: Indulgence,
    private readonly clock: Clock,
    private readonly log: Log,
    private readonly metrics: EdgeMetrics,
  ) {
    this.mostBytes = roomForBacklogs(settings.maxBacklogsBytes);
    this.lookAfter = settings.maxClientBacklogBytes * LOOK_AT;
    this.sluice = new Sluice(metrics.counts);
  }

  start(): void {
    this.cancel = this.clock.after(LOOK_EVERY_MS, () => {
      this.start();
      this.look();
    });
  }

  stop(): void {
    this.cancel();
  }

  /**
   * Counts what was published. No client's backlog grows by more than that, so looking whenever half a backlog has gone
   * out finds a slow client before it has to be cut off, however fast the streams are; and the more are slow, the sooner. All
   * together grow by no more than was sent to anybody.
   */
  published(bytes: number): void {
    const { sentBytes } = this.metrics.counts;
    this.bytesSinceLook += bytes;
    if (this.bytesSinceLook < this.lookAfter && sentBytes - this.sentAtLook < this.mostBytes * SENT_BETWEEN) return;
    this.bytesSinceLook = 0;
    this.sentAtLook = sentBytes;
    this.sluice.shut();
    setImmediate(() => {
      this.look();
      this.sluice.open();
    });
  }

  private look(): void {
    const { maxClientBacklogBytes } = this.settings;
    const slow = [...this.sessions.all].filter(({ backlogBytes }) => backlogBytes > 0);
    for (const session of slow) {
      if (session.isLeaving) this.hurryAway(session);
      else if (session.backlogBytes > maxClientBacklogBytes) this.letFallBehind(session);
      else if (session.backlogBytes > maxClientBacklogBytes * SLOW_FROM) slowDown(session);
    }
    const waiting = slow.reduce((sum, { backlogBytes }) => sum + backlogBytes, 0);
    if (waiting > this.mostBytes * FULL_AT) this.makeRoom(slow, waiting);
    const share = (this.mostBytes * (1 - FULL_AT)) / 2 / Math.max(1, slow.length);
    this.lookAfter = Math.max(
      maxClientBacklogBytes * LOOK_NO_SOONER_THAN,
      Math.min(maxClientBacklogBytes * LOOK_AT, share),
    );
  }

  /** What has been sent to it can be given later; what is conflated for it and must not be left out waits here alone. */
  private letFallBehind(session: Session): void {
    const keptBytes = session.flow?.keptBytes ?? 0;
    if (keptBytes > this.settings.maxClientBacklogBytes || !this.indulgence.fallBehind(session)) this.partWith(session);
  }

  private partWith(session: Session): void {
    const { id, address, backlogBytes } = session;
    const { code, reason } = session.wire.slow;
    this.metrics.slowCloses.inc({ how: 'told' });
    this.log.warn(
      { code: 'edge.client-too-slow', client: id, address, backlogBytes },
      'closed a client that reads too slowly',
    );
    session.close(code, reason, `read too slowly: ${count(backlogBytes)} bytes waited for it`);
  }

  private hurryAway(session: Session): void {
    const since = this.told.get(session);
    if (since === undefined) this.told.set(session, this.clock.now());
    if (since === undefined || this.clock.now() - since < PATIENCE_MS) return;
    this.metrics.slowCloses.inc({ how: 'unread' });
    session.cut('read too slowly, and not what it was told of that either');
  }

  /** Without a word, for that would wait behind all that it does not read. */
  private makeRoom(slow: Session[], waiting: number): void {
    let left = waiting;
    let cut = 0;
    for (const session of slow.toSorted((one, other) => other.backlogBytes - one.backlogBytes)) {
      if (left <= this.mostBytes * ENOUGH_AT) break;
      left -= session.backlogBytes;
      cut += 1;
      this.metrics.slowCloses.inc({ how: 'no-room' });
      session.cut('read too slowly: too much waited for all clients together');
    }
    const fields = { code: 'edge.backlogs-full', clients: cut, waitingBytes: waiting, mostBytes: this.mostBytes };
    this.log.warn(fields, 'cut the slowest clients off: too much waits for all of them together');
  }
}
