import { UwsAdapter } from '#libs/edge';
import { makeLog, orExit, runMain, start } from '#libs/runtime';
import { EdgeAppModule } from './edge.module.js';
import { readEdgeConfig } from './edge.config.js';

const config = orExit(() => readEdgeConfig(process.env));
const log = makeLog('edge', config.ops.logLevel);

await runMain(log, () =>
  start({
    module: EdgeAppModule.with(config, log),
    ops: config.ops,
    log,
    about: { role: 'edge', room: config.room },
    prepare: (app) => void app.useWebSocketAdapter(app.get(UwsAdapter)),
  }),
);
