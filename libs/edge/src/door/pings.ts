import { type Cancel, type Clock, stamp } from '#libs/core';
import type { Sessions } from './sessions.js';

/** Binance pings every 20 s, with the time as payload, and so do we on their wire. */
const PING_EVERY_MS = 20_000;

/** Clients are pinged in so many slices, so that never all are pinged at once. */
const SLICES = 80;

/** Pings the clients of Binance's wire in turn; uWebSockets.js pings on its own besides. */
export class Pings {
  private turn = 0;
  private cancel: Cancel = () => undefined;

  constructor(
    private readonly sessions: Sessions,
    private readonly clock: Clock,
  ) {}

  start(): void {
    this.cancel = this.clock.after(PING_EVERY_MS / SLICES, () => {
      this.start();
      this.turn += 1;
      this.ping();
    });
  }

  stop(): void {
    this.cancel();
  }

  private ping(): void {
    const now = String(stamp(this.clock));
    for (const session of this.sessions.all) {
      if (session.wire.name === 'binance' && (session.id + this.turn) % SLICES === 0) session.ping(now);
    }
  }
}
