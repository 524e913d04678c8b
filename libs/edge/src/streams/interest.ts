import type { Subscription } from '#libs/bus';
import type { ParsedStream } from '#libs/binance';
import { type Cancel, type Clock, type ErrorCode, HoldfastError, type Millis, type StreamName } from '#libs/core';
import type { Rendition } from '../delivery/rendition.js';
import type { Openings } from '../guard/openings.js';
import type { EdgeStream } from './edge-stream.js';
import type { Lodger, Room } from './room.js';

/** For whom streams are wanted. */
export interface Claim {
  /** Whose room they take: somebody with a token, or an address. */
  holder: string;
  /** They are carried already, if not by this edge: nobody pays for asking for them. */
  isCarried?: boolean;
}

/** Of nobody who has to be told from others. */
const NOBODYS: Claim = { holder: '' };

interface WantedStream extends Lodger {
  stream: EdgeStream;
  subscription: Subscription;
  /** Whether nothing published on the stream's channel is missed any more; only then may it be demanded. */
  isReady: boolean;
  /** How many streams that client had before it for whom it is the first: the upstream may not have room for all. */
  rank: number;
  /** Set while nobody wants it and it waits to be let go. */
  lingering: Cancel | undefined;
  /** By how many clients of each holder it is wanted; the first one's room it takes. */
  readonly wanters: Map<string, number>;
}

interface InterestParts {
  clock: Clock;
  room: Room;
  openings: Openings;
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

  /** @throws HoldfastError what `findRoom` says. */
  makeRoom(names: readonly StreamName[], claim?: Claim): void {
    const refusal = this.findRoom(names, claim);
    if (refusal) throw refusal;
  }

  /**
   * Lets go of what only lingers, as far as that is needed for all of these.
   *
   * @returns why they cannot be had, where they cannot, and nothing is changed: `no-room` if this edge cannot take all of them as
   * well, or has to leave some for others; `too-many-commands` if the holder has opened as many as it may, lately.
   */
  findRoom(names: readonly StreamName[], { holder, isCarried }: Claim = NOBODYS): HoldfastError | undefined {
    const { room, openings } = this.parts;
    const asked = [...new Set(names)].map((name) => ({ name, entry: this.entries.get(name) }));
    const takenUp = asked.filter(({ entry }) => entry?.lingering);
    const others = takenUp.filter(({ entry }) => entry?.holder !== holder);
    const takenBack = takenUp.length - others.length;
    const fresh = asked.filter(({ entry }) => !entry);
    const spare = room.spareFor(holder, takenBack);
    const isLeft = spare < room.free - takenBack;
    const why = `this edge serves at most ${room.most} streams${isLeft ? ', and leaves some of them for others' : ''}`;
    const most = isCarried ? Infinity : openings.leftFor(holder);
    const refusal =
      refusalBeyond(spare, [...others, ...fresh], 'no-room', why) ??
      refusalBeyond(most, fresh, 'too-many-commands', openings.rule);
    if (refusal) return refusal;
    const staying = new Set(takenUp.flatMap(({ entry }) => entry ?? []));
    room.clear(room.taken + fresh.length - room.most, holder, staying);
    return undefined;
  }

  /** Whether a holder can have one stream: what `findRoom` says of it, without its words, for who asks often. */
  hasRoomFor(name: StreamName, holder: string): boolean {
    const { room, openings } = this.parts;
    const entry = this.entries.get(name);
    if (entry && (!entry.lingering || entry.holder === holder)) return true;
    if (room.spareFor(holder) === 0) return false;
    return entry !== undefined || openings.leftFor(holder) > 0;
  }

  /**
   * One more client wants the stream in this form.
   *
   * @param rank how many streams it has already.
   */
  want(parsed: ParsedStream, rendition: Rendition, rank = 0, claim = NOBODYS): EdgeStream {
    const { holder } = claim;
    const entry = this.entries.get(parsed.name) ?? this.open(parsed, claim);
    entry.rank = entry.lingering ? rank : Math.min(entry.rank, rank);
    if (entry.lingering) this.parts.room.takeUp(entry, holder);
    entry.lingering?.();
    entry.lingering = undefined;
    entry.wanters.set(holder, (entry.wanters.get(holder) ?? 0) + 1);
    entry.stream.audience.add(rendition);
    return entry.stream;
  }

  /** One client fewer. */
  release({ name, audience }: EdgeStream, rendition: Rendition, { holder } = NOBODYS): void {
    audience.remove(rendition);
    const entry = this.entries.get(name);
    if (!entry) return;
    this.disclaim(entry, holder);
    if (audience.size > 0) return;
    this.parts.room.linger(entry);
    entry.lingering = this.parts.clock.after(this.parts.lingerMs, () => this.letGo(entry));
  }

  /** Nothing is wanted any more. */
  end(): void {
    for (const entry of this.entries.values()) this.letGo(entry);
  }

  /** A client of this holder wants it no more; where no other client of his does, it takes the room of somebody who does. */
  private disclaim(entry: WantedStream, holder: string): void {
    const left = (entry.wanters.get(holder) ?? 0) - 1;
    if (left > 0) return void entry.wanters.set(holder, left);
    entry.wanters.delete(holder);
    const [heir] = entry.wanters.keys();
    if (entry.holder === holder && heir !== undefined) this.parts.room.pass(entry, heir);
  }

  private open(parsed: ParsedStream, { holder, isCarried }: Claim): WantedStream {
    const { room, openings } = this.parts;
    const stream = this.parts.make(parsed);
    const subscription = this.parts.listen(stream);
    const entry: WantedStream = {
      stream,
      subscription,
      isReady: false,
      rank: Infinity,
      lingering: undefined,
      holder,
      wanters: new Map(),
      letGo: () => this.letGo(entry),
    };
    this.entries.set(parsed.name, entry);
    room.enter(entry);
    if (!isCarried) openings.spend(holder);
    this.parts.opened(stream);
    void subscription.ready.then(() => {
      entry.isReady = true;
      if (this.has(stream)) this.parts.changed();
    });
    return entry;
  }

  private letGo(entry: WantedStream): void {
    const { stream, subscription, lingering } = entry;
    lingering?.();
    subscription.end();
    stream.history?.close();
    this.entries.delete(stream.name);
    this.parts.room.leave(entry);
    this.parts.changed();
  }
}

/** Names those for which so many is not enough. */
function refusalBeyond(
  most: number,
  streams: readonly { name: StreamName }[],
  code: ErrorCode,
  why: string,
): HoldfastError | undefined {
  if (streams.length <= most) return undefined;
  const homeless = streams.slice(most).map(({ name }) => [name, why]);
  return new HoldfastError(code, why, { streams: Object.fromEntries(homeless) });
}
