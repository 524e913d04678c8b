// First: it says so where this version of Node will not do, and the next one could not even be loaded.
import { answerArguments, makeLog, orExit, runMain, start } from '#libs/runtime';
import { UwsAdapter } from '#libs/edge';
import { readStandaloneConfig } from './standalone.config.js';
import { StandaloneModule } from './standalone.module.js';

answerArguments('standalone', process.argv.slice(2));
const config = orExit(() => readStandaloneConfig(process.env));
const log = makeLog('standalone', config.ops.logLevel);

await runMain(log, () =>
  start({
    module: StandaloneModule.with(config, log),
    ops: config.ops,
    log,
    about: { role: 'standalone', room: config.room, settings: config.shown },
    prepare: (app) => void app.useWebSocketAdapter(app.get(UwsAdapter)),
  }),
);
