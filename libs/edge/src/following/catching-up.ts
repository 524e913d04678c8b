import type { MissedQuestion } from '#libs/core';
import type { EdgeCounts } from '../metrics/edge-counts.js';
import { HeldBack } from './held-back.js';

/** A stream whose messages may have to wait for others. */
interface HoldingStream {
  heldBack: HeldBack | undefined;
}

interface CatchingUpParts<Stream> {
  counts: Pick<EdgeCounts, 'fetched'>;
  /** Asks for messages that were missed. Told once: all of them, or nothing. */
  fetch(question: MissedQuestion, stream: Stream, told: (texts: readonly string[]) => void): void;
  /** Takes a message as if it came now. */
  take(stream: Stream, text: string): void;
}

/**
 * Lets what comes of a stream wait while what is missing before it is asked for; then all of it is taken in its order, as if it came
 * now, or, where what is missing cannot be had, without that.
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
    const { parts } = this;
    const goOn = (missed: readonly string[]): void => {
      if (stream.heldBack !== held) return;
      stream.heldBack = undefined;
      parts.counts.fetched += missed.length;
      for (const one of missed) parts.take(stream, one);
      andThen();
      for (const one of held.texts) parts.take(stream, one);
    };
    const held = new HeldBack(() => goOn([]));
    stream.heldBack = held;
    parts.fetch(question, stream, goOn);
    return true;
  }

  /** Nothing is missing after all. Gives what waits, which is then to be taken. */
  release(stream: Stream): readonly string[] {
    const texts = stream.heldBack?.texts ?? [];
    stream.heldBack = undefined;
    return texts;
  }
}
