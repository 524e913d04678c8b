import type { Millis, StreamName } from '#libs/core';
import type { Line } from '../connection/line.js';
import type { Continuity } from '../continuity/continuity.js';
import type { Timings } from '../timings.js';
import { judge } from './coverage.js';
import type { RotationReason } from './plan.js';

/** A slot as its replacement sees it. */
export interface Replaced {
  readonly streams: ReadonlySet<StreamName>;
  /** Generations of the lines that carry its streams. */
  readonly lines: Set<number>;
  /** The line that carries them now. */
  readonly line: Line | undefined;
}

/** Another slot, whose streams the replacement is to carry, too. */
export interface Guest extends Replaced {
  /** It is on its own again: the replacement carries its streams no longer. */
  alone(): void;
}

export interface ReplacementTools {
  continuity: Continuity;
  timings: Timings;
}

const NOTHING: ReadonlyMap<StreamName, Millis> = new Map();

/**
 * A line that is to take over from a slot's active line, and from that of a guest, if it has one. Until it does, host and
 * guest keep their lines, and each stream may come on its old line and on this one.
 */
export class Replacement<G extends Guest = Guest> {
  /** What its line must carry: the streams of all it replaces. */
  readonly streams = new Set<StreamName>();
  readonly line: Line;

  /** @param open Makes the line that is to carry these streams; it is not started. */
  constructor(
    readonly reason: RotationReason,
    readonly startedAt: Millis,
    private readonly tools: ReplacementTools,
    private readonly host: Replaced,
    private visitor: G | undefined,
    open: (streams: ReadonlySet<StreamName>) => Line,
  ) {
    this.gather();
    this.line = open(this.streams);
    this.line.delivered = new Map();
    for (const { line } of this.replaced) if (line) line.delivered = new Map();
  }

  get guest(): G | undefined {
    return this.visitor;
  }

  /** How many streams it must carry, also before `sync`. */
  get size(): number {
    return this.replaced.reduce((sum, { streams }) => sum + streams.size, 0);
  }

  /** The streams of the host or the guest have changed. */
  sync(): void {
    this.gather();
    this.line.sync();
  }

  /** Its line is up: what comes early on one line may wait for the other. */
  opened(): void {
    for (const { lines } of this.replaced) lines.add(this.line.generation);
  }

  /** Whether it has delivered all that the old lines deliver, and nothing waits for them. */
  isReady(now: Millis): boolean {
    return this.replaced.every((slot) => this.covers(slot, now));
  }

  /** Goes on for the host alone. */
  release(): void {
    const guest = this.visitor;
    if (!guest) return;
    this.visitor = undefined;
    this.sync();
    this.leave(guest);
    guest.alone();
  }

  /** It will not take over: it carries nobody's streams any more. */
  giveUp(): void {
    this.release();
    this.leave(this.host);
  }

  private get replaced(): readonly Replaced[] {
    return this.visitor ? [this.host, this.visitor] : [this.host];
  }

  private covers({ streams, lines, line }: Replaced, now: Millis): boolean {
    const { timings, continuity } = this.tools;
    const confirmedAt = this.line.isSynced ? this.line.confirmedAt : undefined;
    const overlap = {
      streams,
      old: line?.delivered ?? NOTHING,
      replacement: this.line.delivered ?? NOTHING,
      confirmedAt,
    };
    return judge(overlap, now, timings) === 'ready' && continuity.isSettled(lines);
  }

  private leave({ lines, line }: Replaced): void {
    if (line) line.delivered = undefined;
    lines.delete(this.line.generation);
    this.tools.continuity.lineGone(lines);
  }

  private gather(): void {
    this.streams.clear();
    for (const { streams } of this.replaced) for (const stream of streams) this.streams.add(stream);
  }
}
