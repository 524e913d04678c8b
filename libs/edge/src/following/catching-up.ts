import type { MissedQuestion } from '#libs/core';
import type { Sluice } from '../delivery/sluice.js';
import type { EdgeCounts } from '../metrics/edge-counts.js';
import { HeldBack } from './held-back.js';

/** A stream whose messages may have to wait for others. */
interface HoldingStream {
  heldBack: HeldBack | undefined;
}

interface CatchingUpParts<Stream> {
  counts: Pick<EdgeCounts, 'fetched' | 'heldBack'>;
  /** Shut while as much has gone out as clients must first read. */
  sluice: Pick<Sluice, 'isShut' | 'wait'>;
  /** Asks for messages that were missed. Told once: all of them, or nothing. */
  fetch(question: MissedQuestion, stream: Stream, told: (texts: readonly string[]) => void): void;
  /** Takes a message as if it came now. */
  take(stream: Stream, text: string): void;
}

/**
 * Lets what comes of a stream wait while what is missing before it is asked for; then all of it is taken in its order, as if it came
 * now, or, where what is missing cannot be had, without that. No faster than clients can be written to: what comes meanwhile waits
 * behind it.
 */
export class CatchingUp<Stream extends HoldingStream> {
  constructor(private readonly parts: CatchingUpParts<Stream>) {}

  /**
   * False where there is nothing to ask for.
   *
   * @param andThen called behind what was missed, and before what came meanwhile.
   */
  begin(stream: Stream, question: MissedQuestion | undefined, andThen: () => void): boolean {
    if (!question) return false;
    const held = stream.heldBack ?? new HeldBack();
    const asked = Symbol('question');
    stream.heldBack = held;
    held.question = asked;
    held.putFirst([andThen]);
    this.parts.fetch(question, stream, (missed) => {
      if (stream.heldBack !== held || held.question !== asked) return;
      this.parts.counts.fetched += missed.length;
      held.putFirst(missed);
      this.dismiss(stream);
      this.goOn(stream);
    });
    return true;
  }

  /** Whether something waits that comes before what is said of the stream now. */
  isWaiting({ heldBack }: Stream): boolean {
    return heldBack !== undefined && !(heldBack.isLettingGo && heldBack.isEmpty);
  }

  /** Lets this wait behind all that does; with too much of it what is missing is not waited for any more. False where nothing waits. */
  hold(stream: Stream, text: string): boolean {
    const { heldBack } = stream;
    // One that is being taken does not wait behind itself; what a sluice that is full lets through does, before it has gone on.
    if (!heldBack || (heldBack.isLettingGo && !heldBack.isPaused)) return false;
    heldBack.put(text);
    if (heldBack.isTooMuch) this.dismiss(stream);
    this.goOn(stream);
    return true;
  }

  /** Does this behind all that waits now; nothing where nothing does. */
  behind({ heldBack }: Stream, goOn: () => void): void {
    heldBack?.put(goOn);
  }

  /** What is asked is not waited for: nothing is missing after all, or nobody has it. What waits goes on when it is told to. */
  dismiss({ heldBack }: Stream): void {
    if (heldBack) heldBack.question = undefined;
  }

  /** Takes what waits, unless something is asked or waited for. */
  goOn(stream: Stream): void {
    const held = stream.heldBack;
    if (!held || held.isPaused || held.isLettingGo) return;
    held.isLettingGo = true;
    try {
      while (held.question === undefined && !held.isPaused && stream.heldBack === held) this.next(stream, held);
    } finally {
      held.isLettingGo = false;
    }
  }

  private next(stream: Stream, held: HeldBack): void {
    if (held.isEmpty) return void (stream.heldBack = undefined);
    if (this.parts.sluice.isShut) return this.pause(stream, held);
    const next = held.shift();
    if (typeof next === 'string') this.parts.take(stream, next);
    else next?.();
  }

  /** What went out before has to be written first. */
  private pause(stream: Stream, held: HeldBack): void {
    if (!held.hasPaused) this.parts.counts.heldBack += held.count;
    held.isPaused = held.hasPaused = true;
    this.parts.sluice.wait(() => {
      held.isPaused = false;
      this.goOn(stream);
    }, held.letters);
  }
}
