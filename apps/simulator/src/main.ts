import { EXIT } from '#libs/core';
import { readRelease } from '#libs/release';
import { makeLog, orExit, runMain } from '#libs/runtime';
import { Simulator, listIncidents } from '#libs/simulator';
import { UnknownFlagError, readSimulatorConfig, simulatorOptions, usage } from './simulator.config.js';

const say = (text: string): void => void process.stdout.write(`${text}\n`);

if (process.argv[2] === '--version') {
  say(`holdfast simulator ${readRelease().version}`);
  process.exit(EXIT.ok);
}

const config = orExit(() => {
  try {
    return readSimulatorConfig(process.env, process.argv.slice(2));
  } catch (error) {
    if (!(error instanceof UnknownFlagError)) throw error;
    process.stderr.write(`${error.message}\n\n${usage()}\n`);
    process.exit(EXIT.usage);
  }
});

if (!config) {
  say(usage());
  process.exit(EXIT.ok);
}

await runMain(makeLog('simulator', 'warn'), async () => {
  const simulator = await Simulator.start(simulatorOptions(config));
  const symbols = simulator.market.instruments.map(({ spec }) => spec.symbol);
  const names = listIncidents().map(({ name }) => name);
  say(`A fake Binance listens.
  streams   ${simulator.wsUrl}/stream?streams=btcusdt@trade
  REST      ${simulator.restUrl}/api/v3/depth?symbol=${symbols[0]}
  control   ${simulator.controlUrl}/incidents  (lists them with their parameters)

Symbols: ${symbols.slice(0, 8).join(', ')}${symbols.length > 8 ? `, … ${symbols.length} in all` : ''}
Incidents: ${names.join(', ')}

Point the gateway at it:
  HOLDFAST_UPSTREAM_WS_URL=${simulator.wsUrl} HOLDFAST_UPSTREAM_REST_URL=${simulator.restUrl} npm start
Strike one:
  curl -X POST ${simulator.controlUrl}/incidents/close -d '{"code":1008,"reason":"Pong timeout"}'
  curl -X POST ${simulator.controlUrl}/incidents/cut-mid-utf8
  curl -X POST ${simulator.controlUrl}/script -d '[{"cut":"mid-frame"},{"refuse":{"status":429,"retryAfter":5}},"accept"]'
See what it saw:
  curl ${simulator.controlUrl}/state`);
  return simulator;
});
