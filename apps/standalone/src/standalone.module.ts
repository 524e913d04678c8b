import { type DynamicModule, Module } from '@nestjs/common';
import { BUS, type Bus, BusModule } from '#libs/bus';
import { Edge, EdgeModule } from '#libs/edge';
import { OpsPage, OpsPageModule } from '#libs/ops';
import { type Log, RuntimeModule, SERVICES, type Service } from '#libs/runtime';
import { Upstream, UpstreamModule } from '#libs/upstream';
import type { StandaloneConfig } from './standalone.config.js';

/** Both roles in one process, on a memory bus unless a Redis is named. */
@Module({})
export class StandaloneModule {
  static with({ access, bus, edge, upstream }: StandaloneConfig, log: Log): DynamicModule {
    const inOrder = (theBus: Bus, page: OpsPage, theEdge: Edge, theUpstream: Upstream): Service[] => [
      theBus,
      page,
      theEdge,
      theUpstream,
    ];
    return {
      module: StandaloneModule,
      imports: [
        RuntimeModule.with(log, access),
        BusModule.with(bus),
        OpsPageModule,
        EdgeModule.with(edge, upstream),
        UpstreamModule.with(upstream),
      ],
      providers: [{ provide: SERVICES, useFactory: inOrder, inject: [BUS, OpsPage, Edge, Upstream] }],
    };
  }
}
