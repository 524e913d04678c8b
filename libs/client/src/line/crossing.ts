import { type Place, type StreamEvent, type StreamName, isAfter } from '#libs/core';
import type { GatewayLine, LineStart } from './gateway-line.js';
import { goOnFrom, mayHoldSome } from '../streams/interest.js';

/** So much may be held of what the new connection says; with more the crossing is given up, for the old one serves all the while. */
const MOST_HELD = 20_000;

/**
 * A crossing from a connection that the gateway is going to close to a new one, make before break. The old one serves until it has got, in every
 * stream, as far as the new one begins; what the new one says meanwhile is held. Then that is told, but for what came already.
 */
export class Crossing {
  /** Streams of the old connection of which the new one is not known to bring all that follows. */
  private readonly behind: Set<StreamName>;
  /** Where the new connection begins, of those. */
  private readonly begins = new Map<StreamName, Place>();
  private readonly held: { tell: () => void; event: StreamEvent | undefined }[] = [];
  private isOpen = false;

  constructor(
    private readonly from: GatewayLine,
    readonly to: GatewayLine,
  ) {
    this.behind = new Set([...from.wanted.interests.keys()].filter((stream) => this.isServed(stream)));
  }

  /** Whether the new connection can take over. */
  get isDue(): boolean {
    return this.isOpen && this.behind.size === 0;
  }

  get isTooMuch(): boolean {
    return this.held.length > MOST_HELD;
  }

  /** Whether the old connection serves the stream. */
  isServed(stream: StreamName): boolean {
    const interest = this.from.wanted.interests.get(stream);
    return interest?.standing === 'served' && interest.isWanted;
  }

  opened(): void {
    this.isOpen = true;
  }

  /** The new connection has to begin anew. */
  lost(): void {
    this.isOpen = false;
    this.held.length = 0;
    this.begins.clear();
    goOnFrom(this.from.wanted.interests, this.to.wanted.interests);
    for (const stream of this.from.wanted.interests.keys()) this.served(stream);
  }

  /** The old connection serves one more. */
  served(stream: StreamName): void {
    if (this.isServed(stream)) this.behind.add(stream);
  }

  /** Nobody wants it any more. */
  dropped(stream: StreamName): void {
    this.behind.delete(stream);
  }

  /**
   * The new connection begins to serve: nothing is missing where it goes on from the place that it was told. Of streams that the old one does
   * not serve, those who listen are told.
   */
  started(starts: ReadonlyMap<StreamName, LineStart>, tell: (fresh: [StreamName, LineStart][]) => void): void {
    this.hold(() => tell([...starts].filter(([stream]) => !this.isServed(stream))));
    for (const [stream, { place, hasMissed }] of starts) {
      const goesOn = !hasMissed && this.to.wanted.interests.get(stream)?.resumeFrom !== undefined;
      if (goesOn && !this.mayHoldSome(stream)) this.behind.delete(stream);
      else if (place) this.begin(stream, place);
    }
  }

  /** Keeps what the new connection has said until it takes over. */
  hold(tell: () => void, event?: StreamEvent): void {
    this.held.push({ tell, event });
    if (event && this.behind.has(event.stream) && !this.begins.has(event.stream))
      this.begin(event.stream, placeBefore(event));
  }

  /** The old connection has got further. */
  advanced(stream: StreamName): void {
    const begin = this.begins.get(stream);
    if (!begin || !this.behind.has(stream)) return;
    const interest = this.from.wanted.interests.get(stream);
    const reached = interest?.last ?? interest?.present?.place;
    if (reached && isAfter(begin, reached)) return;
    if (this.mayHoldSome(stream)) this.from.settle(stream);
    else this.behind.delete(stream);
  }

  /** The old connection has brought all up to this place, of every symbol; undefined where nobody can have it do so. */
  settled(stream: StreamName, place: Place | null | undefined): void {
    const begin = this.begins.get(stream);
    if (!begin || (place && isAfter(begin, place))) return;
    this.behind.delete(stream);
  }

  /** Lets the new connection go on where the old one is, and tells what it has said. */
  finish(): void {
    goOnFrom(this.from.wanted.interests, this.to.wanted.interests);
    for (const { tell, event } of this.held) if (!event || !this.isPastBook(event)) tell();
  }

  /** Whether the old connection may hold some of what came before the place that it has brought. */
  private mayHoldSome(stream: StreamName): boolean {
    const interest = this.from.wanted.interests.get(stream);
    return interest !== undefined && mayHoldSome(interest);
  }

  /** A book of a term that is over would take its reader back. */
  private isPastBook({ type, stream, epoch }: StreamEvent): boolean {
    return type === 'book' && epoch < (this.from.wanted.interests.get(stream)?.last?.epoch ?? 0);
  }

  private begin(stream: StreamName, place: Place): void {
    this.begins.set(stream, place);
    this.advanced(stream);
  }
}

/** After which place a stream begins with this: what is said of how it stands, or its book, stands there itself. */
const placeBefore = ({ type, epoch, seq }: StreamEvent): Place => ({
  epoch,
  seq: type === 'feed' || type === 'book' ? seq : seq - 1,
});
