import * as fc from 'fast-check';
import { spot } from '#libs/binance';
import { MemoryBus, type Bus } from '#libs/bus';
import { type Cancel, type Clock, DEMAND_EVERY_MS, type Millis, type StreamName, encodeDemand } from '#libs/core';
import type { Socket } from '#libs/link';
import { Metrics, Ops, UpstreamSettings, silentLog } from '#libs/runtime';
import { Upstream } from '#libs/upstream';
import { FakeClock } from '../fake-clock.js';
import { seeded } from '../seeded.js';
import { type PaperConnection, PaperExchange, type Welcome } from './paper-exchange.js';
import { Witness } from './witness.js';

/** Something that happens to an upstream. `which` counts the connections that are open, from the newest. */
export type Happening =
  | { do: 'pass'; ms: Millis }
  | { do: 'want'; streams: readonly boolean[] }
  | { do: 'close'; which: number; code: number; reason: string }
  | { do: 'mute'; which: number }
  | { do: 'lag'; which: number; ms: Millis }
  | { do: 'keep'; which: number; stream: number; trades: number }
  | { do: 'say'; which: number; text: Buffer }
  | { do: 'receive'; how: Welcome }
  | { do: 'answer'; how: 'soon' | 'never' }
  | { do: 'rotate' }
  | { do: 'stall'; ms: Millis }
  | { do: 'setWall'; ms: Millis }
  | { do: 'begin' }
  | { do: 'kill' };

export const STREAMS: readonly StreamName[] = ['btcusdt@trade', 'ethusdt@trade', 'bnbusdt@trade', 'solusdt@trade'];

/** How often each trades, in a second: the last one is quiet. */
const TRADES_A_SECOND = [4, 2, 1, 0.05];

/** Limits that a test can reach. */
const MARKET = {
  ...spot,
  limits: { ...spot.limits, attempts: { most: 15, windowMs: 60_000 } },
};

const BEGINNING: Millis = 1_700_000_000_000;

const STEP_MS = 50;

/** Between a thing and its being heard of: both ways, and a tick of ours. */
const NEWS_MS = 400;

/** A stream that was busy for a minute is called stale within the first once its connection has gone silent, others within the second. */
const SILENCE_MS = 15_000;
const LONG_SILENCE_MS = 65_000;

/** After so long without an incident everything is as it should be. */
const CALM_MS = 300_000;

/** What somebody gets who was killed between the permission to dial and the dial. */
const NO_SOCKET: Socket = { send: () => undefined, close: () => undefined, terminate: () => undefined };

/** What an upstream of the walk is born into. */
interface Birth {
  exchange: PaperExchange;
  shared: MemoryBus;
  settings: Partial<UpstreamSettings>;
  hear: (topic: string, text: string, by: Living) => void;
  seed: number;
}

/** One upstream of the walk; when it is killed, nothing of it happens any more. */
class Living {
  isAlive = true;
  readonly upstream: Upstream;
  private readonly read = new Set<string>();

  constructor({ exchange, shared, settings, hear, seed }: Birth) {
    const clock: Clock = {
      now: () => exchange.clock.now(),
      wallAt: (instant) => exchange.clock.wallAt(instant),
      after: (ms, fire): Cancel =>
        exchange.clock.after(ms, () => {
          if (this.isAlive) fire();
        }),
    };
    const messages = {
      get state() {
        return shared.messages.state;
      },
      publish: (topic: string, text: string) => {
        if (!this.isAlive) return;
        hear(topic, text, this);
        shared.messages.publish(topic, text);
      },
      subscribe: (topic: string, deliver: (text: string) => void) =>
        shared.messages.subscribe(topic, (text) => {
          if (this.isAlive) deliver(text);
        }),
      onState: () => () => undefined,
    };
    const bus: Bus = Object.create(shared, { messages: { value: messages } });
    const dial = exchange.dialFor(this, (stream, id) => this.read.add(`${stream} ${id}`));
    this.upstream = new Upstream(Object.assign(new UpstreamSettings(), { wsUrl: 'ws://paper', ...settings }), {
      market: MARKET,
      always: [],
      bus,
      dial: (url, events) => (this.isAlive ? dial(url, events) : NO_SOCKET),
      clock,
      random: seeded(seed),
      log: silentLog,
      metrics: new Metrics(),
      ops: new Ops(),
    });
  }

  hasRead(stream: StreamName, id: number): boolean {
    return this.read.has(`${stream} ${id}`);
  }
}

/** Walks one or more upstreams through happenings, holding them to what they promise at every step. */
export class UpstreamWalk {
  readonly faults: string[] = [];
  private readonly clock = new FakeClock();
  private readonly exchange = new PaperExchange(this.clock, MARKET.limits);
  private readonly bus = new MemoryBus({ clock: this.clock });
  private readonly witnesses: ReadonlyMap<StreamName, Witness>;
  private readonly upstreams: Living[] = [];
  private wanted: readonly StreamName[] = [];
  private readonly untrue = new Map<StreamName, { since: Millis; isLively: boolean }>();
  private readonly kept = new Map<PaperConnection, Map<StreamName, number>>();
  private demandAt: Millis = 0;

  private constructor(
    private readonly seed: number,
    private readonly settings: Partial<UpstreamSettings>,
    private readonly random = seeded(seed),
  ) {
    this.witnesses = new Map(
      STREAMS.map((stream) => [
        stream,
        // What came over a spare line is only kept, for some seconds and as long as that line lives: read is what came over the others.
        new Witness(stream, (by, id) => !settings.spareLine && by instanceof Living && by.hasRead(stream, id)),
      ]),
    );
  }

  /** Everything that was wrong on this walk, with when. */
  static async along(
    happenings: readonly Happening[],
    seed: number,
    settings: Partial<UpstreamSettings> = {},
  ): Promise<string[]> {
    const walk = new UpstreamWalk(seed, settings);
    await walk.take({ do: 'begin' });
    await walk.take({ do: 'want', streams: STREAMS.map(() => true) });
    await walk.pass(2_000);
    for (const happening of happenings) await walk.take(happening);
    await walk.calm();
    await walk.end();
    return walk.faults;
  }

  private async take(happening: Happening): Promise<void> {
    const { exchange, clock } = this;
    switch (happening.do) {
      case 'pass':
        return this.pass(happening.ms);
      case 'want':
        return this.want(STREAMS.filter((_, at) => happening.streams[at]));
      case 'close': {
        const { code, reason } = happening;
        return this.connection(happening.which)?.end((events) => events.closed({ code, reason }));
      }
      case 'mute':
        return this.change(happening.which, (connection) => (connection.isMute = true));
      case 'lag':
        return this.change(happening.which, (connection) => (connection.lagMs = happening.ms));
      case 'keep':
        return this.change(happening.which, (connection) => {
          const stream = STREAMS[happening.stream] ?? '';
          this.kept.set(connection, new Map(this.kept.get(connection)).set(stream, happening.trades));
        });
      case 'say':
        return this.connection(happening.which)?.deliver(happening.text);
      case 'receive':
        exchange.welcome = happening.how;
        return;
      case 'answer':
        exchange.answers = happening.how;
        return;
      case 'rotate':
        this.living.at(-1)?.upstream.pool.rotate('operator');
        return;
      case 'stall':
        // A process that stood still judges nobody before it has read what came meanwhile.
        this.untrue.clear();
        return clock.jump(happening.ms);
      case 'setWall':
        return clock.setWall(happening.ms);
      case 'begin':
        return this.begin();
      case 'kill':
        return this.kill();
    }
  }

  private get living(): Living[] {
    return this.upstreams.filter(({ isAlive }) => isAlive);
  }

  private connection(which: number): PaperConnection | undefined {
    return this.exchange.open.at(-1 - which);
  }

  private change(which: number, act: (connection: PaperConnection) => void): void {
    const connection = this.connection(which);
    if (connection) act(connection);
  }

  private async begin(): Promise<void> {
    if (this.living.length > 1) return;
    const hear = (topic: string, text: string, by: Living): void => {
      for (const witness of this.witnesses.values()) {
        if (topic === MARKET.channels.stream(witness.stream)) witness.take(text, by, this.clock.now());
      }
    };
    const one = new Living({
      exchange: this.exchange,
      shared: this.bus,
      settings: this.settings,
      hear,
      seed: this.seed + this.upstreams.length,
    });
    this.upstreams.push(one);
    const started = one.upstream.start();
    await this.pass(1_500);
    await started;
  }

  /** The one that began last, unless it is the only one. */
  private kill(): void {
    const victim = this.living.at(-1);
    if (!victim || this.living.length < 2) return;
    victim.isAlive = false;
    this.exchange.leave(victim);
  }

  private want(streams: readonly StreamName[]): void {
    this.wanted = streams;
    this.demandAt = 0;
    this.demand();
  }

  private async pass(ms: Millis): Promise<void> {
    for (let passed = 0; passed < ms; passed += STEP_MS) {
      this.trade();
      this.demand();
      this.exchange.tick();
      await this.step();
      this.check();
    }
  }

  /** From alarm to alarm: what one of them settles is heard before the next one rings, as in a real loop. */
  private async step(): Promise<void> {
    const end = this.clock.now() + STEP_MS;
    while (this.clock.now() < end) {
      this.clock.advance(Math.min(this.clock.untilNext, end - this.clock.now()));
      for (let turn = 0; turn < 8; turn += 1) await Promise.resolve();
    }
  }

  private trade(): void {
    for (const [at, stream] of STREAMS.entries()) {
      if (this.random() >= ((TRADES_A_SECOND[at] ?? 0) * STEP_MS) / 1_000) continue;
      this.exchange.trade(stream, (connection) => {
        const kept = this.kept.get(connection);
        const left = kept?.get(stream) ?? 0;
        if (left > 0) kept?.set(stream, left - 1);
        return left > 0;
      });
    }
  }

  /** As an edge says it: what it wants, and the newest term that it has seen. */
  private demand(): void {
    if (this.clock.now() < this.demandAt) return;
    this.demandAt = this.clock.now() + DEMAND_EVERY_MS;
    const epoch = Math.max(...[...this.witnesses.values()].map((witness) => witness.epoch));
    this.bus.messages.publish(MARKET.channels.demand, encodeDemand({ edge: 'walk', streams: [...this.wanted], epoch }));
  }

  private check(): void {
    const faults = [...this.witnesses.values()].flatMap((witness) => witness.faults.splice(0));
    for (const fault of [
      ...faults,
      ...this.exchange.faults.splice(0),
      ...this.wanted.flatMap((stream) => this.lie(stream)),
    ]) {
      this.faults.push(`${this.clock.now() - BEGINNING} ms: ${fault}`);
    }
  }

  /** A stream that has been called live for too long though nothing of it could come. */
  private lie(stream: StreamName): string[] {
    const now = this.clock.now();
    const witness = this.witnesses.get(stream);
    const says = this.living.find((one) => one === witness?.publisher);
    const carrying = this.exchange.open.filter(({ subscribed }) => subscribed.has(stream));
    const isTrue = witness?.state !== 'live' || !says || carrying.some(({ isMute }) => !isMute);
    if (isTrue) this.untrue.delete(stream);
    const { since, isLively } = this.untrue.get(stream) ?? {
      since: now,
      isLively: (witness?.busySeconds(now) ?? 0) > 50,
    };
    if (!isTrue) this.untrue.set(stream, { since, isLively });
    const allowedMs = carrying.length === 0 ? NEWS_MS : isLively ? SILENCE_MS : LONG_SILENCE_MS;
    if (now - since <= allowedMs) return [];
    this.untrue.set(stream, { since: Infinity, isLively });
    return [`${stream} is called live, and nothing has carried it for ${now - since} ms`];
  }

  /** No more incidents: what is wanted flows, to the last trade, from one publisher. */
  private async calm(): Promise<void> {
    this.exchange.welcome = { how: 'open' };
    this.exchange.answers = 'soon';
    for (const connection of this.exchange.open) connection.lagMs = 0;
    this.kept.clear();
    await this.pass(CALM_MS);
    for (const stream of this.wanted) {
      const witness = this.witnesses.get(stream);
      if (witness?.state !== 'live') this.faults.push(`${stream} is ${witness?.state} after all is calm`);
      const newest = this.exchange.newest.get(stream);
      if (newest !== undefined && newest - (witness?.newest ?? 0) > 1) {
        this.faults.push(`${stream} is at ${witness?.newest} when Binance is at ${newest}`);
      }
    }
  }

  private async end(): Promise<void> {
    const stopped = Promise.all(this.living.map(({ upstream }) => upstream.stop()));
    await this.pass(2_000);
    await stopped;
    if (this.exchange.open.some(({ isMute }) => !isMute)) this.faults.push('a connection is left open');
  }
}

const which = fc.nat({ max: 2 });
const CLOSINGS = [
  { code: 1000, reason: '' },
  { code: 1001, reason: '' },
  { code: 1006, reason: '' },
  { code: 1007, reason: 'Invalid UTF-8' },
  { code: 1008, reason: 'Too many requests' },
  { code: 1008, reason: 'Pong timeout' },
  { code: 1011, reason: 'internal' },
];
const TEXTS = [
  '{"stream":"btcusdt@trade","data":{"e":"trade"',
  '{"stream":"xrpusdt@trade","data":{}}',
  '[]',
  '\u00ff\u00fe',
  '{"result":null,"id":99999}',
];

const happening: fc.Arbitrary<Happening> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.integer({ min: 50, max: 20_000 }) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('want' as const),
      streams: fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc
      .record({ which, closing: fc.constantFrom(...CLOSINGS) })
      .map(({ which: at, closing: { code, reason } }) => ({ do: 'close' as const, which: at, code, reason })),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('mute' as const), which }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('lag' as const), which, ms: fc.integer({ min: 0, max: 3_000 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('keep' as const),
      which,
      stream: fc.nat({ max: 3 }),
      trades: fc.integer({ min: 1, max: 5 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('say' as const),
      which,
      text: fc.constantFrom(...TEXTS).map((text) => Buffer.from(text, 'latin1')),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('receive' as const),
      how: fc.constantFrom<Welcome>(
        { how: 'open' },
        { how: 'open' },
        { how: 'reset' },
        { how: 'hang' },
        { how: 'refuse', status: 503 },
        { how: 'refuse', status: 429, retryAfterMs: 30_000 },
        { how: 'refuse', status: 418, retryAfterMs: 90_000 },
      ),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('answer' as const),
      how: fc.constantFrom('soon' as const, 'never' as const),
    }),
  },
  { weight: 1, arbitrary: fc.constant<Happening>({ do: 'rotate' }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('stall' as const), ms: fc.integer({ min: 100, max: 30_000 }) }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('setWall' as const), ms: fc.integer({ min: -3_600_000, max: 3_600_000 }) }),
  },
  { weight: 2, arbitrary: fc.constant<Happening>({ do: 'begin' }) },
  { weight: 2, arbitrary: fc.constant<Happening>({ do: 'kill' }) },
);

/** A walk's happenings. */
export const happenings: fc.Arbitrary<Happening[]> = fc.array(happening, { minLength: 1, maxLength: 30 });

/** Settings under which an upstream is walked: with and without spare lines, one connection or four, and some that grow old soon. */
export const walkSettings: fc.Arbitrary<Partial<UpstreamSettings>> = fc.record({
  spareLine: fc.boolean(),
  rotateAfterMs: fc.constantFrom(60_000, 82_800_000),
  streamsPerConnection: fc.constantFrom(1, 1_024),
});
