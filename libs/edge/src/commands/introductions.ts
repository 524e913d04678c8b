import type { Cancel, Clock, Place } from '#libs/core';
import type { Session } from '../door/session.js';
import type { EdgeStream } from '../streams/edge-stream.js';
import { bookOf, lastOf, newestUpTo, snapshot } from '../streams/telling.js';

const EVERY_MS = 1_000;

/** What a client has still to be given of a stream. */
interface OwedPart {
  /** So many of its last events. */
  last: number;
  /** Where it stood when the client was told its state. */
  at: Place;
}

/** What a client was given since the last look, and what it has still to be given. */
interface Ration {
  bytes: number;
  waiting: Map<EdgeStream, OwedPart>;
  cancel: Cancel;
}

/**
 * Tells newcomers how their streams stand, and gives them newest events, books and the last events, to each client no more than so
 * many bytes in a second: hundreds of books at once would be more than may wait for one that reads well.
 */
export class Introductions {
  private readonly rations = new Map<Session, Ration>();

  constructor(
    private readonly clock: Clock,
    private readonly bytesPerSecond: number,
  ) {}

  /**
   * What the client is told of the stream now. A newest event or a book for which there is no room follows when there is. Of events the
   * last ones come before live ones: where there is no room for them the client hears nothing of the stream until there is, and this is
   * undefined.
   */
  introduce(session: Session, stream: EdgeStream, last: number): string[] | undefined {
    this.forgetWaiting(session, stream);
    const [state, ...newest] = snapshot(stream);
    const states = state === undefined ? [] : [state];
    const events = lastOf(stream, last);
    if (!stream.book && events.length === 0 && newest.length === 0) return states;
    const ration = this.rations.get(session) ?? this.begin(session);
    const hasRoom = ration.bytes < this.bytesPerSecond;
    if (hasRoom) return [...states, ...counted(ration, stream.book ? bookOf(stream) : [...newest, ...events])];
    ration.waiting.set(stream, { last, at: stream.place });
    if (events.length === 0) return states;
    stream.audience.unseat(session);
    return undefined;
  }

  /** Whether books or last events are still to be given to it. A newest event is none: a newer one takes its place. */
  isOwed(session: Session): boolean {
    const waiting = this.rations.get(session)?.waiting ?? new Map<EdgeStream, OwedPart>();
    return [...waiting.keys()].some(({ keepsNewest }) => !keepsNewest);
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
      for (const [stream, owed] of ration.waiting) {
        if (ration.bytes >= this.bytesPerSecond) break;
        ration.waiting.delete(stream);
        if (session.streams.get(stream.name) === stream) texts.push(...give(session, ration, stream, owed));
      }
      session.send(...texts);
    });
  }
}

/** What was left out, as it is by now; a stream of events begins with it. In one turn with what is sent of it. */
function give(session: Session, ration: Ration, stream: EdgeStream, { last, at }: OwedPart): string[] {
  if (stream.book) return counted(ration, bookOf(stream));
  if (stream.keepsNewest) return counted(ration, newestUpTo(stream, at));
  stream.audience.seat(session);
  return [...snapshot(stream), ...counted(ration, lastOf(stream, last))];
}

function counted(ration: Ration, texts: string[]): string[] {
  for (const text of texts) ration.bytes += text.length;
  return texts;
}
