import {
  type Cancel,
  type Clock,
  type ErrorCode,
  type FeedEvent,
  HoldfastError,
  type Millis,
  type NativeReply,
  type Place,
  type Random,
  type StreamEvent,
  type StreamName,
  type UnknownEvent,
  assertNever,
  shouldComeBack,
} from '#libs/core';
import { type Dial, type Ending, LinkDriver, type RetryPolicy, leastAfterRefusal } from '#libs/link';
import { hostClock, hostRandom } from './browser-clock.js';
import type { EventOf } from './event-of.js';
import { readInbound } from './inbound.js';
import { PING, Subscriptions, type Wanted, unsubscribe } from './subscriptions.js';
import { webSocketDial } from './web-socket.js';

/** What a program is told about one stream. Every part is optional. */
export interface StreamListener<S extends StreamName = StreamName> {
  /** An event, in the order of its place, each once. */
  event?(event: EventOf<S>): void;
  /** The state of the stream changed: `live`, `stale`, `recovering` or `gap`. */
  feed?(feed: FeedEvent): void;
  /** Something Binance sent on the stream that Holdfast has no word for yet. */
  unknown?(event: UnknownEvent): void;
  /** The gateway serves the stream from now on; said again after each reconnect to it. */
  started?(start: StreamStart): void;
  /** The gateway will not serve it; the client no longer wants it. */
  refused?(error: HoldfastError): void;
}

export interface StreamStart {
  /** The stream's place when the gateway answered; null when it has not heard of the stream yet. */
  place: Place | null;
  /** True when events went by between the previous connection to the gateway and this one. */
  hasMissed: boolean;
}

/** How the connection to the gateway is. It says nothing about Binance: that is what feed states are for. */
export type ConnectionChange =
  | { state: 'connecting'; attempt: number }
  | { state: 'open' }
  | { state: 'lost'; ending: Ending; retryMs: Millis }
  | { state: 'closed'; ending: Ending };

export interface ClientOptions {
  /** Where the gateway listens: `ws://127.0.0.1:9443`, with or without the path `/v1`. */
  url: string;
  /** Told every change of the connection. */
  connection?: (change: ConnectionChange) => void;
  /** Told what could not be read; such a message is skipped. */
  problem?: (sentence: string) => void;
  /** A gateway that was silent for so long, at most twice, is asked for a sign of life; if none comes in as long again it is dialled anew. */
  silenceMs?: Millis;
  dial?: Dial;
  clock?: Clock;
  random?: Random;
}

const SILENCE_MS: Millis = 15_000;
const ASK_AGAIN_MS: Millis = 1_000;

const RETRY: RetryPolicy = {
  firstMs: 250,
  mostMs: 10_000,
  steadyMs: 5_000,
  leastAfter: leastAfterRefusal,
};

interface Refusal {
  code: ErrorCode;
  message: string;
}

type AnyListener = Required<StreamListener>;
const nothing = (): void => undefined;
const withDefaults = (listener: StreamListener): AnyListener => ({
  event: (event) => listener.event?.(event),
  feed: (feed) => listener.feed?.(feed),
  unknown: (event) => listener.unknown?.(event),
  started: (start) => listener.started?.(start),
  refused: (error) => listener.refused?.(error),
});

/**
 * A client of the native protocol: keeps one connection to a gateway, subscribes again after every reconnect, and hands out
 * typed events. Runs in browsers and in Node 22. What it holds is bounded by the streams it was told to want.
 *
 * ```ts
 * const client = new HoldfastClient({ url: 'ws://127.0.0.1:9443' });
 * client.start();
 * client.subscribe('btcusdt@trade', {
 *   event: ({ id, price, quantity }) => console.log(id, price, quantity), // a Trade, by the stream's name
 *   feed: ({ state, missing }) => console.log(state, missing),
 * });
 * ```
 */
export class HoldfastClient {
  private readonly driver: LinkDriver;
  private readonly clock: Clock;
  private readonly decoder = new TextDecoder();
  private readonly subscriptions = new Subscriptions();
  private readonly listeners = new Map<StreamName, Set<AnyListener>>();
  /** How often the watch has looked since the last message. */
  private looks = 0;
  private cancelWatch: Cancel = nothing;
  private cancelAgain: Cancel = nothing;
  private isFlushDue = false;
  private isOpen = false;

  constructor(private readonly options: ClientOptions) {
    this.clock = options.clock ?? hostClock;
    const dial = options.dial ?? webSocketDial(this.clock);
    const url = options.url.replace(/\/(v1\/?)?$/, '');
    this.driver = new LinkDriver(
      { dial, clock: this.clock, random: options.random ?? hostRandom },
      RETRY,
      () => `${url}/v1`,
      {
        dialing: (attempt) => options.connection?.({ state: 'connecting', attempt }),
        opened: () => this.opened(),
        message: (bytes) => this.message(bytes),
        heartbeat: nothing,
        ended: (ending, retryMs) => this.ended(ending, retryMs),
      },
    );
  }

  /** Begins to connect. Streams may be subscribed before or after. */
  start(): void {
    this.driver.start();
  }

  /**
   * Wants a stream, across reconnects, until the returned function is called. Several listeners of one stream share its
   * subscription; a later one hears what comes from then on.
   */
  subscribe<S extends StreamName>(stream: S, listener: StreamListener<S>): () => void {
    // The name says which event comes; nothing at run time can check a type made of a name.
    const whole: AnyListener = withDefaults(listener as unknown as StreamListener);
    const all = this.listeners.get(stream) ?? new Set();
    this.listeners.set(stream, all.add(whole));
    this.subscriptions.want(stream);
    this.flushSoon();
    return () => {
      all.delete(whole);
      if (all.size === 0 && this.listeners.get(stream) === all) this.drop(stream);
    };
  }

  /** Closes the connection and comes back no more. Resolves when it is gone. */
  async stop(): Promise<void> {
    this.isOpen = false;
    this.cancelTimers();
    await this.driver.stop();
  }

  private opened(): void {
    this.isOpen = true;
    this.looks = 0;
    this.options.connection?.({ state: 'open' });
    this.watch();
    this.flush();
  }

  private ended(ending: Ending, retryMs: Millis | undefined): void {
    this.isOpen = false;
    this.cancelTimers();
    this.subscriptions.disconnected();
    const isWelcomeBack = ending.code === undefined || shouldComeBack(ending.code);
    if (retryMs === undefined || !isWelcomeBack) {
      this.options.connection?.({ state: 'closed', ending });
      void this.driver.stop();
    } else {
      this.options.connection?.({ state: 'lost', ending, retryMs });
    }
  }

  private drop(stream: StreamName): void {
    this.listeners.delete(stream);
    if (this.subscriptions.drop(stream)) this.driver.send(unsubscribe([stream]));
  }

  /** Streams subscribed in one go are asked for in one command. */
  private flushSoon(): void {
    if (this.isFlushDue) return;
    this.isFlushDue = true;
    queueMicrotask(() => this.flush());
  }

  private flush(): void {
    this.isFlushDue = false;
    if (!this.isOpen) return;
    for (const text of this.subscriptions.ask()) this.driver.send(text);
  }

  private message(bytes: Uint8Array): void {
    const inbound = readInbound(this.decoder.decode(bytes));
    if (!inbound.ok) return this.options.problem?.(inbound.problem);
    this.looks = 0;
    this.driver.heard();
    if (inbound.value.kind === 'event') this.event(inbound.value.event);
    else this.reply(inbound.value.reply);
  }

  private event(event: StreamEvent): void {
    const wanted = this.subscriptions.get(event.stream);
    if (!wanted) return;
    // What an edge says has no place of its own, so it is never old; but what came up to there is not missed any more.
    const isOwnWord = event.type === 'feed' && event.by === 'edge';
    if (!isOwnWord && isOldNews(wanted, event)) return;
    if (!isOwnWord || isLater(event, wanted.last)) wanted.last = { epoch: event.epoch, seq: event.seq };
    for (const listener of this.listeners.get(event.stream) ?? []) {
      if (event.type === 'feed') listener.feed(event);
      else if (event.type === 'unknown') listener.unknown(event);
      else listener.event(event);
    }
  }

  private reply(reply: NativeReply): void {
    switch (reply.event) {
      case 'subscribed':
        for (const stream of this.subscriptions.answered(reply.id)) {
          this.started(stream, reply.data.streams[stream] ?? null);
        }
        return;
      case 'error':
        return this.refused(this.subscriptions.answered(reply.id), reply.data);
      case 'unsubscribed':
      case 'list':
      case 'pong':
        return;
      default:
        assertNever(reply);
    }
  }

  private started(stream: StreamName, place: Place | null): void {
    const resumeFrom = this.subscriptions.get(stream)?.resumeFrom;
    const hasMissed = resumeFrom !== undefined && (resumeFrom.epoch !== place?.epoch || resumeFrom.seq !== place.seq);
    for (const listener of this.listeners.get(stream) ?? []) listener.started({ place, hasMissed });
  }

  private refused(streams: readonly StreamName[], { code, message }: Refusal): void {
    const [first] = streams;
    if (first === undefined) return this.options.problem?.(`${code}: ${message}`);
    // Passes by itself; every other refusal concerns what was asked for.
    if (code === 'too-many-commands') return this.askAgain(streams);
    if (streams.length === 1) return this.giveUp(first, new HoldfastError(code, message));
    for (const text of this.subscriptions.halve(streams)) this.driver.send(text);
  }

  private askAgain(streams: readonly StreamName[]): void {
    this.subscriptions.forget(streams);
    this.cancelAgain();
    this.cancelAgain = this.clock.after(ASK_AGAIN_MS, () => this.flush());
  }

  private giveUp(stream: StreamName, error: HoldfastError): void {
    const listeners = this.listeners.get(stream) ?? [];
    this.listeners.delete(stream);
    this.subscriptions.drop(stream);
    for (const listener of listeners) listener.refused(error);
  }

  /**
   * A gateway that says nothing is asked; one that does not answer is dialled anew. Looks are counted, not time: after a stall of
   * our own process its answer may be waiting to be read.
   */
  private watch(): void {
    const silenceMs = this.options.silenceMs ?? SILENCE_MS;
    this.cancelWatch = this.clock.after(silenceMs, () => {
      this.looks += 1;
      if (this.looks > 2) return this.driver.hangUp('silence', `no answer to a ping within ${silenceMs} ms`);
      if (this.looks === 2) this.driver.send(PING);
      this.watch();
    });
  }

  private cancelTimers(): void {
    this.cancelWatch();
    this.cancelAgain();
  }
}

/** Whether this came on the previous connection already: the welcome of a newcomer repeats the newest event. */
function isOldNews({ resumeFrom }: Wanted, { epoch, seq }: Place): boolean {
  return resumeFrom !== undefined && epoch === resumeFrom.epoch && seq <= resumeFrom.seq;
}

const isLater = (a: Place, b: Place = { epoch: 0, seq: 0 }): boolean =>
  a.epoch > b.epoch || (a.epoch === b.epoch && a.seq > b.seq);
