import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { EXIT } from '#libs/core';
import { readRelease } from '#libs/release';
import { type DemoConfig, USAGE, DemoUsageError, readDemoConfig } from './demo.config.js';

const say = (line: string): void => void process.stdout.write(`${line}\n`);

let wasInterrupted = false;
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    // The second one is meant.
    if (wasInterrupted) process.exit(128 + constants.signals[signal]);
    wasInterrupted = true;
  });
}

// A reader that has seen enough (`| head`) ends the demo as Ctrl-C does: in order, and with the exit code that is due.
process.stdout.on('error', () => (wasInterrupted = true));
process.stderr.on('error', () => undefined);

const config = read(process.argv.slice(2));
say(opening(config));

if (config instanceof DemoUsageError) process.exit(EXIT.usage);
if (config.show === 'help' || config.show === 'version') process.exit(EXIT.ok);
// Loaded after the first line is out: the whole gateway takes a moment.
const { show } = await import('./show.js');
process.exit(await show(config, say, () => wasInterrupted));

function read(args: readonly string[]): DemoConfig | DemoUsageError {
  try {
    const config = readDemoConfig(args);
    if (config.show !== 'replay' || existsSync(config.file)) return config;
    return new DemoUsageError(`--replay: there is no file ${config.file}`);
  } catch (error) {
    if (error instanceof DemoUsageError) return error;
    throw error;
  }
}

function opening(config: DemoConfig | DemoUsageError): string {
  if (config instanceof DemoUsageError) return `${config.message}\n\n${USAGE}`;
  if (config.show === 'help') return USAGE;
  if (config.show === 'version') return `holdfast demo ${readRelease().version}`;
  if (config.show === 'replay') return `Holdfast replay of ${config.file}: simulator, gateway, two clients.`;
  return `Holdfast demo: a simulated Binance, a gateway, ${config.clients} clients; all on this machine.`;
}
