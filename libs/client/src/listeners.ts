import type { FeedEvent, HoldfastError, Place, StreamEvent, StreamName, UnknownEvent } from '#libs/core';
import type { EventOf } from './event-of.js';

/** What a program is told about one stream. Every part is optional. */
export interface StreamListener<S extends StreamName = StreamName> {
  /** An event, in the order of its place, each once. */
  event?(event: EventOf<S>): void;
  /** The state of the stream changed: `live`, `stale`, `recovering` or `gap`. */
  feed?(feed: FeedEvent): void;
  /** Something Binance sent on the stream that Holdfast has no word for yet. */
  unknown?(event: UnknownEvent): void;
  /** The gateway serves the stream from now on; said again after each reconnect to it. */
  started?(start: StreamStart): void;
  /** The gateway will not serve it; the client no longer wants it. */
  refused?(error: HoldfastError): void;
}

export interface StreamStart {
  /** The stream's place when the gateway answered; null when it has not heard of the stream yet. */
  place: Place | null;
  /** True when events went by between the previous connection to the gateway and this one. */
  hasMissed: boolean;
}

type WholeListener = Required<StreamListener>;

const withDefaults = (listener: StreamListener): WholeListener => ({
  event: (event) => listener.event?.(event),
  feed: (feed) => listener.feed?.(feed),
  unknown: (event) => listener.unknown?.(event),
  started: (start) => listener.started?.(start),
  refused: (error) => listener.refused?.(error),
});

/** Who listens to which stream, and is told. */
export class Listeners {
  private readonly byStream = new Map<StreamName, Set<WholeListener>>();

  /** The function returned takes the listener off, and says whether it was the last one of its stream. */
  add<S extends StreamName>(stream: S, listener: StreamListener<S>): () => boolean {
    // The name says which event comes; nothing at run time can check a type made of a name.
    const whole = withDefaults(listener as unknown as StreamListener);
    const all = this.byStream.get(stream) ?? new Set();
    this.byStream.set(stream, all.add(whole));
    return () => {
      all.delete(whole);
      return all.size === 0 && this.byStream.get(stream) === all && this.byStream.delete(stream);
    };
  }

  tell(event: StreamEvent): void {
    for (const listener of this.byStream.get(event.stream) ?? []) {
      if (event.type === 'feed') listener.feed(event);
      else if (event.type === 'unknown') listener.unknown(event);
      else listener.event(event);
    }
  }

  started(stream: StreamName, start: StreamStart): void {
    for (const listener of this.byStream.get(stream) ?? []) listener.started(start);
  }

  /** Tells all of the stream's listeners that it is not served; they hear nothing more. */
  refused(stream: StreamName, error: HoldfastError): void {
    const listeners = this.byStream.get(stream) ?? [];
    this.byStream.delete(stream);
    for (const listener of listeners) listener.refused(error);
  }
}
