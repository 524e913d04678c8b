import { type DynamicModule, Module } from '@nestjs/common';
import { BUS, type Bus, BusModule } from '#libs/bus';
import { Edge, EdgeModule } from '#libs/edge';
import { OpsPage, OpsPageModule } from '#libs/ops';
import { type Log, RuntimeModule, SERVICES, type Service } from '#libs/runtime';
import type { EdgeConfig } from './edge.config.js';

/** The edge role: serves clients from what an upstream elsewhere publishes. */
@Module({})
export class EdgeAppModule {
  static with({ access, bus, edge, binance }: EdgeConfig, log: Log): DynamicModule {
    const inOrder = (theBus: Bus, page: OpsPage, theEdge: Edge): Service[] => [theBus, page, theEdge];
    return {
      module: EdgeAppModule,
      imports: [RuntimeModule.with(log, access), BusModule.with(bus), OpsPageModule, EdgeModule.with(edge, binance)],
      providers: [{ provide: SERVICES, useFactory: inOrder, inject: [BUS, OpsPage, Edge] }],
    };
  }
}
