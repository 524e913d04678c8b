import type { Cancel, Clock } from '#libs/core';
import type { Session } from '../door/session.js';
import type { EdgeStream } from '../streams/edge-stream.js';
import { bookOf, lastOf, snapshot } from '../streams/telling.js';

const EVERY_MS = 1_000;

/** What a client was given since the last look, and what it has still to be given: streams, with how many of their last events. */
interface Ration {
  bytes: number;
  waiting: Map<EdgeStream, number>;
  cancel: Cancel;
}

/**
 * Tells newcomers how their streams stand, and gives them books and the last events, to each client no more than so many bytes in
 * a second: hundreds of books at once would be more than may wait for one that reads well.
 */
export class Introductions {
  private readonly rations = new Map<Session, Ration>();

  constructor(
    private readonly clock: Clock,
    private readonly bytesPerSecond: number,
  ) {}

  /**
   * What the client is told of the stream now. A book for which there is no room follows when there is. Of events the last ones
   * come before live ones: where there is no room for them the client hears nothing of the stream until there is, and this is
   * undefined.
   */
  introduce(session: Session, stream: EdgeStream, last: number): string[] | undefined {
    this.forgetWaiting(session, stream);
    const events = lastOf(stream, last);
    if (!stream.book && events.length === 0) return snapshot(stream);
    const ration = this.rations.get(session) ?? this.begin(session);
    const hasRoom = ration.bytes < this.bytesPerSecond;
    if (hasRoom) return [...snapshot(stream), ...counted(ration, stream.book ? bookOf(stream) : events)];
    ration.waiting.set(stream, last);
    if (stream.book) return snapshot(stream);
    stream.audience.unseat(session);
    return undefined;
  }

  /** Whether something is still to be given to it. */
  isOwed(session: Session): boolean {
    return (this.rations.get(session)?.waiting.size ?? 0) > 0;
  }

  forget(session: Session): void {
    this.rations.get(session)?.cancel();
    this.rations.delete(session);
  }

  /** It wants this no more. */
  drop(session: Session, stream: EdgeStream | undefined): void {
    if (stream) this.rations.get(session)?.waiting.delete(stream);
  }

  /** It asks anew for a stream that waits: it hears that like any other now. */
  private forgetWaiting(session: Session, stream: EdgeStream): void {
    if (this.rations.get(session)?.waiting.delete(stream)) stream.audience.seat(session.hearerOf(stream.name));
  }

  private begin(session: Session): Ration {
    const ration: Ration = { bytes: 0, waiting: new Map(), cancel: () => undefined };
    this.rations.set(session, ration);
    this.later(session, ration);
    return ration;
  }

  private later(session: Session, ration: Ration): void {
    ration.cancel = this.clock.after(EVERY_MS, () => {
      if (ration.waiting.size === 0) return this.forget(session);
      this.later(session, ration);
      ration.bytes = session.backlogBytes;
      const texts: string[] = [];
      for (const [stream, last] of ration.waiting) {
        if (ration.bytes >= this.bytesPerSecond) break;
        ration.waiting.delete(stream);
        if (session.streams.get(stream.name) === stream) texts.push(...give(session, ration, stream, last));
      }
      session.send(...texts);
    });
  }
}

/** What was left out, as it is by now; a stream of events begins with it. In one turn with what is sent of it. */
function give(session: Session, ration: Ration, stream: EdgeStream, last: number): string[] {
  if (stream.book) return counted(ration, bookOf(stream));
  stream.audience.seat(session);
  return [...snapshot(stream), ...counted(ration, lastOf(stream, last))];
}

function counted(ration: Ration, texts: string[]): string[] {
  for (const text of texts) ration.bytes += text.length;
  return texts;
}
