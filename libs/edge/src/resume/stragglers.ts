import { CLOSE, type Place, isAfter, isSamePlace, placeIn } from '#libs/core';
import type { Indulgence } from '../door/backlogs.js';
import type { Session } from '../door/session.js';
import type { EdgeMetrics } from '../metrics/edge-metrics.js';
import type { EdgeStream } from '../streams/edge-stream.js';
import { isDoubted } from '../streams/table.js';
import { doubt, restatement, standing } from '../streams/telling.js';
import { continues, rangeBehind, toldTo } from './range.js';

/** How a client that hears a stream no longer stands with it. */
interface LaggingStream {
  /** Behind which it is to be given what is kept; undefined while that is still being asked for. */
  at: Place | undefined;
  /** What it knows of the state: nothing yet, that the edge hears no upstream, or what the stream itself has said. */
  knows: 'nothing' | 'doubt' | 'state';
}

/**
 * Clients that are behind some of their streams. Of these they hear nothing live: they are given what is kept, as fast as they read,
 * until they are where the stream is, and hear it from then on. Who does not get there while it is kept is closed, and may come back
 * and say where it was.
 */
export class Stragglers implements Indulgence {
  private readonly behind = new Map<Session, Map<EdgeStream, LaggingStream>>();

  /**
   * @param mostBytes of what is kept may wait for one of them.
   * @param isOwed whether a newcomer has still to be given books or last events, which would come before what it lacks.
   */
  constructor(
    private readonly mostBytes: number,
    private readonly metrics: Pick<EdgeMetrics, 'slowCloses' | 'counts'>,
    private readonly isOwed: (session: Session) => boolean,
  ) {}

  /** From now on it hears nothing of these streams, and is given nothing. */
  hold(session: Session, streams: readonly EdgeStream[]): void {
    this.put(
      session,
      streams.map((stream) => [stream, { at: undefined, knows: 'nothing' }]),
    );
  }

  /** It hears those again that it was kept from. */
  release(session: Session): void {
    const streams = this.behind.get(session);
    for (const [stream, { at }] of streams ?? []) {
      if (at !== undefined) continue;
      streams?.delete(stream);
      stream.audience.seat(session);
    }
  }

  /** It has just come back, and is given these streams from where it was. */
  resume(session: Session, places: Iterable<[EdgeStream, Place]>): void {
    this.put(
      session,
      [...places].map(([stream, at]) => [stream, { at, knows: 'nothing' }]),
    );
    this.giveOn(session);
  }

  /** It reads too slowly for what is live: of all that it hears and that nothing is left out of it is given what is kept, from here on. */
  fallBehind(session: Session): boolean {
    if (session.wire.name !== 'native' || this.isOwed(session)) return false;
    const known = this.behind.get(session);
    if ([...(known ?? [])].some(([stream, { at }]) => at && !isKept(stream, at))) {
      this.giveUp(session);
      return true;
    }
    const live = wholeOf(session).filter((stream) => stream.isFollowed && !known?.has(stream));
    if (live.some(({ history }) => !history)) return false;
    if (live.length > 0) this.metrics.counts.fellBehind += 1;
    this.put(
      session,
      live.map((stream) => [stream, { at: toldTo(stream), knows: isDoubted(stream.phase) ? 'doubt' : 'state' }]),
    );
    return (this.behind.get(session)?.size ?? 0) > 0;
  }

  /** Whether it is given this stream as it reads. */
  has(session: Session, stream: EdgeStream): boolean {
    return this.behind.get(session)?.has(stream) === true;
  }

  /** It wants some no more, or does without some of their messages: those that it has no longer, or under another contract. */
  tidy(session: Session): void {
    const streams = this.behind.get(session);
    const whole = new Set(wholeOf(session));
    for (const stream of streams?.keys() ?? []) if (!whole.has(stream)) streams?.delete(stream);
  }

  /** It has gone. */
  forget(session: Session): void {
    this.behind.delete(session);
    session.reads = () => undefined;
  }

  private put(session: Session, lags: Iterable<[EdgeStream, LaggingStream]>): void {
    const streams = this.behind.get(session) ?? new Map<EdgeStream, LaggingStream>();
    this.behind.set(session, streams);
    session.reads = () => this.giveOn(session);
    for (const [stream, lag] of lags) {
      stream.audience.unseat(session);
      streams.set(stream, lag);
    }
  }

  private giveOn(session: Session): void {
    const streams = this.behind.get(session);
    for (const [stream, { at, knows }] of streams ?? []) {
      if (!session.isOpen || session.unsentBytes >= this.mostBytes) return;
      if (!at) continue;
      const reached = this.give(session, stream, at);
      if (!reached) return this.giveUp(session);
      streams?.delete(stream);
      // The others have their turn before it.
      if (!isSamePlace(reached, toldTo(stream))) streams?.set(stream, { at: reached, knows });
      else this.arrived(session, stream, knows);
    }
  }

  /** Sends as much as there is room for. Gives the place of the last one; undefined where not all is kept. */
  private give(session: Session, stream: EdgeStream, at: Place): Place | undefined {
    const texts = rangeBehind(stream, at);
    if (!texts) return undefined;
    const some = fitting(texts, this.mostBytes - session.unsentBytes);
    session.send(...some);
    if (some.length === texts.length) return toldTo(stream);
    return placeIn(some.at(-1) ?? '');
  }

  /** In the turn in which the last of what it lacked was sent: nothing is missed, and nothing comes twice. */
  private arrived(session: Session, stream: EdgeStream, knows: LaggingStream['knows']): void {
    if (knows === 'nothing') session.send(...standing(stream));
    else if (isDoubted(stream.phase)) session.send(...(knows === 'doubt' ? [] : doubt(stream)));
    else if (knows === 'doubt') session.send(...restatement(stream, stream.place));
    stream.audience.seat(session);
  }

  private giveUp(session: Session): void {
    this.forget(session);
    this.metrics.slowCloses.inc({ how: 'fell-behind' });
    session.close(CLOSE.fellBehind, 'fell behind: what you lack is not kept any more; say your last places');
  }
}

/** The streams of which it is told every message: what is conflated for it goes by its own way, as fast as it reads. */
const wholeOf = (session: Session): EdgeStream[] =>
  [...session.streams].flatMap(([name, stream]) => (stream && !session.hearerOf(name).conflated ? [stream] : []));

/** Whether all behind this place may still be there; looked at often, so at its end alone. */
function isKept(stream: EdgeStream, at: Place): boolean {
  const oldest = stream.history?.oldest;
  if (oldest === undefined) return isSamePlace(at, toldTo(stream));
  return !isAfter(placeIn(oldest), at) || continues(oldest, at);
}

/** As many as so many bytes hold, one at least. */
function fitting(texts: readonly string[], bytes: number): readonly string[] {
  let left = bytes;
  const end = texts.findIndex(({ length }, index) => {
    left -= length;
    return index > 0 && left < 0;
  });
  return end === -1 ? texts : texts.slice(0, end);
}
