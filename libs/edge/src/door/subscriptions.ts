import type { ParsedStream } from '#libs/binance';
import { HoldfastError, type StreamName } from '#libs/core';
import { covers } from '#libs/runtime';
import type { Hearer } from '../delivery/crowd.js';
import { underOtherName } from '../delivery/rendition.js';
import type { EdgeStream } from '../streams/edge-stream.js';
import type { MarketStreams } from '../streams/market-streams.js';
import type { Interest } from '../streams/interest.js';
import type { Session } from './session.js';

/** Which client has which streams. A refused change changes nothing. */
export class Subscriptions {
  private readonly markets: ReadonlyMap<string, Interest>;

  constructor(
    markets: readonly MarketStreams[],
    private readonly maxStreamsPerClient: number,
  ) {
    this.markets = new Map(markets.map(({ market, wanted }) => [market.name, wanted]));
  }

  /**
   * Gives a client these streams as well. What is published from now on reaches it.
   *
   * @throws HoldfastError when there would be too many, or its token is not for them.
   */
  add(session: Session, streams: readonly ParsedStream[]): EdgeStream[] {
    refuseForbidden(session, streams);
    const named = new Map(streams.map((stream) => [stream.name, stream]));
    const fresh = [...named.values()].filter(({ name }) => !session.streams.has(name));
    const most = Math.min(this.maxStreamsPerClient, session.permit?.streams ?? Infinity);
    const over = fresh.slice(Math.max(0, most - session.streams.size));
    if (over.length > 0) {
      const message = `one connection may have ${most} streams`;
      const streams = Object.fromEntries(over.map(({ name }) => [name, message]));
      throw new HoldfastError('too-many-streams', message, { streams });
    }
    const wanted = this.wantedBy(session);
    wanted.makeRoom(fresh.map(({ name }) => name));
    for (const parsed of fresh) {
      const stream = wanted.want(parsed, session.rendition);
      session.streams.set(stream.name, stream);
      stream.audience.seat(session);
    }
    for (const { alias, name } of streams) if (alias !== undefined) call(session, name, alias);
    return [...named.keys()].flatMap((name) => session.streams.get(name) ?? []);
  }

  /** Takes streams from a client; names it does not have are passed over. Gives those it had. */
  remove(session: Session, names: Iterable<StreamName>): StreamName[] {
    const { aliases } = session;
    const called = new Set([...names].map((name) => aliases.get(name) ?? name));
    const had = [...called].flatMap((name) => session.streams.get(name) ?? []);
    const wanted = this.wantedBy(session);
    for (const [alias, name] of aliases) if (called.has(name)) aliases.delete(alias);
    for (const stream of had) {
      const hearer = session.hearerOf(stream);
      session.streams.delete(stream.name);
      session.hearers.delete(stream.name);
      stream.audience.unseat(hearer);
      wanted.release(stream, hearer.rendition);
    }
    return had.map(({ name }) => name);
  }

  /** Changes the form of a client's frames. */
  setCombined(session: Session, isCombined: boolean): void {
    if (session.isCombined === isCombined) return;
    const seats = [...session.streams.values()].map((stream) => {
      const hearer = session.hearerOf(stream);
      return { stream, hearer, before: hearer.rendition };
    });
    session.isCombined = isCombined;
    for (const { stream, hearer, before } of seats) stream.audience.reseat(hearer, before);
  }

  private wantedBy({ entry }: Session): Interest {
    const wanted = this.markets.get(entry.market.name);
    if (!wanted) throw new Error(`No streams of the market ${entry.market.name} here`);
    return wanted;
  }
}

function refuseForbidden({ permit }: Session, streams: readonly ParsedStream[]): void {
  const message = 'this token is not for this stream';
  const others = streams.flatMap(({ name, alias = name }) => (covers(permit, name) ? [] : [[alias, message] as const]));
  if (others.length > 0) throw new HoldfastError('forbidden', message, { streams: Object.fromEntries(others) });
}

/** From now on a client gets a stream under the other name by which it asked for it. */
function call(session: Session, name: StreamName, alias: StreamName): void {
  const stream = session.streams.get(name);
  if (!stream || session.aliases.has(alias)) return;
  session.aliases.set(alias, name);
  const before = session.hearerOf(stream);
  const hearer: Hearer = {
    get rendition() {
      return underOtherName(session.rendition);
    },
    join: (topic) => session.join(topic),
    leave: (topic) => session.leave(topic),
  };
  session.hearers.set(name, hearer);
  stream.audience.unseat(before);
  stream.audience.remove(before.rendition);
  stream.audience.add(hearer.rendition);
  stream.audience.seat(hearer);
}
