import type { Market } from '#libs/binance';
import { type AttemptRecord, type Clock, type Millis, type Random, type StreamName, duration, stamp } from '#libs/core';
import {
  type Dial,
  type Ending,
  type Endpoints,
  LinkDriver,
  type LinkState,
  type OwnReason,
  type RetryPolicy,
  leastAfterRefusal,
} from '#libs/link';
import type { UpstreamSettings } from '#libs/runtime';
import type { Journal, Then } from '../journal/journal.js';
import type { Problems } from '../problems/problems.js';
import type { Taint } from '../problems/taint.js';
import type { Timings } from '../timings.js';
import type { Attempts, Purpose } from './attempts.js';
import { Connection, type ConnectionEvents } from './connection.js';
import { NextAttempt } from './next-attempt.js';
import type { Settled } from './requests.js';
import { retryPolicy } from './retry-policy.js';

/** What a line is made with; the same for all lines of an upstream. */
export interface LineTools {
  market: Market;
  dial: Dial;
  clock: Clock;
  random: Random;
  attempts: Attempts;
  journal: Journal;
  problems: Problems;
  settings: Readonly<UpstreamSettings>;
  /** Streams that one connection may carry: Binance's limit, or the operator's lower one. */
  streamsPerLine: number;
  timings: Timings;
  /** Takes the messages of a line, one by one. */
  pipe(line: Line): (bytes: Uint8Array, isBinary: boolean) => void;
  /** What all lines have received. */
  traffic: { frames: number; bytes: number };
  /** How long our own process has just stood still; 0 when it has not. */
  stallMs(now: Millis): Millis;
}

/** Which line this is, and why there is one. */
export interface LineIdentity {
  /** Rises over all lines of the process. */
  generation: number;
  why: string;
  /** What its attempts are for until it has brought something; from then on they are repairs, but those of a spare one. */
  purpose: Purpose;
  /** Where its streams are served, behind the market's base URL. */
  route: string;
  /** Judges its bad frames; outlives it, so that trouble which a new line does not mend is met more and more patiently. */
  taint: Taint;
}

/** Who is told what happens to a line. */
export interface LineOwner {
  opened(line: Line): void;
  /** It cannot be trusted to carry what is wanted, or will be closed soon. */
  distrusted(line: Line, reason: 'tainted' | 'server-shutdown', why: string): void;
  /** Binance does not give these streams, whatever is tried. */
  refused(line: Line, streams: readonly StreamName[], why: string): void;
  /** Binance has answered: streams may be known to be carried that were not before. */
  carries(line: Line, since: ReadonlyMap<StreamName, Millis>): void;
  /** It may not try again yet. */
  held(line: Line, forMs: Millis): void;
  /** Its connection ended; `retryMs` until it tries again, absent when it will not. Returns what is done about it. */
  ended(line: Line, ending: Ending, retryMs: Millis | undefined): Then;
}

/** Statuses that are meant for everybody at this address. */
const FOR_ALL: ReadonlySet<number | undefined> = new Set([403, 418, 429]);

/** One connection to Binance at a time, with its subscriptions, kept alive until it is stopped. */
export class Line {
  readonly generation: number;
  readonly why: string;
  private readonly driver: LinkDriver;
  private readonly next: NextAttempt;
  private wasLive = false;
  /** The present connection; absent between the end of one and the handshake of the next. Only the line changes it. */
  connection: Connection | undefined;

  /** @param wanted The streams it must carry. */
  constructor(
    private readonly identity: LineIdentity,
    private wanted: ReadonlySet<StreamName>,
    private readonly tools: LineTools,
    private readonly owner: LineOwner,
  ) {
    this.generation = identity.generation;
    this.why = identity.why;
    const { dial, clock, random, settings, market, journal } = tools;
    const base = `${(settings.wsUrl ?? market.urls.stream).replace(/\/$/, '')}${identity.route}`;
    const { generation, why } = identity;
    const { timeUnit } = settings;
    this.next = new NextAttempt({ generation, why, base, timeUnit, limits: market.limits, journal });
    const ports = { dial, clock, random, permit: () => this.permit() };
    this.driver = new LinkDriver(ports, this.policy(), () => this.next.begin(this.wanted), {
      dialing: () => undefined,
      opened: (endpoints) => this.opened(endpoints),
      message: tools.pipe(this),
      heartbeat: (kind) => this.connection?.beat(kind, clock.now()),
      ended: (ending, retryMs) => this.ended(ending, retryMs),
    });
  }

  get state(): LinkState {
    return this.driver.state;
  }

  start(): void {
    this.driver.start();
  }

  /** Carries these streams from now on. */
  want(streams: ReadonlySet<StreamName>): void {
    this.wanted = streams;
    this.connection?.want(streams);
  }

  /** Looks for what can be seen only now and then: silence, and names that Binance has lost. */
  look(now: Millis, isAuditDue: boolean): void {
    const { connection, tools } = this;
    if (isAuditDue) connection?.audit();
    const { silenceBytesMs } = tools.settings;
    if (!connection?.isSilent(now, silenceBytesMs)) return;
    this.driver.hangUp('silence', `no bytes, not even a ping, for ${duration(silenceBytesMs)}`);
  }

  /** Our process stood still: nobody is judged by that time, and what ends soon is probably our own fault. */
  noteStall(stallMs: Millis, now: Millis): void {
    this.connection?.stalled(now, this.tools.timings.graceMs);
    if (this.next.record) this.next.record.stallMs = Math.round(stallMs);
  }

  /** Ends for good; resolves when its socket is gone. */
  async stop(cause: OwnReason, reason: string): Promise<void> {
    await this.driver.stop(cause, reason);
  }

  private async permit(): Promise<Millis> {
    const { purpose } = this.identity;
    const forMs = await this.tools.attempts.permit(this.wasLive && purpose !== 'spare' ? 'repair' : purpose);
    if (forMs > 0) this.owner.held(this, forMs);
    return forMs;
  }

  /** A URL that was refused for one of its names is no reason to wait: the next one names none. */
  private policy(): RetryPolicy {
    const policy = retryPolicy(this.tools.settings);
    return {
      ...policy,
      leastAfter: (ending, failures) => (this.next.isForNames(ending) ? 0 : policy.leastAfter(ending, failures)),
    };
  }

  private opened(endpoints: Endpoints): void {
    const { record, inUrl, refused } = this.next;
    if (!record) return;
    const { journal, market, clock, streamsPerLine, timings, traffic } = this.tools;
    journal.opened(record, endpoints);
    this.connection = new Connection({
      market,
      record,
      wanted: this.wanted,
      inUrl,
      refused,
      mostStreams: streamsPerLine,
      clock,
      answerMs: timings.answerMs,
      traffic,
      tell: this.listen(record),
    });
    this.owner.opened(this);
    this.connection.pump();
  }

  /** What becomes of what a connection says. */
  private listen(record: AttemptRecord): ConnectionEvents {
    const { clock, journal, problems } = this.tools;
    return {
      send: (text) => void this.driver.send(text),
      live: () => {
        this.wasLive = true;
        journal.firstData(record);
        this.driver.heard();
      },
      drifted: (frame, now) => problems.drift.note(frame.drift ?? [], frame, stamp(clock, now)),
      unreadable: (problem, bytes, now) => {
        problems.note(problem, bytes, this.generation, stamp(clock, now));
        if (!this.identity.taint.note(problem.code, now)) return;
        this.owner.distrusted(this, 'tainted', `bad frames: ${problem.code}`);
      },
      shutdownComing: () => this.owner.distrusted(this, 'server-shutdown', 'its server is shutting down'),
      settled: (settlement, why) => this.settled(record, settlement, why),
    };
  }

  private settled(record: AttemptRecord, settlement: Settled, why: string): void {
    const { connection, owner, tools } = this;
    if (connection) owner.carries(this, connection.requests.carriedSince);
    if (settlement.is === 'hopeless') return owner.distrusted(this, 'tainted', why);
    if (settlement.is === 'mismatch' || settlement.is === 'unanswered') return tools.journal.requestFailed(record, why);
    if (settlement.is !== 'refused') return undefined;
    tools.journal.requestFailed(record, `${settlement.streams.join(', ')}: ${settlement.why}`);
    return owner.refused(this, settlement.streams, settlement.why);
  }

  private ended(ending: Ending, retryMs: Millis | undefined): void {
    const { connection, next, tools } = this;
    const { record } = next;
    connection?.end();
    this.connection = undefined;
    next.over(ending);
    if (FOR_ALL.has(ending.status)) tools.attempts.order(leastAfterRefusal(ending));
    if (record) this.blame(record, connection);
    const then = this.owner.ended(this, ending, retryMs);
    if (record) tools.journal.ended(record, ending, then);
  }

  /** Sockets may be read before the late tick that would tell of a stall, so it is looked for here, too. */
  private blame(record: AttemptRecord, connection: Connection | undefined): void {
    const now = this.tools.clock.now();
    const stallMs = this.tools.stallMs(now);
    if (stallMs > 0) record.stallMs = Math.round(stallMs);
    else if (connection && !connection.mayBlameStall(now)) delete record.stallMs;
  }
}
