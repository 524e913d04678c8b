import { type DynamicModule, Module } from '@nestjs/common';
import { BUS, type Bus, BusModule } from '#libs/bus';
import { OpsPage, OpsPageModule } from '#libs/ops';
import { type Log, RuntimeModule, SERVICES, type Service } from '#libs/runtime';
import { Upstream, UpstreamModule } from '#libs/upstream';
import type { UpstreamConfig } from './upstream.config.js';

/** The upstream role alone, for edges in other processes. */
@Module({})
export class UpstreamAppModule {
  static with({ access, bus, upstream }: UpstreamConfig, log: Log): DynamicModule {
    const inOrder = (theBus: Bus, page: OpsPage, theUpstream: Upstream): Service[] => [theBus, page, theUpstream];
    return {
      module: UpstreamAppModule,
      imports: [RuntimeModule.with(log, access), BusModule.with(bus), OpsPageModule, UpstreamModule.with(upstream)],
      providers: [{ provide: SERVICES, useFactory: inOrder, inject: [BUS, OpsPage, Upstream] }],
    };
  }
}
