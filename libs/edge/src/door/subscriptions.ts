import type { ParsedStream } from '#libs/binance';
import { type Contract, type ErrorCode, HoldfastError, type StreamName } from '#libs/core';
import { covers } from '#libs/tokens';
import { changeContract, sit } from '../contracts/contracts.js';
import { type Hearer, hearerFor } from '../delivery/crowd.js';
import { underOtherName } from '../delivery/rendition.js';
import type { EdgeStream } from '../streams/edge-stream.js';
import type { Claim } from '../streams/interest.js';
import type { MarketStreams } from '../streams/market-streams.js';
import { type LateName, LateNames } from '../symbols/late-names.js';
import type { AskedNames, DoorEntry } from './request-path.js';
import type { Session } from './session.js';

/** A name as a client wrote it, and what it means; see `AskedNames`. */
type AskedName = readonly [StreamName, ParsedStream | undefined];

/** Whether somebody carries streams already. */
type Carriage = Pick<Claim, 'isCarried'>;

/** Who gets streams, under what, and in whose room. */
interface Grant {
  session: Session;
  market: MarketStreams;
  contract: Contract;
  claim: Claim;
}

/** Names of symbols that there are not that one refusal names. */
const MOST_BLAMED = 10;

const ALL: Contract = { delivery: 'all' };

/** Which client has which streams. A refused change changes nothing. */
export class Subscriptions {
  private readonly markets: ReadonlyMap<string, MarketStreams>;
  /** Names of symbols that there were not, by the market. */
  private readonly late = new Map<MarketStreams, LateNames<Session>>();

  constructor(
    markets: readonly MarketStreams[],
    private readonly maxStreamsPerClient: number,
  ) {
    this.markets = new Map(markets.map((streams) => [streams.market.name, streams]));
    for (const streams of markets) {
      const late = new LateNames<Session>({
        isUnlisted: (parsed) => streams.isUnproven(parsed),
        give: (name) => giveLate(streams, name),
      });
      this.late.set(streams, late);
      streams.symbols.watchers.add(() => late.relisted());
      streams.symbols.isAwaited = () => {
        late.lookAtSome();
        return late.isAwaited;
      };
    }
  }

  /** Why what a request names cannot be had now, in the room of this holder; undefined where it can, or nothing ever comes under it. */
  lackOf({ market, names }: DoorEntry, holder: string): HoldfastError | undefined {
    const found = this.markets.get(market.name);
    const listed = [...names.values()].flatMap((parsed) => (parsed && !found?.isUnlisted(parsed) ? parsed.name : []));
    return found?.wanted.findRoom(listed, { holder });
  }

  /**
   * Gives a client these as well. What is published from now on reaches it, under this contract; so it does of what it has already
   * by a name of our own wire.
   *
   * @throws HoldfastError when there would be too many, or its token is not for them; on our own wire for symbols that there are not.
   */
  add(session: Session, names: AskedNames, contract: Contract = ALL, how: Carriage = {}): EdgeStream[] {
    const market = this.marketOf(session);
    const { permit } = session;
    const others = [...names].filter(([, parsed]) => parsed && !covers(permit, parsed.name));
    refuse('forbidden', others, ([name]) => `${JSON.stringify(name)}: this token is not for this stream`);
    const fresh = [...names].filter(([name]) => !session.streams.has(name));
    const most = Math.min(this.maxStreamsPerClient, permit?.streams ?? Infinity);
    const over = fresh.slice(Math.max(0, most - session.streams.size));
    refuse('too-many-streams', over, () => `one connection may have ${most} streams`);
    const unlisted = fresh.filter(([, parsed]) => parsed !== undefined && market.isUnlisted(parsed));
    for (const [, parsed] of unlisted) market.symbols.miss(parsed?.symbol ?? '');
    if (session.wire.name === 'native') refuse('bad-stream', unlisted.slice(0, MOST_BLAMED), noSymbol);
    const silent = new Set(unlisted.map(([name]) => name));
    const understood = fresh.map(([name, parsed]): AskedName => [name, silent.has(name) ? undefined : parsed]);
    const grant = { session, market, contract, claim: { ...how, holder: session.holder } };
    market.wanted.makeRoom(
      understood.flatMap(([, parsed]) => parsed?.name ?? []),
      grant.claim,
    );
    if (session.wire.name === 'native') for (const name of names.keys()) changeContract(session, name, contract);
    for (const asked of understood) take(grant, asked);
    for (const [name, parsed] of unlisted) if (parsed) this.late.get(market)?.add(session, name, parsed);
    return [...names.keys()].flatMap((name) => session.streams.get(name) ?? []);
  }

  /** The same of as many as there is room for, of streams that are carried. @returns those, and for how many there was none. */
  addWhatFits(
    session: Session,
    streams: readonly ParsedStream[],
    contract: Contract,
  ): { streams: EdgeStream[]; left: number } {
    try {
      const names = new Map(streams.map((parsed) => [parsed.name, parsed]));
      return { streams: this.add(session, names, contract, { isCarried: true }), left: 0 };
    } catch (error) {
      if (!(error instanceof HoldfastError)) throw error;
      const homeless = error.streams ?? {};
      const fitting = streams.filter(({ name }) => !Object.hasOwn(homeless, name));
      // Those for which the client has room may still be too many for the edge.
      if (fitting.length === streams.length) return { streams: [], left: streams.length };
      const added = this.addWhatFits(session, fitting, contract);
      return { ...added, left: added.left + streams.length - fitting.length };
    }
  }

  /** Takes from a client what it has by these names; those it does not have are passed over. Gives those it had. */
  remove(session: Session, names: Iterable<StreamName>): StreamName[] {
    const had = [...new Set(names)].filter((name) => session.streams.has(name));
    const market = this.marketOf(session);
    const late = this.late.get(market);
    for (const name of had) {
      const stream = session.streams.get(name);
      const hearer = session.hearerOf(name);
      session.streams.delete(name);
      session.hearers.delete(name);
      stream?.audience.unseat(hearer);
      if (stream) market.wanted.release(stream, hearer.rendition, session);
      else late?.forget(session, name);
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

  private marketOf({ entry }: Session): MarketStreams {
    const market = this.markets.get(entry.market.name);
    if (!market) throw new Error(`No streams of the market ${entry.market.name} here`);
    return market;
  }
}

/** A name is a client's from now on, with what comes under it, if anything does. */
function take(grant: Grant, [name, parsed]: AskedName): void {
  const { session } = grant;
  session.streams.set(name, undefined);
  if (parsed) give(grant, [name, parsed]);
  else if (session.counts) session.counts.silentNames += 1;
}

/** What comes under a name of a client's, which hears it by that name. */
function give({ session, market, contract, claim }: Grant, [name, parsed]: readonly [StreamName, ParsedStream]): void {
  if (name !== parsed.name) session.hearers.set(name, underOtherNameFor(session));
  const { rendition } = session.hearerOf(name);
  session.streams.set(name, market.wanted.want(parsed, rendition, session.streams.size - 1, claim));
  sit(session, name, contract);
}

/** Who has had nothing under a name gets what there is by now, without a word; false where there is no room. */
function giveLate(market: MarketStreams, { waiter: session, name, parsed }: LateName<Session>): boolean {
  const claim = { holder: session.holder };
  if (!market.wanted.hasRoomFor(parsed.name, session.holder)) return false;
  market.wanted.makeRoom([parsed.name], claim);
  give({ session, market, contract: ALL, claim }, [name, parsed]);
  return true;
}

/** A client as it hears a stream that it calls by its other name. It may have the same stream by both, as at Binance. */
const underOtherNameFor = (session: Session): Hearer =>
  hearerFor(session, () =>
    underOtherName({ isCombined: session.isCombined, isMicrosecond: session.entry.isMicrosecond }),
  );

/** @throws HoldfastError where there are any; it names each with its sentence. */
function refuse(code: ErrorCode, names: readonly AskedName[], sentence: (asked: AskedName) => string): void {
  const blamed = names.map((asked): [StreamName, string] => [asked[0], sentence(asked)]);
  const [first] = blamed;
  if (first) throw new HoldfastError(code, first[1], { streams: Object.fromEntries(blamed) });
}

const noSymbol = ([name, parsed]: AskedName): string =>
  `${JSON.stringify(name)}: Binance lists no symbol ${parsed?.symbol ?? ''}`;
