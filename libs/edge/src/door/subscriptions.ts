import type { ParsedStream } from '#libs/binance';
import { HoldfastError, type StreamName } from '#libs/core';
import type { Hearer } from '../delivery/crowd.js';
import { underOtherName } from '../delivery/rendition.js';
import type { EdgeStream } from '../streams/edge-stream.js';
import type { MarketStreams } from '../streams/market-streams.js';
import type { Interest } from '../streams/interest.js';
import type { AskedNames } from './request-path.js';
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
   * Gives a client these as well. What is published from now on reaches it.
   *
   * @throws HoldfastError when there would be too many.
   */
  add(session: Session, names: AskedNames): EdgeStream[] {
    const fresh = [...names].filter(([name]) => !session.streams.has(name));
    const over = fresh.slice(Math.max(0, this.maxStreamsPerClient - session.streams.size));
    if (over.length > 0) {
      const message = `one connection may have ${this.maxStreamsPerClient} streams`;
      const streams = Object.fromEntries(over.map(([name]) => [name, message]));
      throw new HoldfastError('too-many-streams', message, { streams });
    }
    const wanted = this.wantedBy(session);
    wanted.makeRoom([...new Set(fresh.flatMap(([, parsed]) => parsed?.name ?? []))]);
    for (const [name, parsed] of fresh) {
      session.streams.set(name, parsed && give(session, name, wanted, parsed));
      if (!parsed && session.counts) session.counts.silentNames += 1;
    }
    return [...names.keys()].flatMap((name) => session.streams.get(name) ?? []);
  }

  /** Takes from a client what it has by these names; those it does not have are passed over. Gives those it had. */
  remove(session: Session, names: Iterable<StreamName>): StreamName[] {
    const had = [...new Set(names)].filter((name) => session.streams.has(name));
    const wanted = this.wantedBy(session);
    for (const name of had) {
      const stream = session.streams.get(name);
      const hearer = session.hearerOf(name);
      session.streams.delete(name);
      session.hearers.delete(name);
      stream?.audience.unseat(hearer);
      if (stream) wanted.release(stream, hearer.rendition);
    }
    return had;
  }

  /** Changes the form of a client's frames. */
  setCombined(session: Session, isCombined: boolean): void {
    if (session.isCombined === isCombined) return;
    const seats = [...session.streams].flatMap(([name, stream]) => {
      const hearer = session.hearerOf(name);
      return stream ? [{ stream, hearer, before: hearer.rendition }] : [];
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

/** One more stream for a client, which hears it under the name by which it asked. */
function give(session: Session, name: StreamName, wanted: Interest, parsed: ParsedStream): EdgeStream {
  if (name !== parsed.name) session.hearers.set(name, underOtherNameFor(session));
  const hearer = session.hearerOf(name);
  const stream = wanted.want(parsed, hearer.rendition);
  stream.audience.seat(hearer);
  return stream;
}

/** A client as it hears a stream that it calls by its other name. It may have the same stream by both, as at Binance. */
const underOtherNameFor = (session: Session): Hearer => ({
  get rendition() {
    return underOtherName({ isCombined: session.isCombined, isMicrosecond: session.entry.isMicrosecond });
  },
  join: (topic) => session.join(topic),
  leave: (topic) => session.leave(topic),
});
