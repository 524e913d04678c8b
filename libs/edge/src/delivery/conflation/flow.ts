import { type Cancel, type Clock, type Millis, stamp } from '#libs/core';
import type { EdgeCounts } from '../../metrics/edge-counts.js';

/** As much may be on its way to a client, unconfirmed, as it was seen to read in so long; so many bytes at least, and at most. */
const READ_IN_MS: Millis = 500;
const LEAST_WINDOW = 16_384;
const MOST_WINDOW = 65_536;

/** Who confirms within so long has caught up. */
const QUICK_MS: Millis = 100;

/** Fewer bytes on their way are not asked about. */
const ASKED_FROM = 4_096;

/** Whoever has never answered a ping may have read all after so long. */
const UNANSWERED_MS: Millis = 1_000;

/** A client's connection, as far as a flow needs it. */
export interface FlowSocket {
  readonly isOpen: boolean;
  /** Bytes that wait in this process because the client does not read. */
  readonly unsentBytes: number;
  send(...texts: string[]): void;
  ping(payload: string): void;
}

/** What is sent by a flow, one message at a time. */
export interface FlowSource {
  /** What may go now; undefined where nothing may. */
  next(): string | undefined;
}

export interface FlowParts {
  clock: Clock;
  counts: Pick<EdgeCounts, 'deliveries' | 'conflated'>;
  /** Does this when what has come in this turn of the loop has been taken. */
  endOfTurn(act: () => void): void;
}

/** A ping that has not come back, and how much was sent before it. */
interface OpenPing {
  payload: string;
  sent: number;
  at: Millis;
}

/**
 * Sends one client what is conflated for it, no faster than it reads: what has been handed to the kernel can no longer be replaced by
 * something newer, and a kernel takes megabytes. So a ping goes behind what was sent, and who has read up to there answers it.
 */
export class Flow {
  /** Of what waits here, the bytes that must not be left out. */
  keptBytes = 0;
  /** Messages that this client was not told because newer ones took their place. */
  conflated = 0;
  /** Called when the client has read, quickly, all that there was. */
  caughtUp: (() => void) | undefined;
  private readonly due = new Set<FlowSource>();
  private isFlushComing = false;
  private window = LEAST_WINDOW;
  private sent = 0;
  private confirmed = 0;
  private open: OpenPing | undefined;
  private hasAnswered = false;
  private lastPing = 0;
  private cancel: Cancel = () => undefined;

  constructor(
    private readonly socket: FlowSocket,
    private readonly parts: FlowParts,
  ) {}

  get clock(): Clock {
    return this.parts.clock;
  }

  /** This has something to send: at the end of the turn, or as soon as there is room. */
  ready(source: FlowSource): void {
    this.due.add(source);
    if (this.isFlushComing) return;
    this.isFlushComing = true;
    this.parts.endOfTurn(() => {
      this.isFlushComing = false;
      this.flush();
    });
  }

  forget(source: FlowSource): void {
    this.due.delete(source);
  }

  /** One message has given way to a newer one. */
  left(): void {
    this.conflated += 1;
    this.parts.counts.conflated += 1;
  }

  /** Sends what there is room for, one message of each source in turn. */
  flush(): void {
    const { socket, parts } = this;
    if (!socket.isOpen || socket.unsentBytes > 0) return;
    const texts: string[] = [];
    for (const source of this.due) {
      if (this.sent - this.confirmed >= this.window) break;
      this.due.delete(source);
      const text = source.next();
      if (text === undefined) continue;
      // Behind the others, so that each has its turn.
      this.due.add(source);
      texts.push(text);
      this.sent += text.length;
    }
    if (texts.length > 0) socket.send(...texts);
    parts.counts.deliveries += texts.length;
    if (this.sent - this.confirmed >= ASKED_FROM || (this.caughtUp && texts.length > 0)) this.ask();
  }

  /** Asks whether the client has read all that was sent to it, by whomever; unless that is asked already. */
  ask(): void {
    if (this.open) return;
    const { clock } = this.parts;
    // A payload as Binance's pings have it; no two alike.
    this.lastPing = Math.max(this.lastPing + 1, stamp(clock));
    const open = { payload: String(this.lastPing), sent: this.sent, at: clock.now() };
    this.open = open;
    this.socket.ping(open.payload);
    if (!this.hasAnswered) this.cancel = clock.after(UNANSWERED_MS, () => this.confirm(open));
  }

  /** The client has answered a ping. False where that was somebody else's. */
  answered(payload: string): boolean {
    const { open } = this;
    if (!open || open.payload !== payload) return false;
    this.hasAnswered = true;
    const tookMs = this.parts.clock.now() - open.at;
    const read = ((open.sent - this.confirmed) / Math.max(1, tookMs)) * READ_IN_MS;
    this.window = Math.min(MOST_WINDOW, Math.max(LEAST_WINDOW, read));
    this.confirm(open);
    if (tookMs <= QUICK_MS && !this.open && this.due.size === 0) this.caughtUp?.();
    return true;
  }

  /** The client has gone. */
  end(): void {
    this.cancel();
    this.due.clear();
  }

  private confirm({ sent }: OpenPing): void {
    this.cancel();
    this.open = undefined;
    this.confirmed = sent;
    this.flush();
  }
}
