import type { Cancel, Clock } from '#libs/core';
import { systemClock } from '#libs/runtime';
import { createServer, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { Market } from './market/market.js';
import { DEFAULT_SYMBOLS, manySymbols } from './market/symbols.js';
import type { SimulatorOptions } from './options.js';
import { seeded } from './random.js';
import type { SimConnection } from './server/connection.js';
import { FrontDoor } from './server/front-door.js';
import { BINANCE_LIMITS } from './server/limits.js';
import type { Attempt, Violation } from './server/records.js';
import { Channels } from './wire/channels.js';
import { Publisher } from './wire/publisher.js';

/** A fake Binance on this machine: streams, REST, limits, and incidents on command. */
export class Simulator {
  readonly market: Market;
  readonly channels = new Channels();
  readonly door: FrontDoor;
  readonly clock: Clock;
  private readonly publisher: Publisher;
  private readonly server: Server;
  private cancelTick: Cancel = () => undefined;

  private constructor(private readonly options: SimulatorOptions) {
    this.clock = options.clock ?? systemClock;
    const seed = options.seed ?? 1;
    this.market = makeMarket(options, seed, this.clock.now());
    this.publisher = new Publisher(this.channels, this.market);
    this.door = new FrontDoor({
      clock: this.clock,
      random: seeded(seed),
      limits: { ...BINANCE_LIMITS, ...options.limits },
      channels: this.channels,
      ackDelayMs: options.ackDelayMs ?? [20, 60],
    });
    this.server = options.tls ? createTlsServer(options.tls) : createServer();
    this.door.attach(this.server);
  }

  /** Starts one and resolves when it listens. */
  static async start(options: SimulatorOptions = {}): Promise<Simulator> {
    const simulator = new Simulator(options);
    await listen(simulator.server, options.port ?? 0, options.host ?? '127.0.0.1');
    simulator.tick();
    return simulator;
  }

  /** Cuts every connection and resolves when the ports are free. */
  async stop(): Promise<void> {
    this.cancelTick();
    this.door.closeAll();
    await close(this.server);
  }

  /** Base of stream URLs: `ws://127.0.0.1:…`, without a path. */
  get wsUrl(): string {
    return `${this.options.tls ? 'wss' : 'ws'}://${hostOf(this.server)}`;
  }

  /** Base of REST URLs; paths start with `/api/v3`. */
  get restUrl(): string {
    return `${this.options.tls ? 'https' : 'http'}://${hostOf(this.server)}`;
  }

  /** Every connection, the newest 10,000, oldest first; ended ones too. */
  get connections(): readonly SimConnection[] {
    return this.door.connections.all;
  }

  /** Every upgrade that was asked for, the newest 10,000, oldest first. */
  get attempts(): readonly Attempt[] {
    return this.door.attempts.all;
  }

  /** Every rule of Binance that a client broke; empty is what a test of a client wants. */
  get violations(): readonly Violation[] {
    return this.door.violations.all;
  }

  private tick(): void {
    this.market.advance(this.clock.now() - 1, this.publisher);
    this.cancelTick = this.clock.after(this.options.tickMs ?? 10, () => this.tick());
  }
}

function makeMarket(options: SimulatorOptions, seed: number, now: number): Market {
  const wanted = options.symbols ?? DEFAULT_SYMBOLS;
  const symbols = typeof wanted === 'number' ? manySymbols(wanted) : wanted;
  const keep = options.keepTrades ?? (symbols.length > 50 ? 5_000 : 50_000);
  const startAt = Math.floor(now - (options.historyMs ?? 60_000));
  const market = new Market({ symbols, seed, startAt, keep });
  market.advance(now - 1);
  market.pace = options.pace ?? 1;
  return market;
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

function hostOf(server: Server): string {
  const { address, port, family } = server.address() as AddressInfo;
  return `${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}
