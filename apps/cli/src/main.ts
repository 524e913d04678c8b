#!/usr/bin/env node
import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { EXIT } from '#libs/core';
import { remark } from './output.js';
import { CommandTrouble } from './trouble.js';

const WS_URL = 'ws://127.0.0.1:9443';
const OPS_URL = 'http://127.0.0.1:9464';

const program = new Command('holdfast')
  .description('Watch streams of a Holdfast gateway, look at its state, and drill it against a fake Binance.')
  .exitOverride()
  .showHelpAfterError('(holdfast --help tells more)');

program
  .command('watch')
  .description('Print what a client is told, one message per line, until Ctrl-C.')
  .argument('<stream...>', 'stream names as Binance writes them: btcusdt@trade')
  .option('--url <url>', 'where clients connect', urlOf('ws'), WS_URL)
  .option('--binance', "print Binance's wire instead of native events")
  .action(async (streams: string[], { url, binance }: { url: string; binance?: true }) => {
    if (binance) await (await import('./watch-binance.js')).watchBinance(url, streams);
    else await (await import('./watch.js')).watchNative(url, streams);
  });

program
  .command('status')
  .description(
    'Print how a gateway is: readiness, connections to Binance, streams, clients, and the newest endings. Ends with 1 while it is not ready.',
  )
  .option('--url <url>', "the operators' port of an upstream, an edge, or a standalone gateway", urlOf('http'), OPS_URL)
  .option('--quarantine', 'print the frames that were refused, with their bytes')
  .option('--json', 'print the status as it comes')
  .action(async (options: { url: string; quarantine?: true; json?: true }) => {
    const { status } = await import('./status.js');
    process.exitCode = await status(options);
  });

program
  .command('token')
  .description('Make a token: prints it, and the line that a tokens file (HOLDFAST_TOKENS_FILE) needs to admit it.')
  .argument('<name>', 'whose it is: letters, digits, . _ @ and -')
  .option('--patterns <patterns>', 'streams it may have, separated by commas: btcusdt@*,*@bookTicker')
  .option('--connections <n>', 'connections it may have at once')
  .option('--streams <n>', 'streams that one of them may have')
  .option('--ops', "it may give commands on the operators' port")
  .action(async (name: string, rights: { patterns?: string; connections?: string; streams?: string; ops?: true }) => {
    (await import('./token.js')).token(name, rights);
  });

program
  .command('drill')
  .description('Run a named course of incidents against a gateway of its own, and print what clients saw.')
  .argument('[name]', 'which drill; without a name they are listed')
  .option('--clients <n>', 'how many clients watch', wholeNumber, 24)
  .action(async (name: string | undefined, { clients }: { clients: number }) => {
    const { drill, listDrills } = await import('./drill.js');
    if (name === undefined) listDrills();
    else process.exitCode = await drill(name, clients);
  });

try {
  await program.parseAsync();
  // Nothing else is waited for: an HTTP connection kept alive must not keep the command.
  process.exit();
} catch (error) {
  process.exit(codeOf(error));
}

function codeOf(error: unknown): number {
  // Commander has said already what was wrong.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  remark((error as Error).message);
  return error instanceof CommandTrouble ? error.exitCode : EXIT.software;
}

function urlOf(scheme: 'ws' | 'http'): (text: string) => string {
  return (text) => {
    const url = URL.canParse(text) ? new URL(text) : undefined;
    if (url?.protocol === `${scheme}:` || url?.protocol === `${scheme}s:`) return text.replace(/\/+$/, '');
    throw new InvalidArgumentError(`Expected a URL like ${scheme === 'ws' ? WS_URL : OPS_URL}.`);
  };
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= 2 && value <= 500) return value;
  throw new InvalidArgumentError('Expected a whole number from 2 to 500.');
}
