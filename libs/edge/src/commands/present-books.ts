import type { Cancel, Clock } from '#libs/core';
import type { Session } from '../door/session.js';
import type { EdgeStream } from '../streams/edge-stream.js';
import { bookOf } from '../streams/telling.js';

const EVERY_MS = 1_000;

/** What a client was given since the last look, and what it has still to be given. */
interface Ration {
  bytes: number;
  waiting: EdgeStream[];
  cancel: Cancel;
}

/**
 * Gives newcomers the books of their streams, to each client no more than so many bytes in a second: hundreds of books at once
 * would be more than may wait for one that reads well.
 */
export class PresentBooks {
  private readonly rations = new Map<Session, Ration>();

  constructor(
    private readonly clock: Clock,
    private readonly bytesPerSecond: number,
  ) {}

  /** The text of the stream's book where the client may have it now; else it follows when there is room. */
  give(session: Session, stream: EdgeStream): string[] {
    if (!stream.book) return [];
    const ration = this.rations.get(session) ?? this.begin(session);
    if (ration.bytes < this.bytesPerSecond) return this.textsOf(ration, stream);
    ration.waiting.push(stream);
    return [];
  }

  forget(session: Session): void {
    this.rations.get(session)?.cancel();
    this.rations.delete(session);
  }

  private begin(session: Session): Ration {
    const ration: Ration = { bytes: 0, waiting: [], cancel: () => undefined };
    this.rations.set(session, ration);
    this.later(session, ration);
    return ration;
  }

  private later(session: Session, ration: Ration): void {
    ration.cancel = this.clock.after(EVERY_MS, () => {
      if (ration.waiting.length === 0) return this.forget(session);
      this.later(session, ration);
      ration.bytes = session.backlogBytes;
      const texts: string[] = [];
      while (ration.bytes < this.bytesPerSecond && ration.waiting.length > 0) {
        const stream = ration.waiting.shift();
        if (stream && session.streams.get(stream.name) === stream) texts.push(...this.textsOf(ration, stream));
      }
      session.send(...texts);
    });
  }

  private textsOf(ration: Ration, stream: EdgeStream): string[] {
    const texts = bookOf(stream);
    for (const text of texts) ration.bytes += text.length;
    return texts;
  }
}
