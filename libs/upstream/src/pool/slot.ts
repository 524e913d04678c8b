import type { ProblemCode } from '#libs/binance';
import type { FeedCause, FeedState, Millis, StreamName } from '#libs/core';
import type { Ending } from '#libs/link';
import type { Log } from '#libs/runtime';
import { Line, type LineOwner, type LineTools } from '../connection/line.js';
import type { Continuity } from '../continuity/continuity.js';
import type { FeedDesk } from '../feed/feed-desk.js';
import { Taint } from '../problems/taint.js';
import { judge } from './coverage.js';
import { rotationDueAt } from './schedule.js';

/** Why a line is replaced. */
export type RotationReason = 'age' | 'server-shutdown' | 'tainted' | 'operator' | 'data-silence';

/** What slots are made with. */
export interface SlotTools extends LineTools {
  log: Log;
  continuity: Continuity;
  desk: FeedDesk;
  /** Rises over all lines of the process. */
  nextGeneration(): number;
  /** A message of any line of the slot. */
  message(slot: Slot, line: Line, bytes: Uint8Array, isBinary: boolean, now: Millis): void;
  /** A rotation ended; for the counters. */
  rotated(reason: RotationReason, result: 'done' | 'failed' | 'promoted'): void;
}

/** A rotation that is wished for: why, and not before when. */
interface Wish {
  reason: RotationReason;
  notBefore: Millis;
}

interface Replacement {
  line: Line;
  reason: RotationReason;
  startedAt: Millis;
}

/** A wait between attempts that is longer than this is told to clients as `stale`, not as `recovering`. */
const PATIENT_MS: Millis = 5_000;

/**
 * A set of streams and the line that carries them: normally one, two while it is replaced. Whatever happens, there is
 * exactly one line that is `active`, and it reconnects by itself.
 */
export class Slot implements LineOwner {
  readonly streams = new Set<StreamName>();
  /** Generations of the lines that are up; continuity reads it. */
  readonly lines = new Set<number>();
  private active: Line | undefined;
  private replacement: Replacement | undefined;
  private wish: Wish | undefined;
  /** When the active line is to be replaced because of its age. */
  dueAt: Millis = Infinity;
  private failures = 0;
  private readonly taint = new Taint();

  constructor(private readonly tools: SlotTools) {}

  /** The line that carries the streams now. */
  get line(): Line | undefined {
    return this.active;
  }

  /** All lines there are: the active one, and its replacement while there is one. */
  get allLines(): Line[] {
    return [this.active, this.replacement?.line].filter((line) => line !== undefined);
  }

  /** What is going on, for operators. */
  get rotation(): string | undefined {
    if (this.replacement)
      return `replacing (${this.replacement.reason}) by generation ${this.replacement.line.generation}`;
    return this.wish && `wanted: ${this.wish.reason}`;
  }

  /** The set of streams has changed. */
  sync(): void {
    if (this.active) for (const line of this.allLines) line.sync();
    else this.active = this.begin('demand', this.tools.timings.attempts);
  }

  /** Wishes for a replacement; it begins with the next tick from `notBefore` on. A wish that stands is only brought forward. */
  rotate(reason: RotationReason, notBefore: Millis = 0): void {
    if (this.replacement) return;
    if (this.wish && this.wish.notBefore <= notBefore) return;
    this.wish = { reason, notBefore };
  }

  /** Judges what is going on; called often. */
  tick(now: Millis): void {
    if (this.replacement) return this.judge(this.replacement, now);
    if (now >= this.dueAt) this.rotate('age');
    if (this.wish && now >= this.wish.notBefore && this.active?.isUp) this.replace(this.wish.reason, now);
  }

  /** Ends for good; resolves when its sockets are gone. */
  async stop(cause: 'stopped' | 'not-needed'): Promise<void> {
    const lines = this.allLines;
    this.active = undefined;
    this.replacement = undefined;
    await Promise.all(
      lines.map((line) => line.stop(cause, cause === 'stopped' ? 'the upstream stopped' : 'nobody wants its streams')),
    );
  }

  opened(line: Line): void {
    this.lines.add(line.generation);
    if (line === this.active) this.plan();
  }

  message(line: Line, bytes: Uint8Array, isBinary: boolean, now: Millis): void {
    this.tools.message(this, line, bytes, isBinary, now);
  }

  hopeless(line: Line, why: string): void {
    this.distrust(line, 'tainted', why);
  }

  /** The server of this line will close it soon. */
  shutdownComing(line: Line): void {
    this.distrust(line, 'server-shutdown', 'its server is shutting down');
  }

  /** A frame of this line could not be read; now and then that is reason enough to replace it. */
  badFrame(line: Line, code: ProblemCode, now: Millis): void {
    if (this.taint.note(code, now)) this.distrust(line, 'tainted', `bad frames: ${code}`);
  }

  private distrust(line: Line, reason: RotationReason, why: string): void {
    if (line === this.replacement?.line) this.fail(this.replacement, why);
    else if (line === this.active) this.rotate(reason);
  }

  held(line: Line, forMs: Millis): void {
    const message = `our budget of connection attempts is used up; next attempt in ${Math.ceil(forMs)} ms`;
    this.tools.log.warn({ code: 'line.held', generation: line.generation, forMs }, message);
    if (line === this.active) this.announce('stale', 'reconnecting', message);
  }

  ended(line: Line, ending: Ending, retryMs: Millis | undefined): string {
    this.lines.delete(line.generation);
    this.tools.continuity.lineGone(this.lines);
    if (line === this.replacement?.line) this.fail(this.replacement, `it ended: ${describe(ending)}`);
    else if (line === this.active && retryMs !== undefined) return this.lost(ending, retryMs);
    return retryMs === undefined ? 'nothing: not needed any more' : 'another replacement is tried later';
  }

  private begin(why: string, attempts: number): Line {
    const line = new Line({ generation: this.tools.nextGeneration(), why, attempts }, this.streams, this.tools, this);
    line.start();
    return line;
  }

  private replace(reason: RotationReason, startedAt: Millis): void {
    this.wish = undefined;
    this.dueAt = Infinity;
    const line = this.begin(reason, this.tools.timings.rotationAttempts);
    this.replacement = { line, reason, startedAt };
    for (const either of this.allLines) either.delivered = new Map();
    this.tools.log.info({ code: 'rotation.begun', reason, generation: line.generation }, 'opening a replacement');
  }

  private judge(replacement: Replacement, now: Millis): void {
    const { line, startedAt } = replacement;
    const { timings, continuity } = this.tools;
    const old = this.active?.delivered;
    if (!old || !line.delivered) return;
    const confirmedAt = line.isSynced ? line.confirmedAt : undefined;
    const overlap = { streams: this.streams, old, replacement: line.delivered, confirmedAt };
    if (judge(overlap, now, timings) === 'ready' && continuity.isSettled(this.lines)) this.handOver(replacement);
    else if (now - startedAt >= timings.rotationMs) {
      this.fail(replacement, `it did not deliver everything within ${timings.rotationMs} ms`);
    }
  }

  private handOver({ line, reason }: Replacement): void {
    const old = this.active;
    this.take(line, reason, 'done');
    if (!old) return;
    this.lines.delete(old.generation);
    this.tools.continuity.lineGone(this.lines);
    void old.stop('replaced', `replaced by generation ${line.generation}: ${reason}`);
  }

  /** The replacement is the line from now on. */
  private take(line: Line, reason: RotationReason, result: 'done' | 'promoted'): void {
    line.delivered = undefined;
    this.active = line;
    this.replacement = undefined;
    this.failures = 0;
    this.plan();
    this.tools.rotated(reason, result);
    this.tools.log.info(
      { code: `rotation.${result}`, reason, generation: line.generation },
      'the replacement took over',
    );
  }

  /** The replacement is given up; the working line stays, and it is tried again later. */
  private fail({ line, reason }: Replacement, why: string): void {
    const { timings, clock, log } = this.tools;
    this.replacement = undefined;
    this.lines.delete(line.generation);
    if (this.active) this.active.delivered = undefined;
    const waitMs = Math.min(timings.rotationRetryMostMs, timings.rotationRetryMs * 2 ** this.failures);
    this.failures += 1;
    this.rotate(reason, clock.now() + waitMs);
    this.tools.rotated(reason, 'failed');
    log.warn(
      { code: 'rotation.failed', reason, generation: line.generation, why, retryMs: waitMs },
      'replacement failed',
    );
    void line.stop('not-needed', `rotation failed: ${why}`);
    this.tools.continuity.lineGone(this.lines);
  }

  /** The active line dropped. A replacement that is up takes its place; otherwise the line reconnects by itself. */
  private lost(ending: Ending, retryMs: Millis): string {
    const { active: old, replacement } = this;
    const takesOver = replacement?.line.isUp === true;
    const then = takesOver ? `generation ${replacement.line.generation} takes over` : `next attempt in ${retryMs} ms`;
    this.dueAt = Infinity;
    this.wish = undefined;
    const isRefused = ending.cause === 'refused';
    const state = isRefused || retryMs > PATIENT_MS ? 'stale' : 'recovering';
    const cause = isRefused ? 'connection-refused' : 'connection-lost';
    this.announce(state, cause, `${describe(ending)}; ${then}`, takesOver ? replacement.line.delivered : undefined);
    if (old) old.delivered = undefined;
    if (takesOver) {
      this.take(replacement.line, replacement.reason, 'promoted');
      void old?.stop('replaced', then);
    } else if (replacement) {
      this.replacement = undefined;
      void replacement.line.stop('not-needed', 'the line it was to replace has dropped and reconnects');
    }
    return then;
  }

  /** Says how all streams are, those left out that the replacement delivers already. */
  private announce(state: FeedState, cause: FeedCause, message: string, but?: ReadonlyMap<StreamName, Millis>): void {
    const { continuity, desk } = this.tools;
    for (const stream of this.streams) {
      const series = continuity.get(stream);
      if (series && !but?.has(stream)) desk.set(series, state, cause, message);
    }
  }

  private plan(): void {
    const openedAt = this.active?.openedAt;
    if (openedAt !== undefined) this.dueAt = rotationDueAt(openedAt, this.tools.settings, this.tools.random);
  }
}

function describe({ closedBy, cause, code, reason }: Ending): string {
  const who = closedBy === 'peer' ? 'Binance' : closedBy;
  const details = [cause, code, reason].filter((part) => part !== undefined && part !== '').join(' ');
  return `ended by ${who}: ${details}`;
}
