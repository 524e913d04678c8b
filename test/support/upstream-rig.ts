import { type Market, spot } from '#libs/binance';
import { MemoryBus } from '#libs/bus';
import {
  type Cancel,
  DEMAND_EVERY_MS,
  type FeedEvent,
  type Random,
  type StreamEvent,
  type StreamName,
  decode,
  encodeDemand,
} from '#libs/core';
import type { Dial } from '#libs/link';
import { Metrics, Ops, UpstreamSettings, systemClock } from '#libs/runtime';
import { Simulator, type SimulatorOptions } from '#libs/simulator';
import { TIMINGS, type Timings, Upstream, wsDial } from '#libs/upstream';
import { Heard } from './heard.js';
import { upstreamParts } from './upstream-parts.js';

export interface RigOptions {
  /** A simulator that runs already; the rig stops it. */
  on?: Simulator;
  simulator?: SimulatorOptions;
  settings?: Partial<UpstreamSettings>;
  timings?: Partial<Timings>;
  /** Other than spot, or spot with other limits. */
  market?: Market;
  /** By how much each connection's messages come later than they do; in the order of the attempts, 0 for further ones. */
  lagsMs?: readonly number[];
  /** Whether there is no REST to ask what was missed: then it is announced. So also where a test reads streams elsewhere. */
  isWithoutHistory?: boolean;
  /** What chance says, where a test must know it. */
  random?: Random;
}

const MARKET: SimulatorOptions = { symbols: 3, historyMs: 5_000 };

/**
 * A simulator, an upstream that reads it, and a listener on the bus that checks every message. Unless told otherwise any symbol will do;
 * the market has three then, the busiest ones, and a short past: what nobody takes costs as much as what is taken.
 */
export class UpstreamRig {
  readonly bus = new MemoryBus();
  readonly ops = new Ops();
  readonly metrics = new Metrics();
  readonly heard = new Map<StreamName, Heard>();
  readonly settings: UpstreamSettings;
  readonly upstream: Upstream;
  private readonly demands = new Map<string, readonly StreamName[]>();
  private readonly market: Market;
  private repeat: Cancel | undefined;

  private constructor(
    readonly simulator: Simulator,
    private readonly options: RigOptions,
  ) {
    this.market = options.market ?? spot;
    const hasHistory = options.isWithoutHistory !== true && options.settings?.wsUrl === undefined;
    this.settings = Object.assign(
      new UpstreamSettings(),
      { wsUrl: simulator.wsUrl, retryFirstMs: 50, symbolsEveryMs: 0 },
      hasHistory && { restUrl: simulator.restUrl },
      options.settings,
    );
    this.upstream = this.newUpstream();
  }

  static async start(options: RigOptions = {}): Promise<UpstreamRig> {
    const rig = new UpstreamRig(options.on ?? (await Simulator.start({ ...MARKET, ...options.simulator })), options);
    await rig.upstream.start();
    return rig;
  }

  /** Listens to the streams and demands them, as an edge would. */
  demand(streams: readonly StreamName[], edge = 'rig'): void {
    for (const stream of streams) {
      if (this.heard.has(stream)) continue;
      const heard = new Heard(stream);
      this.heard.set(stream, heard);
      this.bus.messages.subscribe(this.market.channels.stream(stream), (text) => heard.take(read(text)));
    }
    this.demands.set(edge, streams);
    this.say(edge, streams);
    this.repeat ??= systemClock.after(DEMAND_EVERY_MS, () => this.sayAgain());
  }

  private sayAgain(): void {
    for (const [edge, streams] of this.demands) this.say(edge, streams);
    this.repeat = systemClock.after(DEMAND_EVERY_MS, () => this.sayAgain());
  }

  private say(edge: string, streams: readonly StreamName[]): void {
    this.bus.messages.publish(this.market.channels.demand, encodeDemand({ edge, streams: [...streams] }));
  }

  on(stream: StreamName): Heard {
    const heard = this.heard.get(stream);
    if (!heard) throw new Error(`${stream} was not demanded`);
    return heard;
  }

  /** What is wrong with what was heard, in words; empty when nothing is. */
  get faults(): string[] {
    return [...this.heard.values()].flatMap(({ faults }) => faults);
  }

  get feeds(): FeedEvent[] {
    return [...this.heard.values()].flatMap(({ feeds }) => feeds);
  }

  /** Connections of the simulator that are open now. */
  get open(): number {
    return this.simulator.connections.filter(({ isOpen }) => isOpen).length;
  }

  async stop(): Promise<void> {
    this.repeat?.();
    await this.upstream.stop();
    await this.simulator.stop();
  }

  private newUpstream(): Upstream {
    return new Upstream(this.settings, {
      ...upstreamParts(),
      market: this.market,
      bus: this.bus,
      dial: lagging(wsDial(systemClock, this.settings), this.options.lagsMs ?? []),
      metrics: this.metrics,
      ops: this.ops,
      ...(this.options.random && { random: this.options.random }),
      timings: { ...TIMINGS, ...this.options.timings },
    });
  }
}

function read(text: string): StreamEvent {
  const event = decode(text);
  if (!event.ok) throw new Error(event.problem);
  return event.value;
}

/** Makes some connections slower than others; what one connection says stays in order. */
function lagging(dial: Dial, lagsMs: readonly number[]): Dial {
  let attempts = 0;
  return (url, events) => {
    const lagMs = lagsMs[attempts++] ?? 0;
    if (lagMs === 0) return dial(url, events);
    return dial(url, {
      ...events,
      message: (bytes, isBinary) => void systemClock.after(lagMs, () => events.message(bytes, isBinary)),
    });
  };
}
