import { answerArguments, makeLog, orExit, runMain, start } from '#libs/runtime';
import { readUpstreamConfig } from './upstream.config.js';
import { UpstreamAppModule } from './upstream.module.js';

answerArguments('upstream', process.argv.slice(2));
const config = orExit(() => readUpstreamConfig(process.env));
const log = makeLog('upstream', config.ops.logLevel);
await runMain(log, () =>
  start({
    module: UpstreamAppModule.with(config, log),
    ops: config.ops,
    log,
    about: { role: 'upstream', settings: config.shown },
  }),
);
