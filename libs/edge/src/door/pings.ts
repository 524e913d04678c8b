import { type Cancel, type Clock, stamp } from '#libs/core';

/** Binance pings every 20 s, with the time as payload, and so do we on their wire. */
const PING_EVERY_MS = 20_000;

/** Clients are pinged in so many slices, so that never all are pinged at once. */
const SLICES = 80;

/** Who has left so many unanswered is gone, or does not read. Counted, not timed: after a stall of our own process pongs lie unread. */
const MOST_UNANSWERED = 3;

/** The pings of one client that it has not answered, oldest first; a pong that answers none of them is no sign of life, as at Binance. */
export class OpenPings {
  private readonly payloads: string[] = [];

  get areTooMany(): boolean {
    return this.payloads.length >= MOST_UNANSWERED;
  }

  sent(payload: string): void {
    this.payloads.push(payload);
  }

  /** Who answers one need not answer those before it. */
  answered(payload: string): void {
    this.payloads.splice(0, this.payloads.indexOf(payload) + 1);
  }
}

/** A client, as far as it is pinged. */
interface PingedClient {
  readonly id: number;
  readonly wire: { readonly name: string; readonly slow: { code: number; reason: string } };
  readonly openPings: OpenPings;
  ping(payload: string): void;
  close(code: number, reason: string): void;
}

/** Pings the clients of Binance's wire in turn, and closes those that do not answer; uWebSockets.js pings on its own besides. */
export class Pings {
  private turn = 0;
  private cancel: Cancel = () => undefined;

  constructor(
    private readonly sessions: { readonly all: Iterable<PingedClient> },
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
      if (session.wire.name !== 'binance' || (session.id + this.turn) % SLICES !== 0) continue;
      if (session.openPings.areTooMany) session.close(session.wire.slow.code, session.wire.slow.reason);
      else {
        session.ping(now);
        session.openPings.sent(now);
      }
    }
  }
}
