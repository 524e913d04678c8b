import {
  type Cancel,
  type Clock,
  type Millis,
  type NativeReply,
  type Random,
  type CommandRefusal,
  type Contract,
  type StreamName,
  type Subscribed,
  assertNever,
  shouldComeBack,
  stamp,
} from '#libs/core';
import { type Dial, type Ending, LinkDriver, type RetryPolicy, leastAfterRefusal } from '#libs/link';
import { hostClock, hostRandom } from './browser-clock.js';
import { type ClientCommand, CommandLane } from './command-lane.js';
import { Fence, type OnError } from './fence.js';
import { GatewayWatch } from './gateway-watch.js';
import { nativeUrl } from './gateway-url.js';
import { readInbound } from './inbound.js';
import { Outbox } from './outbox.js';
import { gapOf } from './streams/gap.js';
import { Listeners, type StreamListener } from './streams/listeners.js';
import { StreamStates } from './streams/states.js';
import { type RefusedStream, WantedStreams } from './streams/wanted-streams.js';
import { type WebSocketClass, guardedDial, webSocketDial } from './web-socket.js';

/** How the connection to the gateway is. It says nothing about Binance: that is what feed states are for. */
export type ConnectionChange =
  | { state: 'connecting'; attempt: number }
  | { state: 'open' }
  | { state: 'lost'; ending: Ending; retryMs: Millis }
  | { state: 'closed'; ending: Ending };

export interface ClientOptions {
  /** Where the gateway listens: `ws://127.0.0.1:9443`, with or without the path `/v1`. */
  url: string;
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

/** The gateway counts commands by its own seconds: after a whole one it has forgotten those before. */
const REST_MS: Millis = 1_000;

/** What was refused for a reason that passes is asked for again after so long. */
const ASK_AGAIN_MS: Millis = 10_000;

const RETRY: RetryPolicy = {
  firstMs: 250,
  mostMs: 10_000,
  steadyMs: 5_000,
  leastAfter: leastAfterRefusal,
};

const nothing = (): void => undefined;

/**
 * A client of the native protocol: keeps one connection to a gateway and the limits that it names, subscribes again after every
 * reconnect, and hands out typed events. Runs in browsers and in Node 22. What it holds is bounded by the streams it was
 * told to want. Your callbacks are called when its own work is done, so they may call it back; what they throw goes to `error`.
 */
export class NativeClient {
  /** How streams are, for those who ask. */
  protected readonly states: StreamStates;
  private readonly driver: LinkDriver;
  private readonly clock: Clock;
  private readonly decoder = new TextDecoder();
  private readonly wanted = new WantedStreams();
  private readonly fence: Fence;
  private readonly listeners: Listeners;
  private readonly outbox = new Outbox();
  private readonly lane: CommandLane;
  private readonly watch: GatewayWatch;
  private cancelAgain: Cancel | undefined;
  /** Why there will be no connection any more. */
  private over: string | undefined;

  /** @throws TypeError when the URL is none of a gateway. */
  constructor(private readonly options: ClientOptions) {
    const url = nativeUrl(options.url);
    this.clock = options.clock ?? hostClock;
    this.fence = new Fence(options.error);
    this.listeners = new Listeners(this.fence);
    this.states = new StreamStates(this.clock, (tell) => this.outbox.later(() => this.fence.call('state', tell)));
    this.lane = new CommandLane({
      clock: this.clock,
      next: (limits) => {
        const { command, refused } = this.wanted.next(limits);
        this.tellRefused(refused);
        return command;
      },
      send: (text) => this.driver.send(text),
    });
    this.watch = new GatewayWatch(this.clock, options.silenceMs ?? SILENCE_MS, {
      ask: () => this.lane.ping(),
      giveUp: (reason) => this.driver.hangUp('silence', reason),
    });
    const dial = guardedDial(options.dial ?? webSocketDial(this.clock, options.webSocket), this.clock);
    this.driver = new LinkDriver({ dial, clock: this.clock, random: options.random ?? hostRandom }, RETRY, () => url, {
      dialing: (attempt) => this.changed({ state: 'connecting', attempt }),
      opened: () => {
        this.watch.start();
        this.changed({ state: 'open' });
      },
      message: (bytes) => this.message(bytes),
      heartbeat: nothing,
      ended: (ending, retryMs) => this.ended(ending, retryMs),
    });
  }

  /**
   * Begins to connect. Streams may be subscribed before or after.
   *
   * @throws Error once the client was stopped, or told not to come back: a client connects for one life only.
   */
  start(): void {
    this.refuseAfterEnd('start');
    this.driver.start();
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
    this.wanted.want(stream, { isBookWanted: listener.book !== undefined, lastEvents: last, contract });
    this.states.want(stream, this.wanted.presentOf(stream)?.feed);
    // At the end of the turn, so that streams subscribed in one go are asked for in one command.
    this.outbox.later(() => {
      const present = this.wanted.presentOf(stream);
      if (present) this.listeners.welcome(seat, present);
      this.lane.wake();
    });
    return () => {
      if (!leave()) return;
      this.wanted.drop(stream);
      this.states.drop(stream);
      this.outbox.later(() => this.lane.wake());
    };
  }

  /** Closes the connection and comes back no more; listeners hear that it is over, and nothing more. Resolves when everything is gone. */
  async stop(): Promise<void> {
    this.over ??= 'it was stopped';
    this.states.clear();
    this.outbox.later(this.listeners.end());
    this.rest();
    await this.driver.stop();
  }

  private refuseAfterEnd(what: string): void {
    if (this.over !== undefined) throw new Error(`${what}() does nothing on this client, ${this.over}: make a new one`);
  }

  private changed(change: ConnectionChange): void {
    this.outbox.later(() => this.fence.call('connection', () => this.options.connection?.(change)));
  }

  private ended(ending: Ending, retryMs: Millis | undefined): void {
    this.rest();
    this.wanted.disconnected();
    this.listeners.disconnected();
    this.states.lost();
    const isWelcomeBack = ending.code === undefined || shouldComeBack(ending.code);
    if (retryMs !== undefined && isWelcomeBack) return this.changed({ state: 'lost', ending, retryMs });
    const why = `the gateway closed the connection for good: ${ending.code ?? ''} ${ending.reason ?? ''}`.trim();
    if (this.over === undefined && !this.options.connection) this.fence.report(new Error(why), 'connection');
    this.over ??= why;
    this.outbox.later(() => this.listeners.end(new Error(why))());
    this.changed({ state: 'closed', ending });
    void this.driver.stop();
  }

  private message(bytes: Uint8Array): void {
    const inbound = readInbound(this.decoder.decode(bytes));
    if (!inbound.ok) return this.problem(inbound.problem);
    this.watch.heard();
    if (inbound.value.kind === 'reply') return this.reply(inbound.value.reply);
    const { event } = inbound.value;
    this.driver.heard();
    // Several messages may come in one turn: who came late is told how things stand before this one, which it then hears.
    this.outbox.flush();
    const novelty = this.wanted.accept(event);
    if (novelty === 'strange') return;
    this.states.heard(event);
    this.listeners.tell(event, novelty === 'repeat');
  }

  private reply(reply: NativeReply): void {
    // No sign that the gateway works: it says them to everybody who connects.
    if (reply.event === 'limits') return this.lane.open(reply.data);
    this.driver.heard();
    const command = this.lane.answered(reply.id);
    switch (reply.event) {
      case 'subscribed':
        if (command?.event !== 'subscribe') return;
        return this.subscribed(command.data.streams, reply.data);
      case 'unsubscribed':
        if (command?.event === 'unsubscribe') this.wanted.unsubscribed(command.data.streams);
        return;
      case 'error':
        return this.refused(command, reply.data);
      case 'list':
      case 'pong':
        return;
      default:
        assertNever(reply);
    }
  }

  private subscribed(streams: readonly StreamName[], { streams: places, resumed, reasons }: Subscribed): void {
    const { clock, listeners, outbox } = this;
    for (const [stream, { missedBehind, ...start }] of this.wanted.subscribed(streams, places, resumed)) {
      outbox.later(listeners.started(stream, start));
      if (!missedBehind) continue;
      const gap = gapOf(stream, missedBehind, stamp(clock), reasons?.[stream]);
      outbox.later(() => listeners.tellKnown(gap));
    }
  }

  private refused(command: ClientCommand | undefined, refusal: CommandRefusal): void {
    if (refusal.code === 'too-many-commands' || refusal.code === 'internal') this.lane.rest(REST_MS);
    if (!command || command.event === 'ping' || refusal.code === 'internal') {
      this.problem(`${refusal.code}: ${refusal.message}`);
    }
    if (!command || command.event === 'ping') return;
    this.tellRefused(this.wanted.refused(command, refusal));
    if (this.wanted.isWaiting) this.askAgainLater();
    // A gateway closes who is refused again and again with no good command between: a mistyped name must not add up.
    if (refusal.code !== 'too-many-commands') this.lane.ping();
  }

  private tellRefused(refused: readonly RefusedStream[]): void {
    for (const one of refused) {
      this.states.refused(one);
      this.outbox.later(this.listeners.refused(one));
    }
  }

  private askAgainLater(): void {
    this.cancelAgain ??= this.clock.after(ASK_AGAIN_MS, () => {
      this.cancelAgain = undefined;
      this.wanted.retry();
      this.lane.wake();
    });
  }

  private problem(sentence: string): void {
    this.outbox.later(() => this.fence.call('problem', () => this.options.problem?.(sentence)));
  }

  /** Nothing is sent, asked or awaited until there is a connection again. */
  private rest(): void {
    this.watch.stop();
    this.lane.close();
    this.cancelAgain?.();
    this.cancelAgain = undefined;
  }
}

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
