import { Command, InvalidArgumentError } from 'commander';
import { readRelease, releaseLine } from '#libs/release';

const WS_URL = 'ws://127.0.0.1:9443';
const OPS_URL = 'http://127.0.0.1:9464';

/** Every command with its options. What one of them does is loaded when it is asked for, so that the others start at once. */
export const program = new Command('holdfast')
  .description('Watch streams of a Holdfast gateway, look at its state, and drill it against a fake Binance.')
  .version(releaseLine('holdfast', readRelease()), '-V, --version', 'print which release this is')
  .exitOverride()
  .showHelpAfterError('(holdfast --help tells more)');

program
  .command('watch')
  .description(
    'Show how much comes on streams, live; to what is no terminal, print each message on a line. Until Ctrl-C.',
  )
  .argument('<stream...>', 'stream names as Binance writes them: btcusdt@trade')
  .option('--url <url>', 'where clients connect', urlOf('ws'), WS_URL)
  .option('--binance', "Binance's wire instead of native events")
  .option('--json', 'print each message on a line, on a terminal, too')
  .action(async (streams: string[], options: { url: string; binance?: true; json?: true }) => {
    await (await import('./watching/watch.js')).watch(streams, options);
  });

program
  .command('status')
  .description(
    'Print how a gateway is, since when and why, what happened in the last hour, and what it is connected to. Ends with 1 while it is not ready.',
  )
  .option('--url <url>', "the operators' port of an upstream, an edge, or a standalone gateway", urlOf('http'), OPS_URL)
  .option('--quarantine', 'print the frames that were refused, with their bytes')
  .option('--json', "print all that the operators' page knows, as JSON")
  .action(async (options: { url: string; quarantine?: true; json?: true }) => {
    const { status } = await import('./status/status.js');
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
    if (name === undefined) (await import('./drill-list.js')).listDrills();
    else process.exitCode = await (await import('./drill.js')).drill(name, clients);
  });

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
