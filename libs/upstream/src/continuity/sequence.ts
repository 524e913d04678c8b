import type { Millis } from '#libs/core';
import { RestartWatch } from './restart.js';

/** Where a sequence puts what it has decided. */
export interface SequenceSink<T> {
  /** Next in line. */
  emit(item: T): void;
  /** These will not come; what is emitted next comes after them. */
  gap(from: number, to: number): void;
  /** Came already. */
  repeated(item: T): void;
  /** The ids began again below what we had: a new count, not a repetition. */
  restarted(from: number, to: number): void;
}

interface Held<T> {
  item: T;
  first: number;
  last: number;
}

/** So many events may wait for earlier ones; then the gap is declared. */
const MOST_HELD = 2_000;

/**
 * Puts events numbered without holes into one line, from one connection or from several that carry the same stream.
 * The first arrival of an id wins. An event that is ahead is held back while another living line may still deliver what
 * is missing; once every line is past it, or patience ends, it is a gap. See `hold-back.why.md`.
 */
export class Sequence<T> {
  private last: number | undefined;
  private held: Held<T>[] = [];
  private heldSince: Millis = 0;
  /** The newest id per line; kept while more than one line carries the stream, and until what they left waiting is out. */
  private reached: Map<number, number> | undefined;
  private readonly restarts = new RestartWatch();

  constructor(private readonly sink: SequenceSink<T>) {}

  get isHolding(): boolean {
    return this.held.length > 0;
  }

  /** The last id that was passed on. */
  get reachedId(): number | undefined {
    return this.last;
  }

  /** Goes on behind an id that was reached before; only for a sequence that has not begun. */
  resume(last: number): void {
    this.last ??= last;
  }

  /** Takes one event with the ids `first` to `last` from a line. `lines` are the living ones that carry the stream. */
  accept(item: T, first: number, last: number, line: number, lines: ReadonlySet<number>, now: Millis): void {
    if (lines.size > 1 || this.held.length > 0) (this.reached ??= new Map()).set(line, last);
    else this.reached = undefined;
    if (this.last === undefined || first === this.last + 1) this.pass(item, last);
    else if (last <= this.last) this.repeat(item, first, last, lines, now);
    else if (first <= this.last) this.pass(item, last);
    else this.hold({ item, first, last }, now);
    if (this.held.length > 0) this.release(lines);
  }

  /** Emits what no longer has anything to wait for. Called when a line is gone, too. */
  release(lines: ReadonlySet<number>): void {
    this.drain();
    while (this.held[0] && (this.held.length > MOST_HELD || this.isHopeless(this.held[0].first, lines))) this.giveUp();
  }

  /** Declares the gap if it has been waited for since before `deadline`. */
  expire(deadline: Millis): void {
    if (this.held.length > 0 && this.heldSince <= deadline) this.giveUp();
  }

  /** Nothing before an id can come any more when every line that carries the stream has passed it. */
  private isHopeless(first: number, lines: ReadonlySet<number>): boolean {
    if (!this.reached) return true;
    for (const line of lines) if ((this.reached.get(line) ?? -Infinity) < first) return false;
    return true;
  }

  private pass(item: T, last: number): void {
    this.last = last;
    this.restarts.clear();
    this.sink.emit(item);
  }

  private hold(held: Held<T>, now: Millis): void {
    if (this.held.length === 0) this.heldSince = now;
    const at = this.held.findIndex((other) => other.last >= held.last);
    if (at >= 0 && this.held[at]?.last === held.last) return this.sink.repeated(held.item);
    this.held.splice(at < 0 ? this.held.length : at, 0, held);
  }

  private drain(): void {
    for (let next = this.held[0]; next && next.first <= (this.last ?? 0) + 1; next = this.held[0]) {
      this.held.shift();
      if (next.last > (this.last ?? 0)) this.pass(next.item, next.last);
      else this.sink.repeated(next.item);
    }
  }

  private giveUp(): void {
    const next = this.held[0];
    if (!next || this.last === undefined) return;
    this.sink.gap(this.last + 1, next.first - 1);
    this.last = next.first - 1;
    this.drain();
  }

  private repeat(item: T, first: number, last: number, lines: ReadonlySet<number>, now: Millis): void {
    const isRestart = this.restarts.sawOld(now) && lines.size <= 1;
    if (!isRestart) return this.sink.repeated(item);
    this.sink.restarted(this.last ?? last, first);
    this.pass(item, last);
  }
}
