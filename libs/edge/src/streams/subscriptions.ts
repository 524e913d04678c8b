import { parseStreamName } from '#libs/binance';
import { HoldfastError, type StreamName } from '#libs/core';
import type { Session } from '../session.js';
import type { DemandBook } from './demand-book.js';
import type { EdgeStream } from './edge-stream.js';
import type { UpstreamWatch } from './upstream-watch.js';

/** Which client has which streams. A refused change changes nothing. */
export class Subscriptions {
  constructor(
    private readonly demand: DemandBook,
    private readonly watch: UpstreamWatch,
    private readonly maxStreamsPerClient: number,
  ) {}

  /**
   * Gives a client these streams as well. What is published from now on reaches it.
   *
   * @throws HoldfastError when a name is not a stream's, or there would be too many.
   */
  add(session: Session, names: readonly StreamName[]): EdgeStream[] {
    for (const name of names) requireStream(name);
    const fresh = [...new Set(names)].filter((name) => !session.streams.has(name));
    if (session.streams.size + fresh.length > this.maxStreamsPerClient) {
      throw new HoldfastError('too-many-streams', `one connection may have ${this.maxStreamsPerClient} streams`);
    }
    this.demand.makeRoom(fresh);
    for (const name of fresh) this.join(session, name);
    return [...new Set(names)].flatMap((name) => this.demand.find(name) ?? []);
  }

  /** Takes streams from a client; names it does not have are passed over. Gives those it had. */
  remove(session: Session, names: readonly StreamName[]): StreamName[] {
    const had = [...new Set(names)].filter((name) => session.streams.has(name));
    for (const name of had) this.leave(session, name);
    return had;
  }

  removeAll(session: Session): void {
    for (const name of session.streams) this.leave(session, name);
  }

  /** Changes the form of a client's frames. The new topic is joined before the old one is left: no frame is missed. */
  setCombined(session: Session, isCombined: boolean): void {
    if (session.isCombined === isCombined) return;
    const before = session.rendition;
    session.isCombined = isCombined;
    for (const name of session.streams) {
      const stream = this.demand.want(name, session.rendition);
      session.join(stream.topics[session.rendition]);
      session.leave(stream.topics[before]);
      this.demand.release(name, before);
    }
  }

  private join(session: Session, name: StreamName): void {
    const stream = this.demand.want(name, session.rendition);
    this.watch.introduce(stream);
    session.streams.add(name);
    session.join(stream.topics[session.rendition]);
  }

  private leave(session: Session, name: StreamName): void {
    session.streams.delete(name);
    const stream = this.demand.find(name);
    if (stream) session.leave(stream.topics[session.rendition]);
    this.demand.release(name, session.rendition);
  }
}

function requireStream(name: StreamName): void {
  const parsed = parseStreamName(name);
  if (!parsed.ok) throw new HoldfastError(parsed.problem.code, parsed.problem.message);
}
