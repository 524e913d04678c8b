import { type DynamicModule, Module } from '@nestjs/common';
import { type Market, type ParsedStream, spot } from '#libs/binance';
import { BUS, type Bus } from '#libs/bus';
import type { Clock, Random } from '#libs/core';
import { proxyFor } from '#libs/rest';
import { CLOCK, LOG, type Log, Metrics, Ops, RANDOM, type UpstreamSettings } from '#libs/runtime';
import { checkUpstream } from './check-settings.js';
import { wsDial } from './line/ws-socket.js';
import { TIMINGS, type Timings } from './timings.js';
import { Upstream } from './upstream.js';

export interface UpstreamModuleOptions {
  /** The market that is read. */
  market?: Market;
  /** Other than the usual ones, for drills and soaks. */
  timings?: Timings;
}

/** Provides `Upstream`, the service that reads one market of Binance. Needs `BUS` from a `BusModule`. */
@Module({})
export class UpstreamModule {
  /** @throws SettingsError when what is always on is not a stream of the market, or settings contradict each other. */
  static with(
    settings: Readonly<UpstreamSettings>,
    { market = spot, timings = TIMINGS }: UpstreamModuleOptions = {},
  ): DynamicModule {
    const always: readonly ParsedStream[] = checkUpstream(settings, market);
    const make = (bus: Bus, clock: Clock, random: Random, log: Log, metrics: Metrics, ops: Ops): Upstream => {
      const { connectTimeoutMs } = settings;
      const dial = wsDial(clock, { connectTimeoutMs, proxyFor: (url) => proxyFor(settings, url) });
      return new Upstream(settings, { market, always, bus, dial, clock, random, log, metrics, ops, timings });
    };
    return {
      module: UpstreamModule,
      providers: [{ provide: Upstream, useFactory: make, inject: [BUS, CLOCK, RANDOM, LOG, Metrics, Ops] }],
      exports: [Upstream],
    };
  }
}
