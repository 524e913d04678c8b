import { CLOSE, type Cancel, type Clock } from '#libs/core';
import type { EdgeSettings, Log } from '#libs/runtime';
import type { EdgeMetrics } from '../metrics/edge-metrics.js';
import type { Session } from './session.js';
import type { Sessions } from './sessions.js';

/** How often backlogs are looked at, at least. */
const LOOK_EVERY_MS = 250;

/** Parts with clients that read too slowly. */
export class Backlogs {
  private bytesSinceLook = 0;
  private cancel: Cancel = () => undefined;

  constructor(
    private readonly settings: Pick<EdgeSettings, 'maxClientBacklogBytes'>,
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
   * out finds a slow client before it has to be cut off, however fast the streams are.
   */
  published(bytes: number): void {
    this.bytesSinceLook += bytes;
    if (this.bytesSinceLook < this.settings.maxClientBacklogBytes / 2) return;
    this.bytesSinceLook = 0;
    setImmediate(() => this.look());
  }

  private look(): void {
    for (const session of this.sessions.all) {
      if (session.backlogBytes > this.settings.maxClientBacklogBytes) this.partWith(session);
    }
  }

  private partWith(session: Session): void {
    const { id, address, backlogBytes } = session;
    this.metrics.slowCloses.inc({ how: 'told' });
    this.log.warn(
      { code: 'edge.client-too-slow', client: id, address, backlogBytes },
      'closed a client that reads too slowly',
    );
    session.close(CLOSE.tooSlow, 'too slow: messages came faster than you read them');
  }
}
