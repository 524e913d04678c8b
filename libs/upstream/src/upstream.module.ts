import { type DynamicModule, Module } from '@nestjs/common';
import { BUS, type Bus } from '#libs/bus';
import type { Clock, Random } from '#libs/core';
import { CLOCK, LOG, type Log, Metrics, Ops, RANDOM, type UpstreamSettings } from '#libs/runtime';
import { wsDial } from './connection/ws-socket.js';
import { TIMINGS, type Timings } from './timings.js';
import { Upstream } from './upstream.js';

/** Provides `Upstream`, the service that reads Binance. Needs `BUS` from a `BusModule`. */
@Module({})
export class UpstreamModule {
  /** @param timings Other than the usual ones, for drills and soaks. */
  static with(settings: Readonly<UpstreamSettings>, timings: Timings = TIMINGS): DynamicModule {
    const make = (bus: Bus, clock: Clock, random: Random, log: Log, metrics: Metrics, ops: Ops): Upstream => {
      const dial = wsDial(clock, settings);
      return new Upstream(settings, { bus, dial, clock, random, log, metrics, ops, timings });
    };
    return {
      module: UpstreamModule,
      providers: [{ provide: Upstream, useFactory: make, inject: [BUS, CLOCK, RANDOM, LOG, Metrics, Ops] }],
      exports: [Upstream],
    };
  }
}
