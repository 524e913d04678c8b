import { type DynamicModule, Global, Module } from '@nestjs/common';
import type { Clock } from '#libs/core';
import { type BusSettings, CLOCK, LOG, type Log, Metrics, Ops } from '#libs/runtime';
import { MemoryBus } from './memory/memory-bus.js';
import { BUS, type Bus } from './ports/bus.js';
import { RedisBus, type RedisBusOptions } from './redis/redis-bus.js';

/** Provides `BUS`, Redis where a URL is set, memory otherwise, and shows operators how it is. */
@Global()
@Module({})
export class BusModule {
  static with(settings: Readonly<BusSettings>): DynamicModule {
    const make = (clock: Clock, log: Log, metrics: Metrics, ops: Ops): Bus => {
      const parts = { clock, log, metrics };
      const options = redisOptions(settings);
      const bus = options === undefined ? new MemoryBus(parts) : new RedisBus(options, parts);
      ops.status('bus', () => bus.describe());
      ops.needs('bus', () => bus.trouble());
      return bus;
    };
    return {
      module: BusModule,
      providers: [{ provide: BUS, useFactory: make, inject: [CLOCK, LOG, Metrics, Ops] }],
      exports: [BUS],
    };
  }
}

function redisOptions(settings: Readonly<BusSettings>): RedisBusOptions | undefined {
  const { redisUrl, redisPrefix: prefix, queueBytes, flushMs, sentinelUsername, sentinelPassword } = settings;
  if (redisUrl === undefined) return undefined;
  return {
    redisUrl,
    queueBytes,
    flushMs,
    prefix,
    ...(sentinelUsername !== undefined && { sentinelUsername }),
    ...(sentinelPassword !== undefined && { sentinelPassword }),
  };
}
