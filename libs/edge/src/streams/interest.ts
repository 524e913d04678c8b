import type { Subscription } from '#libs/bus';
import type { ParsedStream } from '#libs/binance';
import { type Cancel, type Clock, HoldfastError, type Millis, type StreamName } from '#libs/core';
import type { Rendition } from '../delivery/rendition.js';
import type { EdgeStream } from './edge-stream.js';
import type { Room } from './room.js';

interface WantedStream {
  stream: EdgeStream;
  subscription: Subscription;
  /** Whether nothing published on the stream's channel is missed any more; only then may it be demanded. */
  isReady: boolean;
  /** How many streams that client had before it for whom it is the first: the upstream may not have room for all. */
  rank: number;
  /** Set while nobody wants it and it waits to be let go. */
  lingering: Cancel | undefined;
}

interface InterestParts {
  clock: Clock;
  room: Room;
  lingerMs: Millis;
  /** Makes what is known of a stream that is new here. */
  make(parsed: ParsedStream): EdgeStream;
  /** Begins to listen on its channel. */
  listen(stream: EdgeStream): Subscription;
  /** Called when a stream is wanted that was not. */
  opened(stream: EdgeStream): void;
  /** Called when the set of streams that may be demanded has changed. */
  changed(): void;
}

/**
 * Which streams of a market the clients of this edge want, counted. A stream that its last client has left stays for
 * `lingerMs`, so that a client that reconnects finds it warm.
 */
export class Interest {
  private readonly entries = new Map<StreamName, WantedStream>();

  constructor(private readonly parts: InterestParts) {}

  get streams(): EdgeStream[] {
    return [...this.entries.values()].map(({ stream }) => stream);
  }

  /** Those on whose channels nothing is missed any more. First what clients asked for first, so that one that wants many goes before nobody. */
  get ready(): EdgeStream[] {
    const ready = [...this.entries.values()].filter(({ isReady }) => isReady);
    return ready.sort((one, other) => one.rank - other.rank).map(({ stream }) => stream);
  }

  /** What is known of a stream; undefined where nobody wants it. */
  find(name: StreamName): EdgeStream | undefined {
    return this.entries.get(name)?.stream;
  }

  /** Whether this very object is what is known of its stream: it may have been let go, and wanted again since. */
  has(stream: EdgeStream): boolean {
    return this.entries.get(stream.name)?.stream === stream;
  }

  /** @throws HoldfastError `too-many-streams` if this edge cannot take all of these as well. */
  makeRoom(names: readonly StreamName[]): void {
    const { taken, most } = this.parts.room;
    const asked = new Set(names);
    const fresh = [...asked].filter((name) => !this.entries.has(name));
    const over = taken + fresh.length - most;
    if (over <= 0) return;
    const idle = [...this.entries.values()].filter(({ stream, lingering }) => lingering && !asked.has(stream.name));
    if (over > idle.length) {
      const message = `this edge serves at most ${most} streams`;
      const homeless = fresh.slice(idle.length - over).map((name) => [name, message]);
      throw new HoldfastError('too-many-streams', message, { streams: Object.fromEntries(homeless) });
    }
    for (const entry of idle.slice(0, over)) this.letGo(entry);
  }

  /** The same without a word: false if it cannot. */
  hasRoom(names: readonly StreamName[]): boolean {
    try {
      this.makeRoom(names);
      return true;
    } catch (error) {
      if (error instanceof HoldfastError) return false;
      throw error;
    }
  }

  /**
   * One more client wants the stream in this form.
   *
   * @param rank how many streams it has already.
   */
  want(parsed: ParsedStream, rendition: Rendition, rank = 0): EdgeStream {
    const entry = this.entries.get(parsed.name) ?? this.open(parsed);
    entry.rank = entry.lingering ? rank : Math.min(entry.rank, rank);
    entry.lingering?.();
    entry.lingering = undefined;
    entry.stream.audience.add(rendition);
    return entry.stream;
  }

  /** One client fewer. */
  release({ name, audience }: EdgeStream, rendition: Rendition): void {
    audience.remove(rendition);
    const entry = this.entries.get(name);
    if (!entry || audience.size > 0) return;
    entry.lingering = this.parts.clock.after(this.parts.lingerMs, () => this.letGo(entry));
  }

  /** Nothing is wanted any more. */
  end(): void {
    for (const entry of this.entries.values()) this.letGo(entry);
  }

  private open(parsed: ParsedStream): WantedStream {
    const stream = this.parts.make(parsed);
    const subscription = this.parts.listen(stream);
    const entry: WantedStream = { stream, subscription, isReady: false, rank: Infinity, lingering: undefined };
    this.entries.set(parsed.name, entry);
    this.parts.room.taken += 1;
    this.parts.opened(stream);
    void subscription.ready.then(() => {
      entry.isReady = true;
      if (this.has(stream)) this.parts.changed();
    });
    return entry;
  }

  private letGo({ stream, subscription, lingering }: WantedStream): void {
    lingering?.();
    subscription.end();
    stream.history?.close();
    this.entries.delete(stream.name);
    this.parts.room.taken -= 1;
    this.parts.changed();
  }
}
