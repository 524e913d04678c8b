import {
  type Acknowledgement,
  type Frame,
  type FrameProblem,
  type Market,
  type MarketFrame,
  type Refusal,
  type UnknownFrame,
  encodeRequest,
} from '#libs/binance';
import {
  type AttemptRecord,
  type Cancel,
  type Clock,
  type Millis,
  type StreamName,
  assertNever,
  duration,
} from '#libs/core';
import { type Pulse, isDead } from '#libs/link';
import { Governor } from './governor.js';
import { Requests, type Settled, type Settlement } from './requests.js';

/** What a connection begins with. */
export interface ConnectionParts {
  market: Market;
  /** Its entry in the journal. */
  record: AttemptRecord;
  wanted: ReadonlySet<StreamName>;
  /** The streams that its URL named. */
  inUrl: readonly StreamName[];
  /** Names that Binance has refused to this line. */
  refused: Map<StreamName, string>;
  /** Streams that it may carry at once: Binance's limit, or the operator's lower one. */
  mostStreams: number;
  clock: Clock;
  /** A request that Binance has not answered by then is repeated. */
  answerMs: Millis;
  /** What all connections have received. */
  traffic: { frames: number; bytes: number };
  tell: ConnectionEvents;
}

/** What a connection tells its line. */
export interface ConnectionEvents {
  send(text: string): void;
  /** Data came for the first time. */
  live(): void;
  /** Data came that the documentation does not know in every part. */
  drifted(frame: MarketFrame | UnknownFrame, now: Millis): void;
  /** A message could not be read. It costs itself and nothing else. */
  unreadable(problem: FrameProblem, bytes: Uint8Array, now: Millis): void;
  /** The server will close it soon. */
  shutdownComing(): void;
  /** What an answer, or the lack of one, has changed. */
  settled(settlement: Settled, why: string): void;
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
  readonly governor: Governor;
  private readonly pulse: Pulse;
  private stalledAt: Millis = -Infinity;
  private isOver = false;
  private cancelPump: Cancel | undefined;
  private cancelAnswer: Cancel = () => undefined;

  constructor(private readonly parts: ConnectionParts) {
    const { market, record, wanted, inUrl, refused, mostStreams, clock } = parts;
    const { limits } = market;
    this.record = record;
    this.openedAt = clock.now();
    this.requests = new Requests(wanted, inUrl, refused, { ...limits, streams: mostStreams });
    this.governor = new Governor(limits.messages);
    this.pulse = { openedAt: this.openedAt, bytesAt: this.openedAt, graceUntil: 0 };
  }

  /**
   * Reads one message. What is the connection's own is dealt with here: answers to its requests, the server's farewell, what
   * cannot be read. What comes back is data of the market.
   */
  read(bytes: Uint8Array, isBinary: boolean, now: Millis): MarketFrame | UnknownFrame | undefined {
    const { record, pulse, parts } = this;
    const { market, traffic, tell } = parts;
    pulse.bytesAt = now;
    record.frames += 1;
    record.bytes += bytes.byteLength;
    traffic.frames += 1;
    traffic.bytes += bytes.byteLength;
    const decoded = market.decode(bytes, isBinary);
    if (!decoded.ok) {
      tell.unreadable(decoded.problem, bytes, now);
      return undefined;
    }
    const { value } = decoded;
    const isUsual = value.kind === 'market' && value.drift === undefined && this.dataAt !== undefined;
    if (!isUsual) return this.sort(value, now);
    this.dataAt = now;
    return value;
  }

  /** Notes a message that is not read: it is data of the market, and kept for later. */
  pass(bytes: Uint8Array, now: Millis): void {
    const { record, pulse, parts } = this;
    pulse.bytesAt = now;
    record.frames += 1;
    record.bytes += bytes.byteLength;
    parts.traffic.frames += 1;
    parts.traffic.bytes += bytes.byteLength;
    if (this.dataAt === undefined) parts.tell.live();
    this.dataAt = now;
  }

  /** A ping or a pong came; a ping was answered already, which is one message of ours. */
  beat(kind: 'ping' | 'pong', now: Millis): void {
    this.pulse.bytesAt = now;
    if (kind === 'ping') this.governor.notePong(now);
  }

  private sort(frame: Frame, now: Millis): MarketFrame | UnknownFrame | undefined {
    const { tell } = this.parts;
    switch (frame.kind) {
      case 'market':
      case 'unknown':
        if (this.dataAt === undefined) tell.live();
        this.dataAt = now;
        if (frame.drift) tell.drifted(frame, now);
        return frame;
      case 'acknowledgement':
      case 'refusal':
        this.answered(frame);
        return undefined;
      case 'serverShutdown':
        tell.shutdownComing();
        return undefined;
      default:
        return assertNever(frame);
    }
  }

  /** Binance's answer to a request. */
  private answered(frame: Acknowledgement | Refusal): void {
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

  /** Subscribes once more to a stream that Binance should be sending and does not. */
  renew(stream: StreamName): void {
    this.requests.forget(stream);
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
    return now - this.stalledAt <= BLAME_MS;
  }

  isSilent(now: Millis, silenceMs: Millis): boolean {
    return isDead(this.pulse, now, silenceMs);
  }

  /** It is over: nothing is sent any more. */
  end(): void {
    this.isOver = true;
    this.cancelPump?.();
    this.cancelAnswer();
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
    this.parts.tell.send(encodeRequest(request));
    this.cancelAnswer = clock.after(answerMs, () =>
      this.settle(this.requests.unanswered(), `no answer within ${duration(answerMs)}`),
    );
  }

  private settle(settlement: Settlement, why: string): void {
    if (this.isOver || settlement.is === 'stray') return;
    this.cancelAnswer();
    if (settlement.is === 'confirmed' && settlement.isWhole) {
      this.confirmedAt ??= this.parts.clock.now();
      this.isSynced = true;
    }
    this.parts.tell.settled(settlement, why);
    this.pump();
  }
}
