import type { RequestId } from '#libs/binance';
import { CLOSE, type Cancel, type Clock, HoldfastError } from '#libs/core';
import type { EdgeSettings, Log } from '#libs/runtime';
import type { EdgeMetrics } from './edge-metrics.js';
import type { Session } from './session.js';

/** How often clients are looked at, at least. */
const LOOK_EVERY_MS = 250;

/** Binance pings every 20 s, with the time as payload, and so do we on their wire. */
const PING_EVERY_MS = 20_000;

/** A client is closed after so many refused commands without a good one between. */
const MOST_ERRORS = 20;

/** How many clients `/status` shows one by one. */
const SHOWN = 50;

/** When the edge stops, clients are closed in so many batches, this far apart: not all reconnect in one moment. */
const BATCHES = 10;
const BATCH_EVERY_MS = 50;

/** The clients that are connected, and what they may do. */
export class Sessions {
  private readonly open = new Map<number, Session>();
  private cancelLook: Cancel = () => undefined;
  private looks = 0;
  private bytesSinceLook = 0;

  constructor(
    private readonly settings: Readonly<EdgeSettings>,
    private readonly clock: Clock,
    private readonly log: Log,
    private readonly metrics: EdgeMetrics,
  ) {
    metrics.gaugeByWire('holdfast_edge_connections', 'Client connections now, by wire.', () => this.byWire());
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

  get size(): number {
    return this.open.size;
  }

  start(): void {
    this.cancelLook = this.clock.after(LOOK_EVERY_MS, () => {
      this.start();
      this.looks += 1;
      this.pingInTurn();
      this.partWithSlow();
    });
  }

  /**
   * Counts what was published. No client's backlog grows by more than that, so looking whenever half a backlog has gone
   * out finds a slow client before it has to be cut off, however fast the streams are.
   */
  published(bytes: number): void {
    this.bytesSinceLook += bytes;
    if (this.bytesSinceLook < this.settings.maxClientBacklogBytes / 2) return;
    this.bytesSinceLook = 0;
    setImmediate(() => this.partWithSlow());
  }

  /** Whether a command may be carried out now; if not, the client has been told. */
  mayCommand(session: Session): boolean {
    const { maxCommandsPerSecond } = this.settings;
    if (session.mayCommand(this.clock.now(), maxCommandsPerSecond)) return true;
    this.refuse(session, new HoldfastError('too-many-commands', `at most ${maxCommandsPerSecond} commands per second`));
    return false;
  }

  /** Counts a command that was carried out. */
  succeeded(session: Session): void {
    session.errors = 0;
    this.metrics.commands.inc({ wire: session.wire.name, result: 'ok' });
  }

  /** Tells a client that its command was refused, and closes it when that happens again and again. */
  refuse(session: Session, error: HoldfastError, id?: RequestId): void {
    this.metrics.commands.inc({ wire: session.wire.name, result: error.code });
    session.errors += 1;
    session.send(session.wire.refuse(error, id));
    if (session.errors >= MOST_ERRORS) session.close(CLOSE.tooManyErrors, 'too many errors');
  }

  /** Answers a command that threw: with the refusal it threw, or by owning up to a bug. */
  failed(session: Session, error: unknown, id?: RequestId): void {
    if (error instanceof HoldfastError) return this.refuse(session, error, id);
    this.log.error(
      { code: 'edge.command-failed', client: session.id, err: error },
      'a command failed because of a bug',
    );
    const message = 'this edge made a mistake; the command may or may not have been carried out';
    this.refuse(session, new HoldfastError('internal', message), id);
  }

  /** Closes everybody, in batches, each with what its wire says when an edge goes away. */
  async closeAll(): Promise<void> {
    this.cancelLook();
    const sessions = [...this.open.values()];
    const batch = Math.max(20, Math.ceil(sessions.length / BATCHES));
    for (let from = 0; from < sessions.length; from += batch) {
      for (const session of sessions.slice(from, from + batch)) {
        session.close(session.wire.goodbye.code, session.wire.goodbye.reason);
      }
      await new Promise<void>((resolve) => void this.clock.after(BATCH_EVERY_MS, resolve));
    }
  }

  status(): unknown {
    const slowest = [...this.open.values()].sort((a, b) => b.backlogBytes - a.backlogBytes).slice(0, SHOWN);
    return {
      connections: this.open.size,
      ...this.byWire(),
      clients: slowest.map((session) => ({
        id: session.id,
        address: session.address,
        wire: session.wire.name,
        streams: session.streams.size,
        backlogBytes: session.backlogBytes,
        connectedAt: new Date(session.openedAt).toISOString(),
      })),
    };
  }

  private byWire(): Record<'native' | 'binance', number> {
    const counts = { native: 0, binance: 0 };
    for (const { wire } of this.open.values()) counts[wire.name] += 1;
    return counts;
  }

  /** A slice of the clients each time, so that all are pinged every 20 s and never all at once. */
  private pingInTurn(): void {
    const slices = PING_EVERY_MS / LOOK_EVERY_MS;
    const now = String(Math.floor(this.clock.now()));
    for (const session of this.open.values()) {
      if (session.wire.name === 'binance' && (session.id + this.looks) % slices === 0) session.ping(now);
    }
  }

  private partWithSlow(): void {
    for (const session of this.open.values()) {
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
