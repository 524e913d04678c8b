import type { ProblemCode } from '#libs/binance';
import type { Millis, StreamName } from '#libs/core';
import type { Ending } from '#libs/link';
import { Line, type LineOwner } from '../connection/line.js';
import { type Loss, describe, lossOf } from '../feed/loss.js';
import { Taint } from '../problems/taint.js';
import { Plan, type RotationReason } from './plan.js';
import { type Guest, Replacement } from './replacement.js';
import type { Neighbourhood, SlotTools } from './slot-tools.js';

/** Rotations that can take their time. The others are in a hurry, or come from trouble that no second slot should share. */
const PLANNED: ReadonlySet<RotationReason> = new Set(['age', 'operator']);

/**
 * A set of streams and the line that carries them: normally one, two while it is replaced. Whatever happens, there is
 * exactly one line that is `active`, and it reconnects by itself. When two slots fit on one connection, a planned replacement
 * of the one carries both and then the other is no more; see `rotation.why.md`.
 */
export class Slot implements LineOwner, Guest {
  /** The active line carries exactly this set. */
  streams = new Set<StreamName>();
  /** Generations of the lines that are up; continuity reads it. */
  readonly lines = new Set<number>();
  private active: Line | undefined;
  private replacement: Replacement<Slot> | undefined;
  /** The replacement of another slot that is to carry this one's streams, too. */
  private movingTo: Replacement<Slot> | undefined;
  /** When the active line is to be replaced. */
  readonly plan: Plan;
  private readonly taint = new Taint();

  constructor(
    private readonly tools: SlotTools<Slot>,
    private readonly neighbourhood: Neighbourhood<Slot>,
  ) {
    this.plan = new Plan(tools.settings, tools.timings, tools.random);
  }

  /** The line that carries the streams now. */
  get line(): Line | undefined {
    return this.active;
  }

  /** All lines there are: the active one, and its replacement while there is one. */
  get allLines(): Line[] {
    return [this.active, this.replacement?.line].filter((line) => line !== undefined);
  }

  /** Streams that the connection which carries this slot's has, or will have soon. */
  get load(): number {
    return (this.replacement ?? this.movingTo)?.size ?? this.streams.size;
  }

  get isCalm(): boolean {
    return this.active?.isUp === true && !this.replacement && !this.movingTo;
  }

  /** What is going on, for operators. */
  get rotation(): string | undefined {
    const { replacement, movingTo, plan } = this;
    if (replacement) return `replacing (${replacement.reason}) by generation ${replacement.line.generation}`;
    if (movingTo) return `moving to generation ${movingTo.line.generation}`;
    return plan.wanted && `wanted: ${plan.wanted}`;
  }

  /** The set of streams has changed. */
  sync(): void {
    (this.replacement ?? this.movingTo)?.sync();
    if (this.active) return this.active.sync();
    this.active = this.newLine('demand', this.streams, this.tools.timings.attempts);
    this.active.start();
  }

  /** Wishes for a replacement; it begins with the next tick, when nothing else is under way. */
  rotate(reason: RotationReason): void {
    if (!this.replacement) this.plan.want(reason);
  }

  /** Judges what is going on; called often. */
  tick(now: Millis): void {
    if (this.replacement) return this.judge(this.replacement, now);
    const reason = this.plan.due(now);
    if (reason && this.isCalm) this.replace(reason, now);
  }

  /** Ends for good; resolves when its sockets are gone. */
  async stop(cause: 'stopped' | 'not-needed'): Promise<void> {
    const lines = this.allLines;
    this.movingTo?.release();
    this.replacement?.release();
    this.active = undefined;
    this.replacement = undefined;
    await Promise.all(
      lines.map((line) => line.stop(cause, cause === 'stopped' ? 'the upstream stopped' : 'nobody wants its streams')),
    );
  }

  /** The replacement of the other slot does not carry this one's streams after all. */
  alone(): void {
    this.movingTo = undefined;
    if (this.active?.isUp) return;
    const live = [...this.streams].filter((stream) => this.tools.continuity.get(stream)?.feed?.state === 'live');
    this.announce({ state: 'recovering', cause: 'connection-lost' }, 'its connection is not back yet', live);
  }

  opened(line: Line): void {
    if (line === this.replacement?.line) this.replacement.opened();
    else this.lines.add(line.generation);
    if (line === this.active) this.plan.opened(line.openedAt);
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
    const untold = this.notOn(this.movingTo);
    if (line === this.active) this.announce({ state: 'stale', cause: 'reconnecting' }, message, untold);
  }

  ended(line: Line, ending: Ending, retryMs: Millis | undefined): string {
    this.lines.delete(line.generation);
    this.tools.continuity.lineGone(this.lines);
    if (line === this.replacement?.line) this.fail(this.replacement, `it ended: ${describe(ending)}`);
    else if (line === this.active && retryMs !== undefined) return this.lost(ending, retryMs);
    return retryMs === undefined ? 'nothing: not needed any more' : 'another replacement is tried later';
  }

  private newLine(why: string, streams: ReadonlySet<StreamName>, attempts: number): Line {
    return new Line({ generation: this.tools.nextGeneration(), why, attempts }, streams, this.tools, this);
  }

  private replace(reason: RotationReason, now: Millis): void {
    const { tools, neighbourhood } = this;
    this.plan.clear();
    // After a failure it must not be the guest that makes the next replacement fail, too.
    const guest = PLANNED.has(reason) && this.plan.failures === 0 ? neighbourhood.partnerOf(this) : undefined;
    const replacement = new Replacement(reason, now, tools, this, guest, (streams) =>
      this.newLine(reason, streams, tools.timings.rotationAttempts),
    );
    this.replacement = replacement;
    if (guest) guest.movingTo = replacement;
    const { generation } = replacement.line;
    const beside = guest?.active?.generation;
    tools.log.info({ code: 'rotation.begun', reason, generation, beside }, 'opening a replacement');
    replacement.line.start();
  }

  private judge(replacement: Replacement<Slot>, now: Millis): void {
    const { rotationMs } = this.tools.timings;
    if (replacement.isReady(now)) this.handOver(replacement);
    else if (now - replacement.startedAt >= rotationMs) {
      this.fail(replacement, `it did not deliver everything within ${rotationMs} ms`);
    }
  }

  private handOver(replacement: Replacement<Slot>): void {
    const { line, reason, guest } = replacement;
    const old = this.active;
    if (guest) this.neighbourhood.absorb(this, guest);
    this.take(replacement, 'done');
    for (const retired of [old, guest?.active]) {
      if (!retired) continue;
      this.lines.delete(retired.generation);
      void retired.stop('replaced', `replaced by generation ${line.generation}: ${reason}`);
    }
    this.tools.continuity.lineGone(this.lines);
  }

  /** The replacement is the line from now on. */
  private take({ line, reason, streams }: Replacement<Slot>, result: 'done' | 'promoted'): void {
    line.delivered = undefined;
    this.active = line;
    this.streams = streams;
    this.replacement = undefined;
    this.plan.succeeded();
    this.plan.opened(line.openedAt);
    this.tools.rotated(reason, result);
    const { generation } = line;
    this.tools.log.info({ code: `rotation.${result}`, reason, generation }, 'the replacement took over');
  }

  /** The replacement is given up; the working line stays, and it is tried again later. */
  private fail(replacement: Replacement<Slot>, why: string): void {
    const { line, reason } = replacement;
    const { generation } = line;
    const { clock, log } = this.tools;
    this.replacement = undefined;
    const retryMs = this.plan.failed(reason, clock.now());
    this.tools.rotated(reason, 'failed');
    log.warn({ code: 'rotation.failed', reason, generation, why, retryMs }, 'replacement failed');
    void line.stop('not-needed', `rotation failed: ${why}`);
    replacement.giveUp();
  }

  /** The active line dropped. A replacement that is up takes its place; otherwise the line reconnects by itself. */
  private lost(ending: Ending, retryMs: Millis): string {
    const { active: old, replacement, movingTo } = this;
    const heir = replacement?.line.isUp ? replacement : undefined;
    const then = heir ? `generation ${heir.line.generation} takes over` : `next attempt in ${retryMs} ms`;
    this.plan.clear();
    this.announce(lossOf(ending, retryMs), `${describe(ending)}; ${then}`, this.notOn(heir ?? movingTo));
    if (old) old.delivered = movingTo && new Map();
    if (heir) {
      heir.release();
      this.take(heir, 'promoted');
      void old?.stop('replaced', then);
    } else if (replacement) {
      this.replacement = undefined;
      void replacement.line.stop('not-needed', 'the line it was to replace has dropped and reconnects');
      replacement.giveUp();
    }
    return then;
  }

  /** The streams that a replacement does not deliver yet. */
  private notOn(replacement: Replacement<Slot> | undefined): StreamName[] {
    return [...this.streams].filter((stream) => !replacement?.line.delivered?.has(stream));
  }

  private announce({ state, cause }: Loss, message: string, streams: readonly StreamName[]): void {
    const { continuity, desk } = this.tools;
    for (const stream of streams) {
      const series = continuity.get(stream);
      if (series) desk.set(series, state, cause, message);
    }
  }
}
