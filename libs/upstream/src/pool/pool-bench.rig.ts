import { type Market, decodeRequest, encodeAcknowledgement, encodeRefusal, spot } from '#libs/binance';
import { MemoryBus } from '#libs/bus';
import { DEMAND_EVERY_MS, type Millis, type StreamName, decode, encodeDemand } from '#libs/core';
import type { SocketEvents } from '#libs/link';
import { UpstreamSettings, silentLog } from '#libs/runtime';
import { FakeClock } from '../../../../test/support/fake-clock.js';
import { settle } from '../../../../test/support/fake-link.js';
import { upstreamParts } from '../../../../test/support/upstream-parts.js';
import { TIMINGS, type Timings, Upstream } from '../index.js';

/** As Binance does. */
const PING_EVERY_MS: Millis = 20_000;

/** One connection as Binance sees it: it does what it is asked for, until the test says otherwise. */
export class Wire {
  readonly carried: Set<StreamName>;
  readonly requests: string[] = [];
  /** Nothing has become of the attempt yet. */
  isNew = true;
  isOpen = false;
  pingAt: Millis = Infinity;
  /** Whether it was ended by us, and how. */
  ended: string | undefined;
  /** The goodbye is not answered until the test says so. */
  lingers = false;
  /** Requests are not answered. */
  isDeaf = false;
  /** Requests that name one of these are refused. */
  readonly refuses = new Set<StreamName>();

  constructor(
    readonly url: string,
    private readonly events: SocketEvents,
  ) {
    this.carried = new Set(new URL(url).searchParams.get('streams')?.split('/') ?? []);
  }

  open(now: Millis): void {
    this.isNew = false;
    this.isOpen = true;
    this.pingAt = now + PING_EVERY_MS;
    this.events.opened({});
  }

  /** A trade on its way, if the stream is carried. */
  trade(stream: StreamName, id: number): void {
    if (!this.isOpen || !this.carried.has(stream)) return;
    const symbol = stream.slice(0, stream.indexOf('@')).toUpperCase();
    const data = { e: 'trade', E: id, s: symbol, t: id, p: '1', q: '1', T: id, m: true, M: true };
    this.say(JSON.stringify({ stream, data }));
  }

  say(text: string): void {
    this.events.message(Buffer.from(text), false);
  }

  /** Brings a text that is no UTF-8. */
  garble(): void {
    this.events.message(Buffer.from([0x7b, 0xff, 0x7d]), false);
  }

  ping(now: Millis): void {
    this.pingAt = now + PING_EVERY_MS;
    this.events.heartbeat('ping');
  }

  drop(): void {
    this.isNew = false;
    this.isOpen = false;
    this.events.closed({ code: 1006, reason: '' });
  }

  refuse(status: number): void {
    this.isNew = false;
    this.events.refused({ status });
  }

  send(text: string): void {
    const request = decodeRequest(text);
    if (!request.ok) throw new Error(request.problem.message);
    const { method, id } = request.value;
    const params = 'params' in request.value ? (request.value.params as StreamName[]) : [];
    this.requests.push([method, ...params].join(' '));
    if (this.isDeaf) return;
    if (params.some((stream) => this.refuses.has(stream))) {
      void Promise.resolve().then(() => this.say(encodeRefusal({ id, code: 2, message: 'Invalid request' })));
      return;
    }
    for (const stream of params) this.carried[method === 'SUBSCRIBE' ? 'add' : 'delete'](stream);
    const result = method === 'LIST_SUBSCRIPTIONS' ? [...this.carried] : null;
    void Promise.resolve().then(() => this.isOpen && this.say(encodeAcknowledgement(id, result)));
  }

  end(how: string): void {
    this.isNew = false;
    this.isOpen = false;
    this.ended ??= how;
  }

  close(code: number): void {
    this.end(`close ${code}`);
    if (!this.lingers) this.events.closed({ code, reason: '' });
  }

  /** The socket of a connection that we have ended is gone. */
  leave(): void {
    this.events.closed({ code: 1000, reason: '' });
  }
}

export interface PoolBenchOptions {
  market?: Market;
  settings?: Partial<UpstreamSettings>;
  timings?: Partial<Timings>;
  clock?: FakeClock;
  /** Other than a steady one, on the same clock. */
  bus?: MemoryBus;
}

/** An upstream, an edge that wants streams, and connections to a Binance that is the test. Time stands still between `pass`es. */
export class PoolBench {
  readonly clock: FakeClock;
  readonly bus: MemoryBus;
  readonly parts = upstreamParts();
  /** In the order of the attempts. */
  readonly wires: Wire[] = [];
  /** Warnings and what is said of rotations: code and fields. */
  readonly logged: string[] = [];
  /** Whether attempts succeed by themselves. */
  isReachable = true;
  readonly upstream: Upstream;
  private readonly market: Market;
  private wanted: readonly StreamName[] = [];
  private readonly said = new Map<StreamName, string[]>();

  private constructor({ market = spot, settings, timings, clock = new FakeClock(), bus }: PoolBenchOptions) {
    this.clock = clock;
    this.bus = bus ?? new MemoryBus({ clock });
    this.market = market;
    const note = (fields: object, sentence: string): void => {
      this.logged.push([...Object.values(fields).filter((field) => field !== undefined), sentence].join(' '));
    };
    const own = { wsUrl: 'ws://binance', ...settings };
    this.upstream = new Upstream(Object.assign(new UpstreamSettings(), own), {
      ...this.parts,
      market,
      bus: this.bus,
      clock: this.clock,
      random: () => 0,
      log: { ...silentLog, debug: note, info: note, warn: note, error: note } as typeof silentLog,
      timings: { ...TIMINGS, ...timings },
      dial: (url, events) => {
        const wire = new Wire(url, events);
        this.wires.push(wire);
        return {
          send: (text) => wire.send(text),
          close: (code) => wire.close(code),
          terminate: () => wire.end('terminate'),
        };
      },
    });
  }

  static async start(options: PoolBenchOptions = {}): Promise<PoolBench> {
    const bench = new PoolBench(options);
    await bench.upstream.start();
    return bench;
  }

  /** Wants exactly these, and lets what follows happen. */
  async want(...streams: StreamName[]): Promise<void> {
    for (const stream of streams) this.listen(stream);
    this.wanted = streams;
    await this.pass(0);
  }

  /** Lets time pass, the edge being there all the time, and trades, where the test wants them, every 100 ms. */
  async pass(ms: Millis, each: () => void = () => undefined): Promise<void> {
    const end = this.clock.now() + ms;
    const step = Math.min(DEMAND_EVERY_MS, 100);
    for (;;) {
      this.bus.messages.publish(this.market.channels.demand, encodeDemand({ edge: 'edge', streams: [...this.wanted] }));
      each();
      await this.happen();
      if (this.clock.now() >= end) return;
      this.clock.advance(Math.min(step, end - this.clock.now()));
    }
  }

  /** The same trade of each stream that is wanted, on every connection that carries it. */
  trade(id: number, wires: readonly Wire[] = this.wires): void {
    for (const wire of wires) for (const stream of this.wanted) wire.trade(stream, id);
  }

  /** What was said of a stream since it was asked for last: states with cause and message, and ids. */
  heard(stream: StreamName): string[] {
    return this.said.get(stream)?.splice(0) ?? [];
  }

  wire(at: number): Wire {
    const found = this.wires[at];
    if (!found) throw new Error(`no attempt ${at}`);
    return found;
  }

  /** What each connection that is open carries. */
  get carried(): string[] {
    return this.wires.filter(({ isOpen }) => isOpen).map(({ carried }) => [...carried].join(' '));
  }

  /** How the connections of the journal ended, and what was done about it. */
  get endings(): string[] {
    return this.upstream.journal
      .read()
      .filter(({ closedAt }) => closedAt !== undefined)
      .map(
        ({ generation, closedBy, cause, reason, then }) => `${generation} ${closedBy} ${cause} (${reason}): ${then}`,
      );
  }

  private async happen(): Promise<void> {
    await settle();
    for (const wire of this.wires) {
      if (wire.isOpen && this.clock.now() >= wire.pingAt) wire.ping(this.clock.now());
      if (this.isReachable && wire.isNew) wire.open(this.clock.now());
    }
    await settle();
  }

  private listen(stream: StreamName): void {
    if (this.said.has(stream)) return;
    const said: string[] = [];
    this.said.set(stream, said);
    this.bus.messages.subscribe(this.market.channels.stream(stream), (text) => {
      const event = decode(text);
      if (!event.ok) throw new Error(event.problem);
      const { value } = event;
      if (value.type === 'feed') said.push([value.state, value.cause, value.message ?? ''].join(' ').trim());
      else said.push(value.type === 'trade' ? `${value.id}` : value.type);
    });
  }
}
