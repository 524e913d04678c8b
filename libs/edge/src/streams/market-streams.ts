import type { Bus, Subscription } from '#libs/bus';
import type { Market, ParsedStream } from '#libs/binance';
import { type Cancel, type Clock, type HistoryShelf, type Millis, type StreamName, stamp } from '#libs/core';
import type { Log } from '#libs/runtime';
import type { Publish } from '../delivery/rendition.js';
import type { Sluice } from '../delivery/sluice.js';
import type { Openings } from '../guard/openings.js';
import type { EdgeMetrics } from '../metrics/edge-metrics.js';
import { DemandVoice } from './demand.js';
import { type Deafness, EdgeStream } from './edge-stream.js';
import { Hearing } from './hearing.js';
import { Intake } from './intake.js';
import { ReachedVoice } from './reached-voice.js';
import type { Room } from './room.js';
import { Interest } from './interest.js';
import { KnownSymbols } from '../symbols/known-symbols.js';
import { OtherEdges } from '../following/other-edges.js';
import { Tails } from '../following/tails.js';
import { Welcomes } from './welcomes.js';

/** What the streams of all markets of an edge share. */
export interface SharedParts {
  /** The edge's id. */
  edge: string;
  bus: Bus;
  clock: Clock;
  log: Log;
  metrics: EdgeMetrics;
  publish: Publish;
  room: Room;
  openings: Openings;
  lingerMs: Millis;
  ownSnapshotMs: Millis;
  /** Where the newest messages of streams are kept. */
  shelf: HistoryShelf;
  sluice?: Sluice;
}

/**
 * The streams of one market as this edge has them: who wants which (`wanted`), whether its upstream is heard (`hearing`),
 * what it is told and asked, and what comes of it. Two markets share nothing but the bus and the room.
 */
export class MarketStreams {
  readonly wanted: Interest;
  readonly hearing: Hearing;
  readonly symbols: KnownSymbols;
  /** Told the names of streams that are carried: one that is newly wanted here, and those that the upstream names. */
  carried: (names: Iterable<StreamName>) => void = () => undefined;
  private readonly demand: DemandVoice;
  private readonly welcomes: Welcomes;
  private readonly intake: Intake;
  private readonly tails = new Tails();
  /** Whom to ask for what was missed. */
  readonly others: OtherEdges;
  private readonly reached: ReachedVoice;
  /** Why some channel is not heard, as it was logged last. */
  private unheardWhy: string | undefined;
  private cancelLook: Cancel = () => undefined;

  constructor(
    readonly market: Market,
    private readonly shared: SharedParts,
  ) {
    const { messages, ask } = shared.bus;
    const { channels } = market;
    const all = { ...shared, messages, ask, channels, market: market.name, channel: channels.welcome };
    const find = (name: string): EdgeStream | undefined => this.wanted.find(name);
    this.symbols = new KnownSymbols({ ...all, channel: channels.symbols });
    const mayBeDeaf = (epoch: number): boolean => this.hearing.mayBeDeaf(epoch);
    this.others = new OtherEdges({ ...all, channel: channels.missed, mayBeDeaf, find });
    this.intake = new Intake({
      ...all,
      sees: (epoch) => this.hearing.sees(epoch),
      ask: (stream) => this.welcomes.ask([stream]),
      fetch: (question, stream, told) => this.others.fetch(question, stream, told),
    });
    this.wanted = new Interest({
      ...all,
      make: (parsed) => this.make(parsed),
      listen: (stream) => this.listen(stream),
      opened: ({ name }) => this.carried([name]),
      changed: () => this.demand.soon(),
    });
    this.welcomes = new Welcomes({
      ...all,
      topicOf: ({ parsed }) => market.topic(parsed),
      isWanted: (stream) => this.wanted.has(stream),
      welcome: (stream, welcome) => this.intake.welcome(stream, welcome),
    });
    this.demand = new DemandVoice({
      ...all,
      newest: () => this.hearing.newest,
      ready: () => this.wanted.ready,
      ask: (streams) => this.welcomes.ask(streams),
      askAgain: (streams) => this.welcomes.askAgain(streams),
    });
    this.reached = new ReachedVoice({ ...all, streams: () => this.wanted.streams, beat: () => this.hearing.beat });
    this.hearing = new Hearing({
      ...all,
      streams: () => this.wanted.streams,
      distrust: (stream, deafness) => this.intake.distrust(stream, deafness),
      heard: (heartbeat) => {
        this.welcomes.ask(this.tails.judge(heartbeat, this.wanted.streams));
        this.carried(heartbeat.places.keys());
      },
      askAgain: () => this.demand.again(),
    });
  }

  /** Whether there is no such symbol. What has come once is believed in, whatever a list says. */
  isUnlisted(parsed: ParsedStream): boolean {
    return this.symbols.lacks(parsed) && this.wanted.find(parsed.name)?.last === undefined;
  }

  /** The same, and also while nobody knows which there are: most of what waits for its symbol is made up, and is not opened on a guess. */
  isUnproven(parsed: ParsedStream): boolean {
    return this.isUnlisted(parsed) || (this.symbols.size === 0 && this.wanted.find(parsed.name)?.last === undefined);
  }

  start(): void {
    this.symbols.start();
    this.demand.start();
    this.reached.start();
    this.others.start();
    this.hearing.start();
    this.lookAtAges();
  }

  /** Hears and says nothing any more. */
  stop(): void {
    this.cancelLook();
    this.symbols.stop();
    this.hearing.stop();
    this.reached.stop();
    this.others.stop();
    this.welcomes.stop();
    this.demand.stop();
    this.wanted.end();
  }

  /** Now and then, what is kept and has become too old. */
  private lookAtAges(): void {
    const { clock, shelf } = this.shared;
    this.cancelLook = clock.after(shelf.lookEveryMs, () => {
      this.lookAtAges();
      shelf.look(clock.now());
    });
  }

  /** A stream that is opened while nothing can be heard says so from the start. */
  private make(parsed: EdgeStream['parsed']): EdgeStream {
    const { clock, metrics } = this.shared;
    const stream = new EdgeStream(this.market, parsed, clock.now(), { ...this.shared, counts: metrics.counts });
    if (this.hearing.deafness) this.intake.distrust(stream, this.hearing.deafness);
    return stream;
  }

  /** A channel that the bus refuses, or whose part of the bus is away, is one that cannot be heard, though others can. */
  private listen(stream: EdgeStream): Subscription {
    const { bus, clock, log } = this.shared;
    const topic = this.market.topic(stream.parsed);
    const subscription = bus.messages.subscribe(topic, this.intake.deliverTo(stream));
    let refused: Deafness | undefined;
    subscription.onRefused((why) => {
      if (refused) refused.isOver = true;
      // Of hundreds that are unheard for the same reason one is named.
      const isNews = why !== this.unheardWhy;
      this.unheardWhy = why;
      if (why === undefined) return this.demand.again();
      if (isNews) log.error({ code: 'edge.channel-unheard', topic, why }, 'the bus does not bring a channel');
      const message = 'the bus does not bring this edge the stream';
      refused = { cause: 'bus-lost', message, since: stamp(clock) };
      this.intake.distrust(stream, refused);
    });
    return subscription;
  }
}
