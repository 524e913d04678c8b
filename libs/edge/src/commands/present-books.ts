import type { Cancel, Clock } from '#libs/core';
import type { Session } from '../door/session.js';
import type { EdgeStream } from '../streams/edge-stream.js';
import { bookOf } from '../streams/telling.js';

const PACE_MS = 1_000;

/** What a client was given since the last look, and what it has still to be given. */
interface Pace {
  bytes: number;
  waiting: EdgeStream[];
  cancel: Cancel;
}

/**
 * Gives newcomers the books of their streams, to each client no more than so many bytes in a second: hundreds of books at once
 * would be more than may wait for one that reads well.
 */
export class PresentBooks {
  private readonly paces = new Map<Session, Pace>();

  constructor(
    private readonly clock: Clock,
    private readonly bytesPerSecond: number,
  ) {}

  /** The text of the stream's book where the client may have it now; else it follows when there is room. */
  give(session: Session, stream: EdgeStream): string[] {
    if (!stream.book) return [];
    const pace = this.paces.get(session) ?? this.begin(session);
    if (pace.bytes < this.bytesPerSecond) return this.textsOf(pace, stream);
    pace.waiting.push(stream);
    return [];
  }

  forget(session: Session): void {
    this.paces.get(session)?.cancel();
    this.paces.delete(session);
  }

  private begin(session: Session): Pace {
    const pace: Pace = { bytes: 0, waiting: [], cancel: () => undefined };
    this.paces.set(session, pace);
    this.later(session, pace);
    return pace;
  }

  private later(session: Session, pace: Pace): void {
    pace.cancel = this.clock.after(PACE_MS, () => {
      if (pace.waiting.length === 0) return this.forget(session);
      this.later(session, pace);
      pace.bytes = session.backlogBytes;
      const texts: string[] = [];
      while (pace.bytes < this.bytesPerSecond && pace.waiting.length > 0) {
        const stream = pace.waiting.shift();
        if (stream && session.streams.get(stream.name) === stream) texts.push(...this.textsOf(pace, stream));
      }
      session.send(...texts);
    });
  }

  private textsOf(pace: Pace, stream: EdgeStream): string[] {
    const texts = bookOf(stream);
    for (const text of texts) pace.bytes += text.length;
    return texts;
  }
}
