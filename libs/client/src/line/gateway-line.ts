import {
  type Cancel,
  type Clock,
  type CommandRefusal,
  type FeedEvent,
  type Millis,
  type NativeReply,
  type Place,
  type Places,
  type Random,
  type StreamEvent,
  type StreamName,
  type Subscribed,
  assertNever,
  stamp,
} from '#libs/core';
import { type Dial, type Ending, LinkDriver, type RetryPolicy, leastAfterRefusal } from '#libs/link';
import { type ClientCommand, CommandLane, type SubscribeCommand } from '../command-lane.js';
import { GatewayWatch } from '../gateway-watch.js';
import { readInbound } from '../inbound.js';
import { gapOf } from '../streams/gap.js';
import type { StreamStart } from '../streams/listeners.js';
import type { RefusedStream, WantedStreams } from '../streams/wanted-streams.js';

/** How this connection begins to serve a stream, and what those who were served before must be told of that. */
export interface LineStart extends StreamStart {
  gap?: FeedEvent;
}

/** What one connection tells the client. */
export interface LineEvents {
  dialing(attempt: number): void;
  opened(): void;
  ended(ending: Ending, retryMs: Millis | undefined): void;
  event(event: StreamEvent): void;
  /** The gateway serves these streams from now on. */
  started(starts: ReadonlyMap<StreamName, LineStart>): void;
  refused(refused: readonly RefusedStream[]): void;
  /** What the gateway held of this stream up to that place has been said; undefined where it does not say what it holds. */
  settled(stream: StreamName, place: Place | null | undefined): void;
  /** The gateway is going to close this connection, and says so in time. */
  toGo(): void;
  problem(sentence: string): void;
}

interface LineParts {
  url: string;
  dial: Dial;
  clock: Clock;
  random: Random;
  silenceMs: Millis;
}

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

/** A connection to the gateway that is made again when it is lost: asks for the streams that are wanted, and keeps the gateway's limits. */
export class GatewayLine {
  private readonly driver: LinkDriver;
  private readonly lane: CommandLane;
  private readonly watch: GatewayWatch;
  private readonly decoder = new TextDecoder();
  private cancelAgain: Cancel | undefined;
  /** Streams of which the gateway is to say what it holds; and the command that has it do so for one. */
  private readonly unsettled = new Set<StreamName>();
  private settling: SubscribeCommand | undefined;

  constructor(
    private readonly parts: LineParts,
    readonly wanted: WantedStreams,
    private readonly events: LineEvents,
  ) {
    const { url, clock, silenceMs } = parts;
    this.lane = new CommandLane({
      clock,
      next: (limits) => {
        this.settling = this.settleNext();
        if (this.settling) return this.settling;
        const { command, refused } = wanted.next(limits);
        this.tellRefused(refused);
        return command;
      },
      send: (text) => this.driver.send(text),
    });
    this.watch = new GatewayWatch(clock, silenceMs, {
      ask: () => this.lane.ping(),
      giveUp: (reason) => this.driver.hangUp('silence', reason),
    });
    this.driver = new LinkDriver(parts, RETRY, () => url, {
      dialing: (attempt) => events.dialing(attempt),
      opened: () => {
        this.watch.start();
        events.opened();
      },
      message: (bytes) => this.message(bytes),
      heartbeat: () => undefined,
      ended: (ending, retryMs) => this.ended(ending, retryMs),
    });
  }

  start(): void {
    this.driver.start();
  }

  /**
   * Has the gateway say what it holds of this stream. Whoever subscribes again is sent what waits, then the reply: so under the same
   * contract, which changes nothing else.
   */
  settle(stream: StreamName): void {
    if (this.settling?.data.streams.includes(stream)) return;
    this.unsettled.add(stream);
    this.lane.wake();
  }

  /** Something else is wanted by now. */
  wake(): void {
    this.lane.wake();
  }

  /** Ends for good. Resolves when the socket is gone. */
  async stop(): Promise<void> {
    this.rest();
    await this.driver.stop();
  }

  private ended(ending: Ending, retryMs: Millis | undefined): void {
    this.rest();
    this.wanted.disconnected();
    this.events.ended(ending, retryMs);
  }

  private message(bytes: Uint8Array): void {
    const inbound = readInbound(this.decoder.decode(bytes));
    if (!inbound.ok) return this.events.problem(inbound.problem);
    this.watch.heard();
    if (inbound.value.kind === 'reply') return this.reply(inbound.value.reply);
    this.driver.heard();
    this.events.event(inbound.value.event);
  }

  private reply(reply: NativeReply): void {
    // No sign that the gateway works: it says them to everybody who connects.
    if (reply.event === 'limits') return this.lane.open(reply.data);
    if (reply.event === 'reconnect') return this.events.toGo();
    this.driver.heard();
    const command = this.lane.answered(reply.id);
    switch (reply.event) {
      case 'subscribed':
        if (command?.event !== 'subscribe') return;
        if (command === this.settling) return this.settled(command.data.streams, reply.data.streams);
        return this.started(command.data.streams, reply.data);
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

  private settleNext(): SubscribeCommand | undefined {
    for (const stream of this.unsettled) {
      this.unsettled.delete(stream);
      const interest = this.wanted.interests.get(stream);
      if (interest?.standing !== 'served' || !interest.isWanted || interest.asked.delivery === 'all') continue;
      return { event: 'subscribe', data: { streams: [stream], ...interest.asked } };
    }
    return undefined;
  }

  private settled(streams: readonly StreamName[], places: Places): void {
    this.settling = undefined;
    for (const stream of streams) this.events.settled(stream, places[stream] ?? null);
  }

  private started(streams: readonly StreamName[], { streams: places, resumed, reasons }: Subscribed): void {
    const since = stamp(this.parts.clock);
    const starts = new Map<StreamName, LineStart>();
    for (const [stream, { missedBehind, ...start }] of this.wanted.subscribed(streams, places, resumed)) {
      const gap = missedBehind && gapOf(stream, missedBehind, since, reasons?.[stream]);
      starts.set(stream, { ...start, ...(gap && { gap }) });
    }
    this.events.started(starts);
  }

  private refused(command: ClientCommand | undefined, refusal: CommandRefusal): void {
    if (refusal.code === 'too-many-commands' || refusal.code === 'internal') this.lane.rest(REST_MS);
    if (!command || command.event === 'ping' || refusal.code === 'internal') {
      this.events.problem(`${refusal.code}: ${refusal.message}`);
    }
    if (!command || command.event === 'ping') return;
    if (command === this.settling) return this.notSettled(command.data.streams, refusal);
    this.tellRefused(this.wanted.refused(command, refusal));
    if (this.wanted.isWaiting) this.askAgainLater();
    // A gateway closes who is refused again and again with no good command between: a mistyped name must not add up.
    if (refusal.code !== 'too-many-commands' || refusal.streams) this.lane.ping();
  }

  /** Too fast passes. */
  private notSettled(streams: readonly StreamName[], { code }: CommandRefusal): void {
    this.settling = undefined;
    for (const stream of streams) {
      if (code === 'too-many-commands') this.settle(stream);
      else this.events.settled(stream, undefined);
    }
  }

  private tellRefused(refused: readonly RefusedStream[]): void {
    if (refused.length > 0) this.events.refused(refused);
  }

  private askAgainLater(): void {
    this.cancelAgain ??= this.parts.clock.after(ASK_AGAIN_MS, () => {
      this.cancelAgain = undefined;
      this.wanted.retry();
      this.lane.wake();
    });
  }

  /** Nothing is sent, asked or awaited until there is a connection again. */
  private rest(): void {
    this.watch.stop();
    this.lane.close();
    this.unsettled.clear();
    this.settling = undefined;
    this.cancelAgain?.();
    this.cancelAgain = undefined;
  }
}
