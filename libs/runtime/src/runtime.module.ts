import { type DynamicModule, Global, Module } from '@nestjs/common';
import { systemClock, systemRandom } from './clock.js';
import type { Log } from './log.js';
import { Metrics } from './metrics.js';
import { OpsController } from './ops/ops.controller.js';
import { Ops } from './ops/ops.js';
import { CLOCK, LOG, RANDOM } from './tokens.js';

/** What every part of every app may ask for: the clock, the random numbers, the log, the metrics, the ops. */
@Global()
@Module({})
export class RuntimeModule {
  static with(log: Log): DynamicModule {
    return {
      module: RuntimeModule,
      controllers: [OpsController],
      providers: [
        { provide: CLOCK, useValue: systemClock },
        { provide: RANDOM, useValue: systemRandom },
        { provide: LOG, useValue: log },
        { provide: Metrics, useFactory: () => new Metrics().withProcess() },
        { provide: Ops, useFactory: () => new Ops() },
      ],
      exports: [CLOCK, RANDOM, LOG, Metrics, Ops],
    };
  }
}
