import { type DynamicModule, Global, Module } from '@nestjs/common';
import { Access } from './access/index.js';
import { systemClock, systemRandom } from '#libs/clock';
import type { Log } from './log/log.js';
import { Metrics } from './metrics.js';
import { OpsController } from './ops/ops.controller.js';
import { Ops } from './ops/ops.js';
import { standardOutput } from './log/standard-output.js';
import { ACCESS, CLOCK, LOG, RANDOM } from './tokens.js';

/** What every part of every app may ask for: the clock, the random numbers, the log, who may come in, the metrics, the ops. */
@Global()
@Module({})
export class RuntimeModule {
  /** @param access who may come in; what the settings' defaults say where it is left out. */
  static with(log: Log, access = new Access()): DynamicModule {
    return {
      module: RuntimeModule,
      controllers: [OpsController],
      providers: [
        { provide: CLOCK, useValue: systemClock },
        { provide: RANDOM, useValue: systemRandom },
        { provide: LOG, useValue: log },
        { provide: ACCESS, useValue: access },
        { provide: Metrics, useFactory: makeMetrics, inject: [Ops] },
        { provide: Ops, useFactory: () => new Ops() },
      ],
      exports: [CLOCK, RANDOM, LOG, ACCESS, Metrics, Ops],
    };
  }
}

function makeMetrics(ops: Ops): Metrics {
  const metrics = new Metrics().withProcess();
  metrics.readCounter(
    'holdfast_log_lines_lost_total',
    'Log lines that standard output did not take: its reader has gone or is too slow, or its disk is full.',
    () => standardOutput.lost,
  );
  metrics.readGauge('holdfast_ready', '1 while /readyz says that this process is ready.', () =>
    Object.keys(ops.readTroubles()).length === 0 ? 1 : 0,
  );
  return metrics;
}
