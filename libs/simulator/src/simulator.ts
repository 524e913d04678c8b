import { createServer, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Cancel, Clock } from '#libs/core';
import { systemClock } from '#libs/clock';
import { ControlPort } from './control/control-port.js';
import { type Incident, strike } from './incidents/incidents.js';
import type { World } from './incidents/world.js';
import { SimMarket } from './market/market.js';
import { DEFAULT_SYMBOLS, manySymbols } from './market/symbols.js';
import type { SimulatorOptions } from './options.js';
import { seeded } from './random.js';
import { recordedSymbols } from './replay/recorded-symbols.js';
import { recordedEndpoints } from './replay/recorded-endpoints.js';
import { RecordedHistory } from './replay/recorded-history.js';
import { type RecordedFrame, readRecording, readSnapshots } from './replay/recording.js';
import { Replay } from './replay/replay.js';
import { SimRest, type SimRestRequest } from './rest/rest.js';
import type { Endpoint } from './rest/source.js';
import type { SimConnection } from './server/connection.js';
import { FrontDoor } from './server/front-door.js';
import type { GateStep } from './server/gate.js';
import { BINANCE_LIMITS } from './server/rules/limits.js';
import { closeServer, hostOf, listen } from './listen.js';
import { type UpgradeAttempt, Records, type Violation } from './server/rules/records.js';
import { SimTruth } from './truth/truth.js';
import { StreamChannels } from './wire/channels.js';
import { FramePublisher } from './wire/frame-publisher.js';

/** Far above any limit on URLs, so that it is our rule that refuses a long one, and it is noted. */
const maxHeaderSize = 1_048_576;

/** An incident that struck. */
export interface Strike {
  at: number;
  name: string;
  /** How many connections were struck at once. */
  struck: number;
}

/** A fake Binance on this machine: streams, REST, limits, and incidents on command. */
export class Simulator {
  /** What is true; a test compares it with what was sent. Stands still during a replay. */
  readonly market: SimMarket;
  /** The same in the texts of the wire, and the book as it was after each of the recent updates. */
  readonly truth: SimTruth;
  /** Present when frames come from a recording. */
  readonly replay: Replay | undefined;
  private readonly clock: Clock;
  private readonly world: World;
  private readonly server: Server;
  private readonly control: Server;
  private readonly strikes = new Records<Strike>();
  private cancelTick: Cancel = () => undefined;

  private constructor(private readonly options: SimulatorOptions) {
    this.clock = options.clock ?? systemClock;
    const channels = new StreamChannels();
    const recorded = makeReplay(options, this.clock, channels);
    this.replay = recorded?.replay;
    this.market = makeMarket(options, this.clock.now(), this.replay?.streams);
    this.truth = new SimTruth(this.market);
    this.world = makeWorld(options, { clock: this.clock, channels, market: this.market, instead: recorded?.endpoints });
    const { door, rest } = this.world;
    this.server = options.tls ? createTlsServer({ ...options.tls, maxHeaderSize }) : createServer({ maxHeaderSize });
    this.server.on('request', (request, response) => rest.handle(request, response));
    door.attach(this.server);
    const port = new ControlPort({
      world: this.world,
      script: (steps) => this.script(steps),
      struck: (name, count) => this.note(name, count),
    });
    this.control = createServer((request, response) => port.handle(request, response));
  }

  /** Starts one and resolves when it listens; rejects when a port is taken or a recording cannot be read. */
  static async start(options: SimulatorOptions = {}): Promise<Simulator> {
    const simulator = new Simulator(options);
    const host = options.host ?? '127.0.0.1';
    await listen(simulator.server, options.port ?? 0, host);
    try {
      await listen(simulator.control, options.controlPort ?? 0, host);
    } catch (error) {
      await closeServer(simulator.server);
      throw error;
    }
    if (simulator.replay) simulator.replay.start();
    else simulator.tick();
    return simulator;
  }

  /** Cuts every connection and resolves when the ports are free. */
  async stop(): Promise<void> {
    this.cancelTick();
    this.replay?.stop();
    this.world.door.closeAll();
    await Promise.all([closeServer(this.server), closeServer(this.control)]);
  }

  /** Base of stream URLs: `ws://127.0.0.1:…`, without a path. */
  get wsUrl(): string {
    return `${this.options.tls ? 'wss' : 'ws'}://${hostOf(this.server)}`;
  }

  /** Base of REST URLs; paths start with `/api/v3`. */
  get restUrl(): string {
    return `${this.options.tls ? 'https' : 'http'}://${hostOf(this.server)}`;
  }

  /** Base of the control port. */
  get controlUrl(): string {
    return `http://${hostOf(this.control)}`;
  }

  /** Every open connection and the newest 250 ended ones, in the order in which they opened. */
  get connections(): readonly SimConnection[] {
    const { gone, open } = this.world.door;
    return [...gone.all, ...open].sort((a, b) => a.id - b.id);
  }

  /** Every upgrade that was asked for, the newest 10,000, oldest first. */
  get attempts(): readonly UpgradeAttempt[] {
    return this.world.door.attempts.all;
  }

  /** Every rule of Binance that a client broke; empty is what a test of a client wants. */
  get violations(): readonly Violation[] {
    return this.world.door.violations.all;
  }

  /** Every REST request that came, the newest 10,000, oldest first. */
  get restRequests(): readonly SimRestRequest[] {
    return this.world.rest.requests.all;
  }

  /** Every incident that struck, scripts left out. */
  get incidents(): readonly Strike[] {
    return this.strikes.all;
  }

  /** Strikes an incident; how many connections were struck at once. Throws when a parameter is not what it should be. */
  strike(incident: Incident): number {
    const { name, ...parameters } = incident;
    const result = strike(this.world, name, parameters);
    if (!result.ok) throw new RangeError(result.problem);
    this.note(name, result.value);
    return result.value;
  }

  /** Orders what happens to the next connection attempts, one step each; later ones are accepted. */
  script(steps: readonly GateStep[]): void {
    for (const step of steps) this.world.door.gate.order(step, { count: 1 });
  }

  private note(name: string, struck: number): void {
    this.strikes.add({ at: this.clock.now(), name, struck });
  }

  private tick(): void {
    this.market.advance(this.clock.now() - 1, this.world.sink);
    this.cancelTick = this.clock.after(this.options.tickMs ?? 10, () => this.tick());
  }
}

interface Recorded {
  replay: Replay;
  endpoints: Record<string, Endpoint>;
}

function makeReplay({ replay }: SimulatorOptions, clock: Clock, channels: StreamChannels): Recorded | undefined {
  if (!replay) return undefined;
  const { file, speed = 1, loop = false, cut = new Set<number>(), mayPlay = () => true } = replay;
  const history = new RecordedHistory(clock, readSnapshots(file));
  const played = (frame: RecordedFrame): void => history.played(frame);
  return {
    replay: new Replay(readRecording(file), { clock, channels, speed, loop, cut, mayPlay, played }),
    endpoints: recordedEndpoints(history),
  };
}

function makeMarket(options: SimulatorOptions, now: number, recorded: Iterable<string> | undefined): SimMarket {
  const wanted = recorded ? recordedSymbols(recorded) : (options.symbols ?? DEFAULT_SYMBOLS);
  const symbols = typeof wanted === 'number' ? manySymbols(wanted) : wanted;
  const keep = options.keepTrades ?? (symbols.length > 50 ? 5_000 : 50_000);
  const startAt = Math.floor(now - (options.historyMs ?? 60_000));
  const market = new SimMarket({ symbols, seed: options.seed ?? 1, startAt, keep });
  if (!recorded) market.advance(now - 1);
  market.pace = options.pace ?? 1;
  return market;
}

interface WorldParts {
  clock: Clock;
  channels: StreamChannels;
  market: SimMarket;
  instead: Record<string, Endpoint> | undefined;
}

function makeWorld(options: SimulatorOptions, { clock, channels, market, instead = {} }: WorldParts): World {
  const random = seeded(options.seed ?? 1);
  const limits = { ...BINANCE_LIMITS, ...options.limits };
  const door = new FrontDoor({ clock, random, limits, channels, ackDelayMs: options.ackDelayMs ?? [20, 60] });
  const rest = new SimRest({
    clock,
    market,
    limits,
    instead,
    databaseLagMs: options.databaseLagMs ?? 0,
    violated: (rule, detail) => door.note(rule, detail),
  });
  return { clock, random, door, rest, channels, market, sink: new FramePublisher(channels, market) };
}
