import { type Acknowledgement, type MarketLimits, type Refusal, encodeRequest } from '#libs/binance';
import type { Cancel, Clock, Millis, StreamName } from '#libs/core';
import { type Pulse, isDead } from '#libs/link';
import type { AttemptRecord } from '../journal/journal.js';
import { Governor } from './governor.js';
import { Requests, type Settlement } from './requests.js';

/** What a connection begins with. */
export interface ConnectionParts {
  /** Its entry in the journal. */
  record: AttemptRecord;
  wanted: ReadonlySet<StreamName>;
  /** The streams that its URL named. */
  inUrl: readonly StreamName[];
  /** Names that Binance has refused to this line. */
  refused: Map<StreamName, string>;
  limits: MarketLimits;
  clock: Clock;
  /** A request that Binance has not answered by then is repeated. */
  answerMs: Millis;
  send(text: string): void;
  /** What an answer, or the lack of one, has changed. */
  settled(settlement: Settlement, why: string): void;
}

/** Binance gives a pong a minute; what ends longer than this after a stall of ours had another cause. */
const BLAME_MS: Millis = 90_000;

/** What belongs to one connection to Binance and dies with it: its subscriptions, its limits, its signs of life. */
export class Connection {
  readonly record: AttemptRecord;
  readonly openedAt: Millis;
  readonly requests: Requests;
  /** When it last brought data. */
  dataAt: Millis | undefined;
  /** When Binance's own list first held all that is wanted. */
  confirmedAt: Millis | undefined;
  /** Whether that list has held all that is wanted by now. */
  isSynced = false;
  private readonly governor: Governor;
  private readonly pulse: Pulse;
  private stalledAt: Millis | undefined;
  private isOver = false;
  private cancelPump: Cancel | undefined;
  private cancelAnswer: Cancel | undefined;

  constructor(private readonly parts: ConnectionParts) {
    const { record, wanted, inUrl, refused, limits, clock } = parts;
    this.record = record;
    this.openedAt = clock.now();
    this.requests = new Requests(wanted, inUrl, refused, limits);
    this.governor = new Governor(limits.messages);
    this.pulse = { openedAt: this.openedAt, bytesAt: this.openedAt, graceUntil: 0 };
  }

  /** A message came. */
  note(bytes: number, now: Millis): void {
    this.pulse.bytesAt = now;
    this.record.frames += 1;
    this.record.bytes += bytes;
  }

  /** A ping or a pong came; a ping was answered already, which is one message of ours. */
  beat(kind: 'ping' | 'pong', now: Millis): void {
    this.pulse.bytesAt = now;
    if (kind === 'ping') this.governor.notePong(now);
  }

  /** Binance's answer to a request. */
  answered(frame: Acknowledgement | Refusal): void {
    if (frame.kind === 'acknowledgement') {
      this.settle(this.requests.acknowledged(frame.id, frame.result, this.parts.clock.now()), 'its list differs');
      return;
    }
    const why = `${frame.code} ${frame.message}`;
    this.settle(this.requests.wasRefused(frame.id, why), why);
  }

  /** Carries these streams from now on, as soon as the limits allow it. */
  want(streams: ReadonlySet<StreamName>): void {
    this.requests.wanted = streams;
    this.isSynced = false;
    this.pump();
  }

  /** Compares Binance's list with ours. */
  audit(): void {
    this.requests.requestAudit();
    this.pump();
  }

  /** Our process stood still: nobody is judged for a while. */
  stalled(now: Millis, graceMs: Millis): void {
    this.pulse.graceUntil = now + graceMs;
    this.stalledAt = now;
  }

  /** Whether a stall of ours may be to blame if it ends now. */
  mayBlameStall(now: Millis): boolean {
    return this.stalledAt !== undefined && now - this.stalledAt <= BLAME_MS;
  }

  isSilent(now: Millis, silenceMs: Millis): boolean {
    return isDead(this.pulse, now, silenceMs);
  }

  /** It is over: nothing is sent any more. */
  end(): void {
    this.isOver = true;
    this.cancelPump?.();
    this.cancelAnswer?.();
  }

  /** Sends the next request as soon as the limits allow it. */
  pump(): void {
    const { clock, answerMs } = this.parts;
    if (this.isOver || this.cancelPump || this.requests.isWaiting) return;
    const waitMs = this.governor.waitMs(clock.now());
    if (waitMs > 0) {
      this.cancelPump = clock.after(waitMs, () => {
        this.cancelPump = undefined;
        this.pump();
      });
      return;
    }
    const request = this.requests.next();
    if (!request) return;
    this.governor.noteRequest(clock.now());
    this.parts.send(encodeRequest(request));
    this.cancelAnswer = clock.after(answerMs, () =>
      this.settle(this.requests.unanswered(), `no answer within ${answerMs} ms`),
    );
  }

  private settle(settlement: Settlement, why: string): void {
    if (this.isOver || settlement.is === 'stray') return;
    this.cancelAnswer?.();
    this.cancelAnswer = undefined;
    if (settlement.is === 'confirmed' && settlement.isWhole) {
      this.confirmedAt ??= this.parts.clock.now();
      this.isSynced = true;
    }
    this.parts.settled(settlement, why);
    this.pump();
  }
}
