import { CLOSE, type Cancel, type Clock } from '#libs/core';
import type { EdgeSettings, Log } from '#libs/runtime';
import type { EdgeMetrics } from '../metrics/edge-metrics.js';
import type { Session } from './session.js';
import type { Sessions } from './sessions.js';

/** How often backlogs are looked at, at least. */
const LOOK_EVERY_MS = 250;

/** All backlogs are looked at whenever this part of the room for all of them was sent. */
const LOOK_EVERY_PART = 4;

/** Parts with clients that read too slowly: each for itself, and those that take the most where all together take too much. */
export class Backlogs {
  private bytesSinceLook = 0;
  private sentAtLook = 0;
  private cancel: Cancel = () => undefined;

  constructor(
    private readonly settings: Pick<EdgeSettings, 'maxClientBacklogBytes' | 'maxBacklogBytes'>,
    private readonly sessions: Sessions,
    private readonly clock: Clock,
    private readonly log: Log,
    private readonly metrics: EdgeMetrics,
  ) {}

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
   * out finds a slow client before it has to be cut off, however fast the streams are. All together grow by no more than was sent.
   */
  published(bytes: number): void {
    const { maxClientBacklogBytes, maxBacklogBytes } = this.settings;
    const { sentBytes } = this.metrics.counts;
    this.bytesSinceLook += bytes;
    const isDue = sentBytes - this.sentAtLook >= maxBacklogBytes / LOOK_EVERY_PART;
    if (this.bytesSinceLook < maxClientBacklogBytes / 2 && !isDue) return;
    this.bytesSinceLook = 0;
    this.sentAtLook = sentBytes;
    setImmediate(() => this.look());
  }

  private look(): void {
    const { maxClientBacklogBytes, maxBacklogBytes } = this.settings;
    let all = 0;
    for (const session of this.sessions.all) {
      const { backlogBytes } = session;
      if (backlogBytes > maxClientBacklogBytes) this.partWith(session, backlogBytes, 'told');
      else all += backlogBytes;
    }
    if (all > maxBacklogBytes) this.makeRoom(all - maxBacklogBytes);
  }

  /** Parts with as few clients as free so many bytes. */
  private makeRoom(excess: number): void {
    const slow = [...this.sessions.all]
      .map((session) => ({ session, bytes: session.backlogBytes }))
      .filter(({ bytes }) => bytes > 0 && bytes <= this.settings.maxClientBacklogBytes)
      .sort((one, other) => other.bytes - one.bytes);
    let left = excess;
    for (const { session, bytes } of slow) {
      if (left <= 0) return;
      this.partWith(session, bytes, 'together');
      left -= bytes;
    }
  }

  private partWith(session: Session, backlogBytes: number, how: 'told' | 'together'): void {
    const { id, address } = session;
    this.metrics.slowCloses.inc({ how });
    this.log.warn(
      { code: 'edge.client-too-slow', client: id, address, backlogBytes, how },
      'closed a client that reads too slowly',
    );
    session.close(CLOSE.tooSlow, 'too slow: messages came faster than you read them');
  }
}
