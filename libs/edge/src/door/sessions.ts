import { CLOSE, type Clock } from '#libs/core';
import type { EdgeSettings } from '#libs/runtime';
import type { EdgeMetrics } from '../metrics/edge-metrics.js';
import type { Session } from './session.js';

/** When the edge stops, clients are closed in so many batches, this far apart: not all reconnect in one moment. */
const BATCHES = 10;
const BATCH_EVERY_MS = 50;

/** The clients that are connected. */
export class Sessions {
  private readonly open = new Map<number, Session>();

  constructor(
    private readonly settings: Pick<EdgeSettings, 'maxConnections'>,
    private readonly clock: Clock,
    private readonly metrics: EdgeMetrics,
  ) {}

  get all(): Iterable<Session> {
    return this.open.values();
  }

  /** One of them; undefined where there are none. */
  get anybody(): Session | undefined {
    return this.open.values().next().value;
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

  /** Closes everybody, in batches, each with what its wire says when an edge goes away. */
  async closeAll(): Promise<void> {
    const sessions = [...this.open.values()];
    const batch = Math.max(20, Math.ceil(sessions.length / BATCHES));
    for (let from = 0; from < sessions.length; from += batch) {
      for (const session of sessions.slice(from, from + batch)) {
        session.close(session.wire.goodbye.code, session.wire.goodbye.reason);
      }
      await new Promise<void>((resolve) => void this.clock.after(BATCH_EVERY_MS, resolve));
    }
  }
}
