import { type DynamicModule, Global, Module } from '@nestjs/common';
import type { Clock } from '#libs/core';
import { type BusSettings, CLOCK, LOG, type Log, Metrics } from '#libs/runtime';
import { MemoryBus } from './memory/memory-bus.js';
import { BUS, type Bus } from './ports/bus.js';
import { RedisBus } from './redis/redis-bus.js';

/** Provides `BUS`: Redis where a URL is set, memory otherwise. */
@Global()
@Module({})
export class BusModule {
  static with({ redisUrl, queueBytes }: Readonly<BusSettings>): DynamicModule {
    const make = (clock: Clock, log: Log, metrics: Metrics): Bus => {
      const parts = { clock, log, metrics };
      return redisUrl === undefined ? new MemoryBus(parts) : new RedisBus({ redisUrl, queueBytes }, parts);
    };
    return {
      module: BusModule,
      providers: [{ provide: BUS, useFactory: make, inject: [CLOCK, LOG, Metrics] }],
      exports: [BUS],
    };
  }
}
