import { CLOSE } from '#libs/core';
import type { EdgeSettings } from '#libs/runtime';
import type { EdgeMetrics } from '../metrics/edge-metrics.js';
import type { Session } from './session.js';

/** The clients that are connected. */
export class Sessions {
  private readonly open = new Map<number, Session>();

  constructor(
    private readonly settings: Pick<EdgeSettings, 'maxConnections'>,
    private readonly metrics: EdgeMetrics,
  ) {}

  get all(): Iterable<Session> {
    return this.open.values();
  }

  /** One of them; undefined where there are none. */
  get anybody(): Session | undefined {
    return this.open.values().next().value;
  }

  get size(): number {
    return this.open.size;
  }

  /** Takes a new client in; false when there are too many, and it has been told. */
  admit(session: Session): boolean {
    if (this.open.size >= this.settings.maxConnections) {
      this.metrics.refusedConnections.inc({ why: 'too-many' });
      session.close(CLOSE.tooManyConnections, 'too many connections');
      return false;
    }
    this.open.set(session.id, session);
    return true;
  }

  left(session: Session): void {
    this.open.delete(session.id);
  }
}
