import type { Market, ParsedStream } from '#libs/binance';
import type { Bus, Subscription } from '#libs/bus';
import {
  type Clock,
  type Epoch,
  type Millis,
  type StreamName,
  type WelcomeAnswer,
  encodeDemandCall,
  readWelcomeQuestion,
} from '#libs/core';
import type { Log } from '#libs/runtime';
import type { Pool } from '../pool/pool.js';
import type { Streams } from '../streams/streams.js';
import type { FeedView } from '../streams/transcript.js';
import type { SymbolList } from '../symbols/symbol-list.js';
import type { Recollection } from '../restart/recollection.js';
import type { DemandBoard } from './demand-board.js';
import type { Listening } from '../standby/listening.js';
import { GatheredComplaints } from './gathered-complaints.js';
import { welcomesOf } from './welcomes.js';

export interface DemandDeskParts {
  market: Market;
  bus: Bus;
  board: DemandBoard;
  pool: Pool;
  streams: Streams;
  symbols: Pick<SymbolList, 'lacks' | 'lacksSince' | 'miss'>;
  clock: Clock;
  log: Log;
  /** How far streams got before this upstream began. */
  memory: Pick<Recollection, 'gather' | 'stop'>;
  /** The term in which we publish; edges may have seen a newer one. */
  term: { sees(epoch: Epoch): void; readonly isSpeaking: boolean };
  /** What somebody else is heard to say of streams that are wanted, where one stands by. */
  listening?: Pick<Listening, 'sync' | 'of'> | undefined;
}

/** A stream that is not carried although it is wanted, and what is said of it. */
interface UnmetStream {
  stream: ParsedStream;
  view: FeedView & { state: 'refused' };
}

/** Hears what edges want, lets the pool carry exactly that, and answers how streams stand. */
export class DemandDesk {
  private subscriptions: Subscription[] = [];
  private readonly badDemands: GatheredComplaints;
  private readonly badStreams: GatheredComplaints;
  private refused: ReadonlyMap<StreamName, UnmetStream> = new Map();
  private leftOut = 0;
  /** Symbols that are wanted and not listed, and when the newest of them was first wanted. */
  private lacked: ReadonlySet<string | undefined> = new Set();
  private lackedAt: Millis = 0;
  private forgetBus: () => void = () => undefined;
  /** Not before it is known where streams were: what they begin with depends on it. */
  private isFollowing = false;
  private isStopped = false;
  /** Whether a demand has changed what is wanted, and it was not looked at yet. */
  private isBehind = false;

  constructor(private readonly parts: DemandDeskParts) {
    const { clock, log } = parts;
    this.badDemands = new GatheredComplaints(clock, (gathered) =>
      log.warn({ code: 'demand.refused', ...gathered }, 'demands were refused'),
    );
    this.badStreams = new GatheredComplaints(clock, (gathered) =>
      log.warn({ code: 'demand.bad-streams', ...gathered }, 'streams were refused'),
    );
  }

  /** Resolves when demand is heard and what is always on has been asked for; data follows. */
  async start(): Promise<void> {
    const { bus, market, board, clock, memory } = this.parts;
    const { channels } = market;
    this.subscriptions = [
      bus.messages.subscribe(channels.demand, (text) => this.demanded(text)),
      bus.ask.answer(channels.welcome, (question) => this.welcome(question)),
    ];
    this.forgetBus = bus.messages.onState((state) => {
      board.pardon(clock.now());
      if (state === 'up' && this.isFollowing) this.call();
    });
    await Promise.all(this.subscriptions.map(({ ready }) => ready));
    await memory.gather();
    if (this.isStopped) return;
    this.isFollowing = true;
    this.follow();
  }

  stop(): void {
    this.isStopped = true;
    this.parts.memory.stop();
    this.forgetBus();
    for (const subscription of this.subscriptions) subscription.end();
  }

  /** Forgets edges that have not been heard for too long. Those that cannot reach us are not gone. Says which wait for a symbol. */
  tick(now: Millis): void {
    const { bus, board, symbols } = this.parts;
    if (bus.messages.state === 'up' && board.expire(now)) this.follow();
    if (this.lacked.size > 0) symbols.miss(now - this.lackedAt);
  }

  private call(): void {
    const { bus, market } = this.parts;
    bus.messages.publish(market.channels.demandCall, encodeDemandCall(false));
  }

  private demanded(text: string): void {
    const { board, clock } = this.parts;
    const taken = board.take(text, clock.now());
    if (!taken.ok) return this.badDemands.add([taken.problem]);
    const { edge, isChanged, refused, epoch } = taken.value;
    this.badStreams.add(refused.map(({ message }) => `edge ${edge}: ${message}`));
    if (epoch !== undefined) this.parts.term.sees(epoch);
    if (isChanged) this.followSoon();
  }

  /** Looks anew, once for all demands that came together: after a loss all edges say theirs in one moment, and each costs a look at all. */
  followSoon(): void {
    if (this.isBehind) return;
    this.isBehind = true;
    queueMicrotask(() => this.catchUp());
  }

  private catchUp(): void {
    if (this.isBehind && !this.isStopped) this.follow();
  }

  /** Wants exactly what is demanded now. */
  private follow(): void {
    this.isBehind = false;
    if (!this.isFollowing) return;
    const { board, pool, log } = this.parts;
    const { streams, leftOut, unlisted } = board.wanted((stream) => this.isListed(stream));
    const refused = refusalsOf(leftOut, unlisted, streams.size);
    this.forgetRefused(streams, refused);
    pool.want(streams, (stream) => (board.isUnheard(stream) || leftOut.has(stream) ? 'unheard' : 'said'));
    this.refuse(refused);
    this.parts.listening?.sync();
    if (leftOut.size > 0 && leftOut.size !== this.leftOut) {
      log.warn({ code: 'demand.too-many', leftOut: leftOut.size }, 'more streams are wanted than allowed');
    }
    this.leftOut = leftOut.size;
    this.refused = refused;
    this.noteLacked([...streams.values(), ...unlisted.values()]);
  }

  /**
   * What has come once is believed in, whatever one list says: it may be out of date, or not whole. Where two in a row lack its symbol
   * and nothing came between them, it is gone.
   */
  private isListed(stream: ParsedStream): boolean {
    const { symbols, streams, listening } = this.parts;
    if (!symbols.lacks(stream)) return true;
    if (listening?.of(stream.name)?.place !== undefined) return true;
    const series = streams.wanted.get(stream.name);
    if (series?.transcript.last === undefined) return false;
    return (series.activity.heardAt ?? 0) >= (symbols.lacksSince(stream) ?? 0);
  }

  private noteLacked(wanted: readonly ParsedStream[]): void {
    const { symbols, clock } = this.parts;
    const lacked = wanted.filter((stream) => symbols.lacks(stream)).map(({ symbol }) => symbol);
    if (lacked.some((symbol) => !this.lacked.has(symbol))) this.lackedAt = clock.now();
    this.lacked = new Set(lacked);
  }

  private forgetRefused(
    wanted: ReadonlyMap<StreamName, ParsedStream>,
    refused: ReadonlyMap<StreamName, UnmetStream>,
  ): void {
    const { streams } = this.parts;
    for (const stream of this.refused.keys()) {
      const series = streams.wanted.get(stream);
      if (series && (wanted.has(stream) || !refused.has(stream))) streams.close(series, 'said');
    }
  }

  /** Whoever listens to a stream that cannot be had is told so, and why, instead of waiting for ever. */
  private refuse(refused: ReadonlyMap<StreamName, UnmetStream>): void {
    const { streams, clock } = this.parts;
    for (const [name, { stream, view }] of refused) {
      const series = streams.wanted.get(name) ?? streams.open(stream);
      streams.publish(series, series.become(view, clock.now()));
    }
  }

  private welcome(question: unknown): WelcomeAnswer | undefined {
    const asked = readWelcomeQuestion(question);
    // Whoever publishes instead answers; what we say is not listened to.
    if (!asked || !this.parts.term.isSpeaking) return undefined;
    this.catchUp();
    return { welcomes: welcomesOf(this.parts.streams, asked.streams, this.parts.clock.now()) };
  }
}

function refusalsOf(
  leftOut: ReadonlyMap<StreamName, ParsedStream>,
  unlisted: ReadonlyMap<StreamName, ParsedStream>,
  limit: number,
): Map<StreamName, UnmetStream> {
  const refused = new Map<StreamName, UnmetStream>();
  const refuse = (stream: ParsedStream, cause: FeedView['cause'], message: string): void =>
    void refused.set(stream.name, { stream, view: { state: 'refused', cause, message } });
  const tooMany = `more streams are wanted than the ${limit} of HOLDFAST_UPSTREAM_MAX_STREAMS`;
  for (const stream of leftOut.values()) refuse(stream, 'too-many-streams', tooMany);
  for (const stream of unlisted.values()) refuse(stream, 'unknown-symbol', `Binance lists no symbol ${stream.symbol}`);
  return refused;
}
