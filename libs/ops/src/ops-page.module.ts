import { Module } from '@nestjs/common';
import { BUS, type Bus } from '#libs/bus';
import type { Clock } from '#libs/core';
import { ACCESS, type Access, CLOCK, LOG, type Log, Metrics, Ops } from '#libs/runtime';
import { Neighbours } from './neighbours.js';
import { Observer } from './observer.js';
import { OpsPage } from './ops-page.js';
import { PageController } from './page.controller.js';
import { PageDesk } from './page-desk.js';
import { Watchers } from './watchers.js';

/** Provides `OpsPage`, a service, and its place on the ops port. Needs `RuntimeModule` and `BusModule`. */
@Module({
  controllers: [PageController],
  providers: [
    {
      provide: Observer,
      useFactory: (clock: Clock, metrics: Metrics, ops: Ops, log: Log) => new Observer({ clock, metrics, ops, log }),
      inject: [CLOCK, Metrics, Ops, LOG],
    },
    {
      provide: PageDesk,
      useFactory: (clock: Clock, ops: Ops, access: Access, observer: Observer) =>
        new PageDesk({ clock, ops, access }, observer),
      inject: [CLOCK, Ops, ACCESS, Observer],
    },
    {
      provide: Neighbours,
      useFactory: (bus: Bus, desk: PageDesk, clock: Clock) => new Neighbours(bus, desk, clock),
      inject: [BUS, PageDesk, CLOCK],
    },
    {
      provide: Watchers,
      useFactory: (desk: PageDesk, neighbours: Neighbours, clock: Clock, metrics: Metrics) =>
        new Watchers(desk, neighbours, clock, metrics),
      inject: [PageDesk, Neighbours, CLOCK, Metrics],
    },
    {
      provide: OpsPage,
      useFactory: (observer: Observer, neighbours: Neighbours, watchers: Watchers) =>
        new OpsPage(observer, neighbours, watchers),
      inject: [Observer, Neighbours, Watchers],
    },
  ],
  exports: [OpsPage],
})
export class OpsPageModule {}
