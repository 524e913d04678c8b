// First: it says so where this version of Node will not do, and the next one could not even be loaded.
import { answerArguments, makeLog, orExit, runMain, start } from '#libs/runtime';
import { UwsAdapter } from '#libs/edge';
import { EdgeAppModule } from './edge.module.js';
import { readEdgeConfig } from './edge.config.js';

answerArguments('edge', process.argv.slice(2));
const config = orExit(() => readEdgeConfig(process.env));
const log = makeLog('edge', config.ops.logLevel);

await runMain(log, () =>
  start({
    module: EdgeAppModule.with(config, log),
    ops: config.ops,
    log,
    about: { role: 'edge', room: config.room, settings: config.shown },
    prepare: (app) => void app.useWebSocketAdapter(app.get(UwsAdapter)),
  }),
);
