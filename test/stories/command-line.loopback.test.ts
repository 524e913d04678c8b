import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { beforeAll, describe, expect, it } from 'vitest';
import { assertBuilt, dist } from '../support/built.js';

beforeAll(assertBuilt);

/** Runs a program of the build; resolves with its exit code and everything it said. */
async function run(app: 'cli' | 'demo', ...args: string[]): Promise<{ code: number; said: string }> {
  const child = spawn(process.execPath, [`${dist}/apps/${app}/src/main.js`, ...args]);
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number];
  return { code, said };
}

/** Port 1 of this machine: nobody listens there. */
const NOBODY = '127.0.0.1:1';

describe('the command line', () => {
  it.each([
    ['watch without a stream', ['watch'], 64, /missing required argument 'stream'/],
    ['an unknown command', ['wach'], 64, /unknown command/],
    ['a URL that is none', ['status', '--url', 'here'], 64, /Expected a URL like http:/],
    ['an unknown drill', ['drill', 'nope'], 64, /There is no drill nope/],
    ['no gateway to watch', ['watch', 'btcusdt@trade', '--url', `ws://${NOBODY}`], 69, /No gateway answers at ws:/],
    ['none on Binance’s wire', ['watch', 'a@trade', '--binance', '--url', `ws://${NOBODY}`], 69, /No gateway answers/],
    ['no operators’ port', ['status', '--url', `http://${NOBODY}`], 69, /Nothing answers at http:/],
  ] as const)('says what is wrong with %s', async (_, args, code, words) => {
    expect(await run('cli', ...args)).toEqual({ code, said: expect.stringMatching(words) });
  });

  it.each([
    ['--for', ['--for', 'soon'], /--for is "soon": expected a number from 1 to 86400/],
    ['an unknown flag', ['--fro', '20'], /Unknown option '--fro'/],
    ['a recording that is not there', ['--replay', 'nowhere.jsonl'], /there is no file nowhere\.jsonl/],
    ['a recording that is none', ['--replay', 'package.json'], /package\.json:1 /],
  ] as const)('says what is wrong with the demo’s %s', async (_, args, words) => {
    expect(await run('demo', ...args)).toEqual({ code: 64, said: expect.stringMatching(words) });
  });

  it('shows the demo and ends it with a verdict', async () => {
    const { code, said } = await run('demo', '--for', '6', '--clients', '10');
    expect(said.trimEnd().split('\n').at(-1)).toMatch(
      /^PASSED\. 10 clients, [\d,]+ messages, \d incidents?: no client was/,
    );
    expect(code).toBe(0);
  });

  it('lists the drills', async () => {
    expect(await run('cli', 'drill')).toEqual({ code: 0, said: expect.stringContaining('origin-story') });
  });
});
