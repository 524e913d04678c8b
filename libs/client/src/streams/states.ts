import {
  type Clock,
  type ErrorCode,
  type FeedCause,
  type FeedEvent,
  type FeedState,
  type Millis,
  type Missing,
  type StreamEvent,
  type StreamName,
  stamp,
} from '#libs/core';
import type { RefusedStream } from './wanted-streams.js';

/**
 * How a stream is by now. While there is no connection to the gateway that is `stale` (`gateway-lost`), whatever was said last: nobody
 * knows better. A `gap` is told to those who watch, and is over at once: what follows it is live.
 */
export interface StreamState {
  readonly state: FeedState;
  /** Since when, by the clock of who says so; milliseconds since the Unix epoch. */
  readonly since: Millis;
  /** A cause of the feed's; the code with which the gateway refused the stream; `connecting` before anybody has said anything. */
  readonly why: FeedCause | ErrorCode | 'connecting' | 'gateway-lost';
  readonly by: FeedEvent['by'] | 'client';
  /** For people. */
  readonly message?: string;
  /** Of a `gap`, and while they are being fetched: which ids. */
  readonly missing?: Missing;
}

interface StateWatch {
  readonly tell: (state: StreamState) => void;
  isGone: boolean;
}

/** Names that were refused for good and are remembered with the reason; mistyped ones must not add up. */
const MOST_REFUSALS = 1_000;

/** How the streams are that somebody listens to, as values. Calls nobody itself: whom to tell it hands over. */
export class StreamStates {
  private readonly states = new Map<StreamName, StreamState>();
  private readonly refusals = new Map<StreamName, StreamState>();
  /** Lists are replaced, not changed: one may leave while the others are told. */
  private readonly watches = new Map<StreamName, readonly StateWatch[]>();

  /** @param later calls when the present change of state is complete. */
  constructor(
    private readonly clock: Clock,
    private readonly later: (act: () => void) => void,
  ) {}

  of(stream: StreamName): StreamState | undefined {
    return this.states.get(stream) ?? this.refusals.get(stream);
  }

  /** Somebody listens from now on; `feed` is what is known where the stream is served already. */
  want(stream: StreamName, feed?: FeedEvent): void {
    this.refusals.delete(stream);
    if (this.states.has(stream)) return;
    this.change(stream, feed ? stateOfFeed(feed) : this.own('recovering', 'connecting'));
  }

  /** Nobody listens any more. */
  drop(stream: StreamName): void {
    this.states.delete(stream);
  }

  heard(event: StreamEvent): void {
    if (event.type !== 'feed' || !this.states.has(event.stream)) return;
    const state = stateOfFeed(event);
    this.change(event.stream, state);
    if (state.state === 'gap') this.change(event.stream, behindGap(state));
  }

  /** Something was missed between two connections. How the stream is now nobody has said yet, so the value stays what it is. */
  missed(gap: FeedEvent): void {
    if (this.states.has(gap.stream)) this.tell(gap.stream, stateOfFeed(gap));
  }

  refused({ stream, error, isStillWanted }: RefusedStream): void {
    const state = { ...this.own('refused', error.code), message: error.message };
    if (isStillWanted) return this.change(stream, state);
    this.states.delete(stream);
    this.refusals.set(stream, state);
    this.tell(stream, state);
    const [oldest] = this.refusals.keys();
    if (this.refusals.size > MOST_REFUSALS && oldest !== undefined) this.refusals.delete(oldest);
  }

  /** There is no connection to the gateway. */
  lost(): void {
    for (const [stream, { why }] of this.states) {
      if (why !== 'connecting' && why !== 'gateway-lost') this.change(stream, this.own('stale', 'gateway-lost'));
    }
  }

  /** Tells how the stream is, where that is known, and each change from then on, until the returned function is called. */
  watch(stream: StreamName, tell: (state: StreamState) => void): () => void {
    const watch: StateWatch = { tell, isGone: false };
    this.watches.set(stream, [...(this.watches.get(stream) ?? []), watch]);
    const state = this.of(stream);
    if (state) this.say(watch, state);
    return () => {
      watch.isGone = true;
      const others = (this.watches.get(stream) ?? []).filter((other) => other !== watch);
      if (others.length > 0) this.watches.set(stream, others);
      else this.watches.delete(stream);
    };
  }

  /** Nothing is known any more, and nobody is told. */
  clear(): void {
    for (const watches of this.watches.values()) for (const watch of watches) watch.isGone = true;
    this.watches.clear();
    this.states.clear();
    this.refusals.clear();
  }

  private own(state: FeedState, why: StreamState['why']): StreamState {
    return { state, since: stamp(this.clock), why, by: 'client' };
  }

  private change(stream: StreamName, state: StreamState): void {
    const before = this.states.get(stream);
    this.states.set(stream, state);
    if (!before || !isSame(before, state)) this.tell(stream, state);
  }

  private tell(stream: StreamName, state: StreamState): void {
    for (const watch of this.watches.get(stream) ?? []) this.say(watch, state);
  }

  private say(watch: StateWatch, state: StreamState): void {
    this.later(() => {
      if (!watch.isGone) watch.tell(state);
    });
  }
}

const stateOfFeed = ({ state, since, cause, by, message, missing }: FeedEvent): StreamState => ({
  state,
  since,
  why: cause,
  by,
  ...(message !== undefined && { message }),
  ...(missing && { missing }),
});

const behindGap = ({ since, by }: StreamState): StreamState => ({ state: 'live', since, why: 'resumed', by });

const isSame = (one: StreamState, other: StreamState): boolean =>
  one.state === other.state &&
  one.since === other.since &&
  one.why === other.why &&
  one.by === other.by &&
  one.missing?.from === other.missing?.from &&
  one.missing?.to === other.missing?.to;
