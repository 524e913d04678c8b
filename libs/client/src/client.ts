import {
  type Cancel,
  type Clock,
  type ErrorCode,
  HoldfastError,
  type Millis,
  type NativeReply,
  type Random,
  type StreamName,
  assertNever,
  shouldComeBack,
} from '#libs/core';
import { type Dial, type Ending, LinkDriver, type RetryPolicy, leastAfterRefusal } from '#libs/link';
import { hostClock, hostRandom } from './browser-clock.js';
import { GatewayWatch } from './gateway-watch.js';
import { readInbound } from './inbound.js';
import { Listeners, type StreamListener } from './listeners.js';
import { PING, WantedStreams, unsubscribe } from './wanted-streams.js';
import { webSocketDial } from './web-socket.js';

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

interface CommandRefusal {
  code: ErrorCode;
  message: string;
}

const nothing = (): void => undefined;

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
  private readonly wanted = new WantedStreams();
  private readonly listeners = new Listeners();
  private readonly watch: GatewayWatch;
  private cancelAgain: Cancel = nothing;
  private isFlushDue = false;
  private isOpen = false;

  constructor(private readonly options: ClientOptions) {
    this.clock = options.clock ?? hostClock;
    this.watch = new GatewayWatch(this.clock, options.silenceMs ?? SILENCE_MS, {
      ask: () => this.driver.send(PING),
      giveUp: (reason) => this.driver.hangUp('silence', reason),
    });
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
    const leave = this.listeners.add(stream, listener);
    this.wanted.want(stream);
    this.flushSoon();
    return () => {
      if (leave()) this.drop(stream);
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
    this.options.connection?.({ state: 'open' });
    this.watch.start();
    this.flush();
  }

  private ended(ending: Ending, retryMs: Millis | undefined): void {
    this.isOpen = false;
    this.cancelTimers();
    this.wanted.disconnected();
    const isWelcomeBack = ending.code === undefined || shouldComeBack(ending.code);
    if (retryMs === undefined || !isWelcomeBack) {
      this.options.connection?.({ state: 'closed', ending });
      void this.driver.stop();
    } else {
      this.options.connection?.({ state: 'lost', ending, retryMs });
    }
  }

  private drop(stream: StreamName): void {
    if (this.wanted.drop(stream)) this.driver.send(unsubscribe([stream]));
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
    for (const text of this.wanted.ask()) this.driver.send(text);
  }

  private message(bytes: Uint8Array): void {
    const inbound = readInbound(this.decoder.decode(bytes));
    if (!inbound.ok) return this.options.problem?.(inbound.problem);
    this.watch.heard();
    this.driver.heard();
    if (inbound.value.kind === 'reply') this.reply(inbound.value.reply);
    else if (this.wanted.accept(inbound.value.event)) this.listeners.tell(inbound.value.event);
  }

  private reply(reply: NativeReply): void {
    switch (reply.event) {
      case 'subscribed':
        for (const stream of this.wanted.answered(reply.id)) {
          const place = reply.data.streams[stream] ?? null;
          this.listeners.started(stream, { place, hasMissed: this.wanted.hasMissed(stream, place) });
        }
        return;
      case 'error':
        return this.refused(this.wanted.answered(reply.id), reply.data);
      case 'limits':
      case 'unsubscribed':
      case 'list':
      case 'pong':
        return;
      default:
        assertNever(reply);
    }
  }

  private refused(streams: readonly StreamName[], { code, message }: CommandRefusal): void {
    const [first] = streams;
    if (first === undefined) return this.options.problem?.(`${code}: ${message}`);
    // Passes by itself; every other refusal concerns what was asked for.
    if (code === 'too-many-commands') return this.askAgain(streams);
    if (streams.length === 1) return this.giveUp(first, new HoldfastError(code, message));
    for (const text of this.wanted.halve(streams)) this.driver.send(text);
  }

  private askAgain(streams: readonly StreamName[]): void {
    this.wanted.forget(streams);
    this.cancelAgain();
    this.cancelAgain = this.clock.after(ASK_AGAIN_MS, () => this.flush());
  }

  private giveUp(stream: StreamName, error: HoldfastError): void {
    this.wanted.drop(stream);
    this.listeners.refused(stream, error);
  }

  private cancelTimers(): void {
    this.watch.stop();
    this.cancelAgain();
  }
}
