import type { Millis, Seq, StreamName } from '#libs/core';

/** Places of streams that are not wanted now are remembered for so many. */
const MOST_REMEMBERED = 20_000;

/** A stream whose listeners we had only lost sight of goes on where it was, if it is wanted again so soon. */
const RESUME_MS: Millis = 60_000;

/** How far a stream was when nobody wanted it any more. */
interface Left {
  seq: Seq;
  /** The id reached, where the next run is to go on behind it. */
  last: number | undefined;
  at: Millis;
}

/** Where a stream begins that is wanted. */
interface Start {
  /** The place given last. */
  seq: Seq;
  /** The id reached before, where its run goes on. */
  resumeAt: number | undefined;
  /** Whether it was wanted before in this term, as far as anybody remembers. */
  isAgain: boolean;
}

/** Streams that nobody wants now, in this term: no place is given twice. */
export class LeftStreams {
  private readonly left = new Map<StreamName, Left>();
  private firstSeq: Seq = 0;

  /** A stream is wanted. Its run of ids begins anew, unless nobody had said that the last one was over. */
  take(name: StreamName, now: Millis): Start {
    const left = this.left.get(name);
    this.left.delete(name);
    const resumeAt = left && now - left.at < RESUME_MS ? left.last : undefined;
    return { seq: left?.seq ?? this.firstSeq, resumeAt, isAgain: left !== undefined };
  }

  /** A stream is wanted no more. */
  put(name: StreamName, left: Left): void {
    this.left.set(name, left);
    this.forgetOldest();
  }

  /** Another term begins. */
  clear(): void {
    this.firstSeq = 0;
    this.left.clear();
  }

  /** A forgotten stream that comes back begins above every place that was forgotten, so no place is given twice. */
  private forgetOldest(): void {
    if (this.left.size <= MOST_REMEMBERED) return;
    for (const [stream, { seq }] of this.left) {
      this.left.delete(stream);
      this.firstSeq = Math.max(this.firstSeq, seq);
      return;
    }
  }
}
