import { type Clock, type Contract, HoldfastError, type NativeReply, type StreamName } from '#libs/core';
import { covers } from '#libs/tokens';
import { type HeldPattern, type Pattern, isPattern, readPattern } from '../contracts/pattern.js';
import type { Session } from '../door/session.js';
import type { Subscriptions } from '../door/subscriptions.js';
import type { EdgeStream } from '../streams/edge-stream.js';
import type { MarketStreams } from '../streams/market-streams.js';
import { CarriedStreams } from './carried-streams.js';
import type { Introductions } from './introductions.js';
import { placeOf } from './place-of.js';

/** One client may have so many. */
const MOST_PATTERNS = 32;

interface PatternDeskParts {
  markets: readonly MarketStreams[];
  subscriptions: Subscriptions;
  introductions: Introductions;
  clock: Pick<Clock, 'now'>;
  endOfTurn(act: () => void): void;
}

/** What came of joining streams. */
interface Joining {
  streams: EdgeStream[];
  /** For so many there was no room. */
  left: number;
}

/** Lets clients of `/v1` hear whatever is carried that their patterns match, now and later. */
export class PatternDesk {
  private readonly holders = new Map<MarketStreams, { clients: Set<Session>; carried: CarriedStreams }>();

  constructor(private readonly parts: PatternDeskParts) {
    for (const market of parts.markets) {
      const clients = new Set<Session>();
      const fresh = (names: readonly StreamName[]): void => this.tellFresh(clients, names);
      this.holders.set(market, { clients, carried: new CarriedStreams(market, parts, fresh) });
    }
  }

  /**
   * The patterns among these names, understood.
   *
   * @throws HoldfastError where one is none, or they are too many.
   */
  read(session: Session, names: readonly StreamName[]): Pattern[] {
    const patterns = names.filter(isPattern).map((text) => {
      const read = readPattern(session.entry.market, text);
      if (read.ok) return read.value;
      throw new HoldfastError(read.problem.code, read.problem.message, { streams: { [text]: read.problem.message } });
    });
    if (new Set([...session.patterns.keys(), ...patterns.map(({ text }) => text)]).size > MOST_PATTERNS) {
      throw new HoldfastError('too-many-streams', `one connection may have ${MOST_PATTERNS} patterns`);
    }
    return patterns;
  }

  /** A client has these patterns as well, or under another contract from now on: what is carried already is joined. */
  take(session: Session, patterns: readonly Pattern[], contract: Contract): Joining {
    const { clients, carried } = this.holdersOf(session);
    if (patterns.length === 0) return { streams: [], left: 0 };
    clients.add(session);
    carried.listen();
    const joinings = patterns.map((pattern) => {
      const joined = session.patterns.get(pattern.text)?.joined ?? new Set();
      const held: HeldPattern = { ...pattern, contract, joined, without: new Set() };
      session.patterns.set(pattern.text, held);
      return this.join(session, held, [...carried.names(), ...joined]);
    });
    return { streams: joinings.flatMap(({ streams }) => streams), left: sum(joinings.map(({ left }) => left)) };
  }

  /** A client has said these names: they are its own, whatever patterns match them. */
  named({ patterns }: Session, names: readonly StreamName[]): void {
    for (const { joined } of patterns.values()) for (const name of names) joined.delete(name);
  }

  /** A client gives these names and patterns back. @returns the patterns that it had, and the names that go, those of patterns included. */
  release(session: Session, names: readonly StreamName[]): { patterns: string[]; names: StreamName[] } {
    const patterns = names.filter((name) => session.patterns.has(name));
    const going = names.filter((name) => !isPattern(name));
    for (const pattern of session.patterns.values()) {
      for (const name of going) {
        if (!pattern.matches(name) || !session.streams.has(name)) continue;
        pattern.joined.delete(name);
        pattern.without.add(name);
      }
    }
    const ended = patterns.flatMap((text) => session.patterns.get(text) ?? []);
    for (const { text } of ended) session.patterns.delete(text);
    const orphans = new Set<StreamName>();
    for (const { joined } of ended) for (const name of joined) orphans.add(name);
    for (const name of orphans) if (this.adopt(session, name)) orphans.delete(name);
    if (session.patterns.size === 0) this.forget(session);
    return { patterns, names: [...going, ...orphans] };
  }

  /** It has gone, or has no patterns any more. */
  forget(session: Session): void {
    const { clients, carried } = this.holdersOf(session);
    clients.delete(session);
    if (clients.size === 0) carried.rest();
  }

  /** Another pattern of the client matches a stream too. */
  private adopt(session: Session, name: StreamName): boolean {
    const other = [...session.patterns.values()].find((one) => one.matches(name) && !one.without.has(name));
    const stream = session.streams.get(name);
    if (!other || !stream) return false;
    other.joined.add(name);
    this.parts.subscriptions.add(session, new Map([[name, stream.parsed]]), other.contract);
    return true;
  }

  /** What a client has by name stays as it is; what it has by this pattern gets its contract. */
  private join(session: Session, held: HeldPattern, names: readonly StreamName[]): Joining {
    const wanted = [...new Set(names)].filter(
      (name) => held.matches(name) && !held.without.has(name) && (held.joined.has(name) || !session.streams.has(name)),
    );
    const parsed = wanted.flatMap((name) => {
      const read = session.entry.market.parse(name);
      return read.ok && read.value.name === name && covers(session.permit, name) ? [read.value] : [];
    });
    const { streams, left } = this.parts.subscriptions.addWhatFits(session, parsed, held.contract);
    for (const { name } of streams) held.joined.add(name);
    return { streams, left };
  }

  private tellFresh(clients: ReadonlySet<Session>, names: readonly StreamName[]): void {
    for (const session of clients) {
      for (const held of session.patterns.values()) {
        const { streams, left } = this.join(
          session,
          held,
          names.filter((name) => !session.streams.has(name)),
        );
        if (streams.length + left > 0) this.tell(session, held, streams, left);
      }
    }
  }

  /** As the reply to a command has it. */
  private tell(session: Session, { text, contract }: HeldPattern, streams: readonly EdgeStream[], left: number): void {
    const told = streams.flatMap((stream) => this.parts.introductions.introduce(session, stream, 0) ?? []);
    const reply: NativeReply = {
      event: 'subscribed',
      data: {
        streams: Object.fromEntries(streams.map((stream) => [stream.name, placeOf(stream)])),
        ...(contract.delivery !== 'all' && contract),
        patterns: [text],
        ...(left > 0 && { left }),
      },
    };
    session.send(JSON.stringify(reply), ...told);
  }

  private holdersOf({ entry }: Session): { clients: Set<Session>; carried: CarriedStreams } {
    const [, holders] = [...this.holders].find(([{ market }]) => market.name === entry.market.name) ?? [];
    if (!holders) throw new Error(`No streams of the market ${entry.market.name} here`);
    return holders;
  }
}

const sum = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0);
