import { type Acknowledgement, type Refusal, encodeRequest } from '#libs/binance';
import type { Budget } from '#libs/bus';
import type { Cancel, Clock, Millis, Random, StreamName } from '#libs/core';
import { type Dial, type Ending, LinkDriver, type OwnReason, type Pulse, isDead } from '#libs/link';
import type { UpstreamSettings } from '#libs/runtime';
import type { AttemptRecord, Journal } from '../journal/journal.js';
import type { Timings } from '../timings.js';
import { Governor } from './governor.js';
import { retryPolicy } from './retry-policy.js';
import { streamUrl } from './stream-url.js';
import { type Outcome, Subscriptions } from './subscriptions.js';

/** What a line is made with; the same for all lines. */
export interface LineTools {
  dial: Dial;
  clock: Clock;
  random: Random;
  budget: Budget;
  journal: Journal;
  settings: Readonly<UpstreamSettings>;
  timings: Timings;
  /** How long our own process has just stood still; 0 when it has not. */
  stallMs(now: Millis): Millis;
}

/** Which line this is, and why there is one. */
export interface LineIdentity {
  /** Rises over all lines of the process. */
  generation: number;
  why: string;
  /** Attempts that this line may take of the budget. */
  attempts: number;
}

/** Who is told what happens to a line. */
export interface LineOwner {
  opened(line: Line): void;
  message(line: Line, bytes: Uint8Array, isBinary: boolean, now: Millis): void;
  /** Requests on it keep failing: it cannot be trusted to carry what is wanted. */
  hopeless(line: Line, why: string): void;
  /** It may not try again yet: the budget of connection attempts is used up. */
  held(line: Line, forMs: Millis): void;
  /** Its connection ended; `retryMs` until it tries again, absent when it will not. Returns what is done about it. */
  ended(line: Line, ending: Ending, retryMs: Millis | undefined): string;
}

/** Binance gives a pong a minute; what ends longer than this after a stall of ours had another cause. */
const BLAME_MS: Millis = 90_000;

/** Where all processes count their attempts to Binance's address; PROTOCOL.md section 8. */
const ATTEMPTS_KEY = 'holdfast:spot:{attempts}';

/** What belongs to one connection and dies with it. */
interface Connection {
  readonly record: AttemptRecord;
  readonly subscriptions: Subscriptions;
  readonly governor: Governor;
  readonly pulse: Pulse;
  dataAt?: Millis;
  /** When Binance's own list first held all that is wanted. */
  confirmedAt?: Millis;
  /** Whether that list held all that is wanted by now. */
  isSynced: boolean;
  stalledAt?: Millis;
  cancelPump?: Cancel | undefined;
  cancelAnswer?: Cancel | undefined;
}

/** One connection to Binance at a time, with its subscriptions, kept alive until it is stopped. */
export class Line {
  readonly generation: number;
  readonly why: string;
  /** While a replacement is judged: when each stream was last delivered here. */
  delivered: Map<StreamName, Millis> | undefined;
  private readonly driver: LinkDriver;
  private connection: Connection | undefined;
  private hasDialled = false;
  private next: { record: AttemptRecord; inUrl: StreamName[] } | undefined;

  /** @param wanted The streams it must carry; the owner changes the set and says `sync()`. */
  constructor(
    { generation, why, attempts }: LineIdentity,
    private readonly wanted: ReadonlySet<StreamName>,
    private readonly tools: LineTools,
    private readonly owner: LineOwner,
  ) {
    this.generation = generation;
    this.why = why;
    const { dial, clock, random, settings, timings } = tools;
    const permit = async (): Promise<Millis> => {
      const forMs = await tools.budget.take(ATTEMPTS_KEY, attempts, timings.attemptsWindowMs);
      if (forMs > 0) this.owner.held(this, forMs);
      return forMs;
    };
    this.driver = new LinkDriver({ dial, clock, random, permit }, retryPolicy(settings), () => this.url(), {
      dialing: () => undefined,
      opened: (endpoints) => this.opened(endpoints),
      message: (bytes, isBinary) => this.message(bytes, isBinary),
      heartbeat: (kind) => this.heartbeat(kind),
      ended: (ending, retryMs) => this.ended(ending, retryMs),
    });
  }

  get state(): LinkDriver['state'] {
    return this.driver.state;
  }

  /** Whether the handshake passed and it has not ended since. */
  get isUp(): boolean {
    return this.connection !== undefined;
  }

  get openedAt(): Millis | undefined {
    return this.connection?.record.openedAt;
  }

  get dataAt(): Millis | undefined {
    return this.connection?.dataAt;
  }

  /** When Binance's own list first held all that was wanted of this connection. */
  get confirmedAt(): Millis | undefined {
    return this.connection?.confirmedAt;
  }

  /** Whether Binance's list has held all that is wanted now. */
  get isSynced(): boolean {
    return this.connection?.isSynced ?? false;
  }

  start(): void {
    this.driver.start();
  }

  /** The wanted set has changed. */
  sync(): void {
    if (this.connection) this.connection.isSynced = false;
    this.pump();
  }

  /** A valid market frame came on it. */
  heard(stream: StreamName, now: Millis): void {
    const { connection } = this;
    if (!connection) return;
    connection.dataAt = now;
    if (this.delivered) this.delivered.set(stream, now);
    if (connection.record.firstDataAt !== undefined) return;
    this.tools.journal.firstData(connection.record);
    this.driver.heard();
  }

  /** Binance's answer to a request came on it. */
  answered(frame: Acknowledgement | Refusal): void {
    const { connection } = this;
    if (!connection) return;
    const { subscriptions } = connection;
    const outcome =
      frame.kind === 'acknowledgement'
        ? subscriptions.acknowledged(frame.id, frame.result)
        : subscriptions.failed(frame.id);
    const why = frame.kind === 'refusal' ? `${frame.code} ${frame.message}` : 'its list differs from ours';
    this.settle(connection, outcome, why);
  }

  /** Asks Binance for its list, to compare it with ours. */
  audit(): void {
    this.connection?.subscriptions.requestAudit();
    this.pump();
  }

  /** Our process stood still: nobody is judged by that time, and what ends soon is probably our own fault. */
  noteStall(stallMs: Millis, now: Millis): void {
    const { connection, next } = this;
    if (connection) {
      connection.pulse.graceUntil = now + this.tools.timings.graceMs;
      connection.stalledAt = now;
    }
    if (next) next.record.stallMs = Math.round(stallMs);
  }

  /** Hangs up if not one byte has come for too long; the next attempt follows by itself. */
  judgeSilence(now: Millis): void {
    const { connection } = this;
    const { silenceBytesMs } = this.tools.settings;
    if (!connection || !isDead(connection.pulse, now, silenceBytesMs)) return;
    this.driver.hangUp('silence', `no bytes, not even a ping, for ${silenceBytesMs} ms`);
  }

  /** Ends for good; resolves when its socket is gone. */
  async stop(cause: OwnReason, reason: string): Promise<void> {
    await this.driver.stop(cause, reason);
  }

  private url(): string {
    const { settings, journal } = this.tools;
    const { url, streams } = streamUrl(settings.wsUrl, this.wanted, settings.timeUnit);
    const why = this.hasDialled ? 'reconnect' : this.why;
    this.hasDialled = true;
    const record = journal.begin(this.generation, why, new URL(url).host, this.wanted.size);
    this.next = { record, inUrl: streams };
    return url;
  }

  private opened(endpoints: { from?: string; to?: string }): void {
    if (!this.next) return;
    const { record, inUrl } = this.next;
    this.tools.journal.opened(record, endpoints);
    const openedAt = this.tools.clock.now();
    this.connection = {
      record,
      subscriptions: new Subscriptions(this.wanted, inUrl),
      governor: new Governor(),
      pulse: { openedAt, bytesAt: openedAt, graceUntil: 0 },
      isSynced: false,
    };
    this.owner.opened(this);
    this.pump();
  }

  private message(bytes: Uint8Array, isBinary: boolean): void {
    const { connection } = this;
    if (!connection) return;
    const now = this.tools.clock.now();
    connection.pulse.bytesAt = now;
    connection.record.frames += 1;
    connection.record.bytes += bytes.byteLength;
    this.owner.message(this, bytes, isBinary, now);
  }

  private heartbeat(kind: 'ping' | 'pong'): void {
    const { connection } = this;
    if (!connection) return;
    const now = this.tools.clock.now();
    connection.pulse.bytesAt = now;
    if (kind === 'ping') connection.governor.notePong(now);
  }

  private ended(ending: Ending, retryMs: Millis | undefined): void {
    const { connection, next } = this;
    connection?.cancelPump?.();
    connection?.cancelAnswer?.();
    this.connection = undefined;
    this.next = undefined;
    if (next) this.blame(next.record, connection?.stalledAt ?? Infinity);
    const then = this.owner.ended(this, ending, retryMs);
    if (next) this.tools.journal.ended(next.record, ending, then);
  }

  /** Sockets may be read before the late tick that would tell of a stall, so it is looked for here, too. */
  private blame(record: AttemptRecord, stalledAt: Millis): void {
    const now = this.tools.clock.now();
    const stallMs = this.tools.stallMs(now);
    if (stallMs > 0) record.stallMs = Math.round(stallMs);
    else if (now - stalledAt > BLAME_MS) delete record.stallMs;
  }

  /** Sends the next request as soon as the limits allow it. */
  private pump(): void {
    const { connection } = this;
    if (!connection || connection.cancelPump || connection.subscriptions.isWaiting) return;
    const { clock, timings } = this.tools;
    const waitMs = connection.governor.waitMs(clock.now());
    if (waitMs > 0) {
      connection.cancelPump = clock.after(waitMs, () => {
        connection.cancelPump = undefined;
        this.pump();
      });
      return;
    }
    const request = connection.subscriptions.next();
    if (!request) return;
    connection.governor.noteRequest(clock.now());
    this.driver.send(encodeRequest(request));
    connection.cancelAnswer = clock.after(timings.answerMs, () =>
      this.settle(connection, connection.subscriptions.failed(), `no answer within ${timings.answerMs} ms`),
    );
  }

  private settle(connection: Connection, outcome: Outcome, why: string): void {
    if (outcome === 'stray') return;
    connection.cancelAnswer?.();
    connection.cancelAnswer = undefined;
    if (outcome === 'confirmed') {
      connection.confirmedAt ??= this.tools.clock.now();
      connection.isSynced = true;
    }
    if (outcome === 'mismatch' || outcome === 'refused') this.tools.journal.requestFailed(connection.record, why);
    if (outcome === 'hopeless') this.owner.hopeless(this, why);
    else this.pump();
  }
}
