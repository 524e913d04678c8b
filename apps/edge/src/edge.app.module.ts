import { type DynamicModule, Module } from '@nestjs/common';
import { BUS, type Bus, BusModule } from '#libs/bus';
import { Edge, EdgeModule } from '#libs/edge';
import { type Log, RuntimeModule, SERVICES } from '#libs/runtime';
import type { EdgeConfig } from './edge.config.js';

/** The edge role: serves clients from what an upstream elsewhere publishes. */
@Module({})
export class EdgeAppModule {
  static with({ bus, edge }: EdgeConfig, log: Log): DynamicModule {
    return {
      module: EdgeAppModule,
      imports: [RuntimeModule.with(log), BusModule.with(bus), EdgeModule.with(edge)],
      providers: [{ provide: SERVICES, useFactory: (...services: [Bus, Edge]) => services, inject: [BUS, Edge] }],
    };
  }
}
