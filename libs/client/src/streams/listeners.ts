import type { BookEvent, FeedEvent, HoldfastError, Place, StreamEvent, StreamName, UnknownEvent } from '#libs/core';
import type { Fence } from '../fence.js';
import type { EventOf } from './event-of.js';
import { type Present, eventsOf } from './present.js';
import type { RefusedStream } from './wanted-streams.js';

/** What a program is told about one stream. Every part is optional. */
export interface StreamListener<S extends StreamName = StreamName> {
  /** An event, in the order of its place, each once. */
  event?(event: EventOf<S>): void;
  /**
   * The book of a stream of diffs, in place of what was known of it as far as it reaches; the next diff continues it. While
   * somebody takes books of a stream the client keeps one for those who come late, which costs it as much as keeping yours costs you.
   */
  book?(book: BookEvent): void;
  /** The state of the stream, once at the start and whenever it changes: `live`, `stale`, `recovering`, `gap`, `refused`. */
  feed?(feed: FeedEvent): void;
  /** Something Binance sent on the stream that Holdfast has no word for yet. */
  unknown?(event: UnknownEvent): void;
  /** The gateway serves the stream from now on; said again after each reconnect to it. */
  started?(start: StreamStart): void;
  /**
   * The gateway does not serve it. Where it is still wanted (`too-many-streams`, `internal`) that passes: the client goes on asking
   * and says `started` when there is room. Else it no longer wants the stream.
   */
  refused?(error: HoldfastError, isStillWanted: boolean): void;
  /** The client has come to its end, and nothing more will come: it was closed (no error), or the gateway wants it back no more. */
  ended?(error?: Error): void;
}

export interface StreamStart {
  /** The stream's place when the listener began to be served; null when the gateway had not heard of the stream yet. */
  place: Place | null;
  /**
   * True when events went by between the previous connection to the gateway and this one that it cannot give you; who was served before
   * is told a `gap` as well. False: all of them come now, or there were none.
   */
  hasMissed: boolean;
}

/** One listener of one stream. */
export interface Seat {
  readonly listener: StreamListener;
  /** `late`: it came to a stream that was served already. `new`: this connection is the first that serves it. */
  standing: 'late' | 'new' | 'known' | 'gone';
}

/** Who listens to which stream, and is told. No listener can keep another one from being told. */
export class Listeners {
  /** Lists are replaced, not changed: a listener may come or go while the others are told. */
  private readonly byStream = new Map<StreamName, readonly Seat[]>();

  constructor(private readonly fence: Fence) {}

  /** The function returned takes the listener off, and says whether it was the last one of its stream. */
  add<S extends StreamName>(stream: S, listener: StreamListener<S>): { seat: Seat; leave: () => boolean } {
    // The name says which event comes; nothing at run time can check a type made of a name.
    const seat: Seat = { listener: listener as unknown as StreamListener, standing: 'late' };
    this.byStream.set(stream, [...this.seatsOf(stream), seat]);
    return { seat, leave: () => this.leave(stream, seat) };
  }

  /** Tells those who were there what is news to them: a repeat is news to who was not served before. */
  tell(event: StreamEvent, isRepeat: boolean): void {
    for (const seat of this.seatsOf(event.stream)) {
      if (seat.standing === 'new' || (seat.standing === 'known' && !isRepeat)) this.say(seat, event);
    }
  }

  /** Tells those who were served on the previous connection, and are on this one. */
  tellKnown(event: StreamEvent): void {
    for (const seat of this.seatsOf(event.stream)) if (seat.standing === 'known') this.say(seat, event);
  }

  /** Tells a listener that came late how its stream stands; nothing to one that was told meanwhile, or has gone. */
  welcome(seat: Seat, present: Present): void {
    if (seat.standing !== 'late') return;
    seat.standing = 'new';
    this.call(seat, 'started', () => seat.listener.started?.({ place: present.place, hasMissed: false }));
    for (const event of eventsOf(present)) this.say(seat, event);
  }

  /** The function returned tells it to those who listen now. */
  started(stream: StreamName, start: StreamStart): () => void {
    const seats = this.seatsOf(stream);
    for (const seat of seats) if (seat.standing === 'late') seat.standing = 'new';
    return () => {
      for (const seat of seats) this.call(seat, 'started', () => seat.listener.started?.(start));
    };
  }

  /** The function returned tells it to those who listen now; of a stream that is given up they hear nothing more. */
  refused({ stream, error, isStillWanted }: RefusedStream): () => void {
    const seats = this.seatsOf(stream);
    if (!isStillWanted) this.byStream.delete(stream);
    return () => {
      for (const seat of seats) {
        this.call(seat, 'refused', () => seat.listener.refused?.(error, isStillWanted));
        if (!isStillWanted) seat.standing = 'gone';
      }
    };
  }

  /** The next connection repeats how streams stand, which is no news to those who are served now. */
  disconnected(): void {
    for (const seats of this.byStream.values()) {
      for (const seat of seats) if (seat.standing === 'new') seat.standing = 'known';
    }
  }

  /** Nobody is told anything any more, but that it is over: by the function returned. */
  end(error?: Error): () => void {
    const seats = [...this.byStream.values()].flat();
    for (const seat of seats) seat.standing = 'gone';
    this.byStream.clear();
    return () => {
      for (const { listener } of seats) this.fence.call('ended', () => listener.ended?.(error));
    };
  }

  private seatsOf(stream: StreamName): readonly Seat[] {
    return this.byStream.get(stream) ?? [];
  }

  private leave(stream: StreamName, seat: Seat): boolean {
    if (seat.standing === 'gone') return false;
    seat.standing = 'gone';
    const others = this.seatsOf(stream).filter((other) => other !== seat);
    if (others.length > 0) this.byStream.set(stream, others);
    return others.length === 0 && this.byStream.delete(stream);
  }

  private say(seat: Seat, event: StreamEvent): void {
    const { listener } = seat;
    if (event.type === 'feed') this.call(seat, 'feed', () => listener.feed?.(event));
    else if (event.type === 'book') this.call(seat, 'book', () => listener.book?.(event));
    else if (event.type === 'unknown') this.call(seat, 'unknown', () => listener.unknown?.(event));
    else this.call(seat, 'event', () => listener.event?.(event));
  }

  private call(seat: Seat, part: keyof StreamListener, act: () => unknown): void {
    if (seat.standing !== 'gone') this.fence.call(part, act);
  }
}
