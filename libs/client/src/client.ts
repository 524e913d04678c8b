import {
  type Clock,
  type Contract,
  type Millis,
  type Random,
  type StreamEvent,
  type StreamName,
  shouldComeBack,
} from '#libs/core';
import type { Dial, Ending } from '#libs/link';
import { hostClock, hostRandom } from './browser-clock.js';
import { Fence, type OnError } from './fence.js';
import { nativeUrl } from './gateway-url.js';
import { Crossing } from './line/crossing.js';
import { GatewayLine, type LineEvents, type LineStart } from './line/gateway-line.js';
import { Outbox } from './outbox.js';
import { copied } from './streams/interest.js';
import { Listeners, type StreamListener } from './streams/listeners.js';
import { StreamStates } from './streams/states.js';
import { type RefusedStream, WantedStreams } from './streams/wanted-streams.js';
import { type TokenSource, type WebSocketClass, checkedToken, guardedDial, webSocketDial } from './web-socket.js';

/** How the connection to the gateway is. It says nothing about Binance: that is what feed states are for. */
export type ConnectionChange =
  | { state: 'connecting'; attempt: number }
  | { state: 'open' }
  | { state: 'lost'; ending: Ending; retryMs: Millis }
  /** The gateway asked for another connection; it serves all by now, and nothing was missed. */
  | { state: 'moved' }
  | { state: 'closed'; ending: Ending };

export interface ClientOptions {
  /** Where the gateway listens: `ws://127.0.0.1:9443`, with or without the path `/v1`. */
  url: string;
  /** What a gateway that asks for tokens knows you by. A function is asked for it at every attempt to connect. With a `dial` of your own that one brings it. */
  token?: TokenSource;
  /** Told every change of the connection, once it has taken place. */
  connection?: (change: ConnectionChange) => void;
  /** Told what could not be read, and refusals that concern no stream; such a message is skipped. */
  problem?: (sentence: string) => void;
  /**
   * Told what one of your callbacks threw, or rejected with; everybody else is told all the same. Absent: the console is.
   * Also told that the gateway closed the connection for good, where there is no `connection` to hear it.
   */
  error?: OnError;
  /** A gateway that was silent for so long, at most twice, is asked for a sign of life; if none comes in as long again it is dialled anew. */
  silenceMs?: Millis;
  /** Absent: the host's own. With that of the package `ws` a host without one can connect, and a connection that is given up is cut at once. */
  webSocket?: WebSocketClass;
  dial?: Dial;
  clock?: Clock;
  random?: Random;
}

export interface SubscribeOptions {
  /**
   * So many of the newest events of a stream of trades are to come first, before what is live: as many as the gateway has and allows.
   * Said again after each reconnect, where it serves if the gateway cannot give all that was missed; what you had is not told twice. No more for who comes to a stream that is served already.
   */
  last?: number;
  /**
   * `all` (the default): every message, in order. `latest`: where you read more slowly than they come, of each key the newest, and
   * `conflated` says how many it stands for. `rate`: the same, and `perSecond` of each key in a second at most. Where listeners of one
   * stream differ, all are told what the one who wants most wants.
   */
  delivery?: Contract['delivery'];
  /** Of `rate`: a whole number. */
  perSecond?: number;
}

const SILENCE_MS: Millis = 15_000;

/**
 * A client of the native protocol: keeps one connection to a gateway and the limits that it names, subscribes again after every
 * reconnect, and hands out typed events. Runs in browsers and in Node 22. What it holds is bounded by the streams it was
 * told to want. Your callbacks are called when its own work is done, so they may call it back; what they throw goes to `error`.
 */
export class NativeClient {
  /** How streams are, for those who ask. */
  protected readonly states: StreamStates;
  private readonly clock: Clock;
  private readonly fence: Fence;
  private readonly listeners: Listeners;
  private readonly outbox = new Outbox();
  private line: GatewayLine;
  /** There while another connection is to take over from this one. */
  private crossing: Crossing | undefined;
  /** Why there will be no connection any more. */
  private over: string | undefined;

  /** @throws TypeError when the URL is none of a gateway, or the token none that can be sent. */
  constructor(private readonly options: ClientOptions) {
    if (typeof options.token === 'string') checkedToken(options.token);
    this.clock = options.clock ?? hostClock;
    this.fence = new Fence(options.error);
    this.listeners = new Listeners(this.fence);
    this.states = new StreamStates(this.clock, (tell) => this.outbox.later(() => this.fence.call('state', tell)));
    this.line = this.makeLine(new WantedStreams());
  }

  /**
   * Begins to connect. Streams may be subscribed before or after.
   *
   * @throws Error once the client was stopped, or told not to come back: a client connects for one life only.
   */
  start(): void {
    this.refuseAfterEnd('start');
    this.line.start();
  }

  /**
   * Wants a stream, across reconnects, until the returned function is called. Several listeners of one stream share its
   * subscription; a later one is told how the stream stands, and hears what comes from then on.
   *
   * @throws Error once the client was stopped, or told not to come back.
   */
  subscribe<S extends StreamName>(
    stream: S,
    listener: StreamListener<S>,
    { last = 0, ...options }: SubscribeOptions = {},
  ): () => void {
    this.refuseAfterEnd('subscribe');
    if (typeof stream !== 'string') throw new TypeError(`expected a stream's name, not ${typeof stream}`);
    if (!Number.isSafeInteger(last) || last < 0) throw new TypeError(`last: expected a whole number, not ${last}`);
    const contract = contractOf(options);
    const { seat, leave } = this.listeners.add(stream, listener);
    for (const { wanted } of this.lines) {
      wanted.want(stream, { isBookWanted: listener.book !== undefined, lastEvents: last, contract });
    }
    this.states.want(stream, this.line.wanted.presentOf(stream)?.feed);
    this.crossing?.served(stream);
    // At the end of the turn, so that streams subscribed in one go are asked for in one command.
    this.outbox.later(() => {
      const present = this.line.wanted.presentOf(stream);
      if (present) this.listeners.welcome(seat, present);
      this.wake();
    });
    return () => {
      if (!leave()) return;
      for (const { wanted } of this.lines) wanted.drop(stream);
      this.crossing?.dropped(stream);
      this.states.drop(stream);
      this.outbox.later(() => this.wake());
    };
  }

  /** Closes the connection and comes back no more; listeners hear that it is over, and nothing more. Resolves when everything is gone. */
  async stop(): Promise<void> {
    this.over ??= 'it was stopped';
    this.states.clear();
    this.outbox.later(this.listeners.end());
    await Promise.all(this.lines.map((line) => line.stop()));
  }

  private get lines(): GatewayLine[] {
    return this.crossing ? [this.line, this.crossing.to] : [this.line];
  }

  private wake(): void {
    for (const line of this.lines) line.wake();
    this.crossIfDue();
  }

  private refuseAfterEnd(what: string): void {
    if (this.over !== undefined) throw new Error(`${what}() does nothing on this client, ${this.over}: make a new one`);
  }

  private makeLine(wanted: WantedStreams): GatewayLine {
    const { url, webSocket, token, random = hostRandom, silenceMs = SILENCE_MS } = this.options;
    const { dial = webSocketDial(this.clock, webSocket, token) } = this.options;
    const parts = { url: nativeUrl(url), dial: guardedDial(dial, this.clock), clock: this.clock, random, silenceMs };
    const line: GatewayLine = new GatewayLine(
      parts,
      wanted,
      this.eventsOf(() => line),
    );
    return line;
  }

  /** What a connection says counts if it is the present one; what the next one says is told when it has taken over. */
  private eventsOf(self: () => GatewayLine): LineEvents {
    const isPresent = (): boolean => this.line === self();
    const tellRefused = (refused: readonly RefusedStream[]): void => {
      for (const one of refused) {
        this.states.refused(one);
        this.outbox.later(this.listeners.refused(one));
      }
    };
    const crossingHere = (): Crossing | undefined => (this.crossing?.to === self() ? this.crossing : undefined);
    return {
      dialing: (attempt) => {
        if (isPresent()) this.changed({ state: 'connecting', attempt });
      },
      opened: () => {
        if (isPresent()) this.changed({ state: 'open' });
        crossingHere()?.opened();
        this.crossIfDue();
      },
      ended: (ending, retryMs) => {
        if (isPresent()) return this.ended(ending, retryMs);
        if (isWelcomeBack(ending)) crossingHere()?.lost();
        else if (crossingHere()) this.stay();
      },
      event: (event) => {
        if (isPresent()) this.tell(event);
        crossingHere()?.hold(() => this.tell(event, true), event);
        this.crossIfDue();
      },
      started: (starts) => {
        if (isPresent()) this.started(starts);
        crossingHere()?.started(starts, (fresh) => this.started(fresh));
        this.crossIfDue();
      },
      refused: (refused) => {
        if (isPresent()) tellRefused(refused);
        else if (refused.some(({ stream }) => crossingHere()?.isServed(stream))) this.stay();
        else crossingHere()?.hold(() => tellRefused(refused));
      },
      settled: (stream, place) => {
        if (isPresent()) this.crossing?.settled(stream, place);
        this.crossIfDue();
      },
      toGo: () => {
        if (crossingHere()) this.stay();
        if (!this.crossing && this.over === undefined) this.setOut();
      },
      problem: (sentence) =>
        this.outbox.later(() => this.fence.call('problem', () => this.options.problem?.(sentence))),
    };
  }

  /** @param wasHeld while another connection served; how the stream was then is no news. */
  private tell(event: StreamEvent, wasHeld = false): void {
    // Several messages may come in one turn: who came late is told how things stand before this one, which it then hears.
    this.outbox.flush();
    const novelty = this.line.wanted.accept(event);
    if (novelty === 'strange') return;
    if (novelty === 'news' || !wasHeld) this.states.heard(event);
    this.listeners.tell(event, novelty === 'repeat');
    this.crossing?.advanced(event.stream);
  }

  private started(starts: Iterable<[StreamName, LineStart]>): void {
    for (const [stream, { gap, ...start }] of starts) {
      this.outbox.later(this.listeners.started(stream, start));
      if (gap) this.outbox.later(() => this.listeners.tellKnown(gap));
      if (gap) this.states.missed(gap);
      this.crossing?.served(stream);
    }
  }

  private changed(change: ConnectionChange): void {
    this.outbox.later(() => this.fence.call('connection', () => this.options.connection?.(change)));
  }

  private ended(ending: Ending, retryMs: Millis | undefined): void {
    this.stay();
    this.listeners.disconnected();
    this.states.lost();
    if (retryMs !== undefined && isWelcomeBack(ending)) return this.changed({ state: 'lost', ending, retryMs });
    const why = `the gateway closed the connection for good: ${ending.code ?? ''} ${ending.reason ?? ''}`.trim();
    if (this.over === undefined && !this.options.connection) this.fence.report(new Error(why), 'connection');
    this.over ??= why;
    this.outbox.later(() => this.listeners.end(new Error(why))());
    this.changed({ state: 'closed', ending });
    void this.line.stop();
  }

  /** Makes another connection, which takes over when it can. */
  private setOut(): void {
    const to = this.makeLine(new WantedStreams(copied(this.line.wanted.interests)));
    this.crossing = new Crossing(this.line, to);
    to.start();
  }

  private crossIfDue(): void {
    const { crossing, line } = this;
    if (crossing?.isTooMuch) return this.stay();
    if (!crossing?.isDue) return;
    this.outbox.flush();
    // What was told may have brought this about already, or made an end of it.
    if (this.crossing !== crossing) return;
    this.line = crossing.to;
    this.crossing = undefined;
    this.listeners.disconnected();
    crossing.finish();
    this.changed({ state: 'moved' });
    void line.stop();
  }

  /** There is no other connection yet: this one serves until it is closed. */
  private stay(): void {
    const { crossing } = this;
    this.crossing = undefined;
    void crossing?.to.stop();
  }
}

const isWelcomeBack = ({ code }: Ending): boolean => code === undefined || shouldComeBack(code);

/** @throws TypeError where the options contradict each other. */
function contractOf({ delivery = 'all', perSecond }: SubscribeOptions): Contract {
  if (delivery !== 'rate') {
    if (perSecond !== undefined) throw new TypeError('perSecond: only with the delivery "rate"');
    return { delivery };
  }
  if (perSecond === undefined || !Number.isSafeInteger(perSecond) || perSecond < 1) {
    throw new TypeError(`perSecond: expected a whole number above 0, not ${perSecond}`);
  }
  return { delivery, perSecond };
}
