import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { stripVTControlCharacters } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { Ops, systemClock } from '#libs/runtime';
import { makeToken } from '#libs/tokens';
import { assertBuilt, dist } from '../support/built.js';
import { HandUpstream } from '../support/hand-upstream.js';
import { type TestEdge, startEdge } from '../support/start-edge.js';
import { until } from '../support/until.js';

beforeAll(assertBuilt);

const hasScript = spawnSync('script', ['--version']).status === 0;

const programOf = (app: 'cli' | 'demo'): string => `${dist}/apps/${app}/src/main.js`;

/** Runs a program of the build; resolves with its exit code and everything it said. */
const run = (app: 'cli' | 'demo', ...args: string[]) => runWith({}, app, ...args);

/** The same with more variables in its environment. */
async function runWith(
  environment: Record<string, string>,
  app: 'cli' | 'demo',
  ...args: string[]
): Promise<{ code: number; said: string }> {
  const child = spawn(process.execPath, [programOf(app), ...args], { env: { ...process.env, ...environment } });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number];
  return { code, said };
}

/** Runs one whose reader goes once it has read these words; resolves with the exit code and what it said of errors. */
async function runUntil(words: string, app: 'cli' | 'demo', ...args: string[]) {
  const child = spawn(process.execPath, [programOf(app), ...args]);
  let read = '';
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  child.stdout.on('data', (chunk: Buffer) => {
    read += chunk.toString();
    if (read.includes(words)) child.stdout.destroy();
  });
  const [code] = (await once(child, 'close')) as [number];
  return { code, errors };
}

const TRADE = {
  type: 'trade',
  price: '1.00',
  quantity: '1',
  taker: 'buy',
  tradedAt: 1,
  eventAt: 1,
  bestMatch: true,
} as const;

/** Port 1 of this machine: nobody listens there. */
const NOBODY = '127.0.0.1:1';

describe('the command line', () => {
  it.each([
    ['watch without a stream', ['watch'], 64, /missing required argument 'stream'/],
    ['an unknown command', ['wach'], 64, /unknown command/],
    ['a URL that is none', ['status', '--url', 'here'], 64, /Expected a URL like http:/],
    ['an unknown drill', ['drill', 'nope'], 64, /There is no drill nope/],
    ['a token of nobody', ['token', 'ali ce'], 64, /the name is "ali ce": expected/],
    ['a token for nothing', ['token', 'alice', '--connections', '0'], 64, /connections: expected a whole number/],
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
      /^PASSED\. 10 clients, [\d,]+ messages, (no|\d) incidents?: no client was/,
    );
    expect(code).toBe(0);
  });

  it('makes a token, and the line that admits it', async () => {
    const { code, said } = await run('cli', 'token', 'alice', '--patterns', 'btc*@trade', '--streams', '5', '--ops');
    const [token = '', line = ''] = said.split('\n');
    const hash = createHash('sha256').update(token).digest('hex');
    expect([code, line]).toEqual([0, `alice ${hash} patterns=btc*@trade streams=5 ops=yes`]);
  });

  it('says which release it is, and lets a shell ask what could come next', async () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
    expect(await run('cli', '--version')).toEqual({ code: 0, said: expect.stringContaining(`holdfast ${version} (`) });
    const drills = await run('cli', 'complete', '--', 'drill', 'origin');
    expect(drills).toEqual({ code: 0, said: expect.stringMatching(/^origin-story\t/) });
    const asked = `source <(${process.execPath} ${programOf('cli')} completion bash); complete -p holdfast`;
    expect(spawnSync('bash', ['-c', asked], { encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' });
  });

  it('lists the drills', async () => {
    expect(await run('cli', 'drill')).toEqual({ code: 0, said: expect.stringContaining('origin-story') });
  });
});

describe('the command line at an edge', () => {
  let edge: TestEdge;
  let upstream: HandUpstream;
  let isOver = false;
  beforeAll(async () => {
    edge = await startEdge({}, { hasPage: true });
    upstream = new HandUpstream(edge.bus).start();
    await until(async () => (await fetch(`${edge.opsUrl}/readyz`)).ok);
    // Something comes all the time.
    const publish = (id: number): void => {
      for (const symbol of ['btcusdt', 'ethusdt']) upstream.publish(`${symbol}@trade`, { ...TRADE, symbol, id });
      if (!isOver) systemClock.after(20, () => publish(id + 1));
    };
    publish(1);
  });
  afterAll(async () => {
    isOver = true;
    upstream.stop();
    await edge.stop();
  });

  it.each([['native'], ['binance']])(
    'watches the good names among mistyped ones, on the %s wire, until nobody reads',
    async (wire) => {
      const names = ['btcusdt@trad', 'ethusdt@trad', 'btcusdt@trade', 'ethusdt@trade'];
      const flags = wire === 'binance' ? ['--binance'] : [];
      const { code, errors } = await runUntil('ethusdt@trade', 'cli', 'watch', ...names, ...flags, '--url', edge.wsUrl);
      expect(errors.trim().split('\n')).toEqual([
        expect.stringMatching(/"btcusdt@trad": .*did you mean btcusdt@trade\?/),
        expect.stringMatching(/"ethusdt@trad": .*did you mean ethusdt@trade\?/),
      ]);
      expect(code).toBe(0);
    },
  );

  it.skipIf(!hasScript).each([[''], ['--binance']])(
    'on a terminal shows how much comes, and ends with Ctrl-C (%s)',
    async (flag) => {
      const watch = `${process.execPath} ${programOf('cli')} watch btcusdt@trade ethusdt@trade ${flag} --url ${edge.wsUrl}`;
      const child = spawn('script', ['-qec', `stty cols 90 rows 30; exec ${watch}`, '/dev/null']);
      onTestFinished(() => void child.kill('SIGKILL'));
      let said = '';
      child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
      const text = (): string => stripVTControlCharacters(said);
      await until(() => /\d\d\/s on 2 streams, [\d,]+ messages in all/.test(text()), { deadlineMs: 15_000 });
      expect(text()).toMatch(/btcusdt@trade .*\d\/s/);
      expect(text()).not.toContain('{"');
      child.stdin.write('\u0003');
      expect(await once(child, 'close')).toEqual([0, null]);
      // The cursor is there again.
      expect(said.lastIndexOf('\u001B[?25h')).toBeGreaterThan(said.lastIndexOf('\u001B[?25l'));
    },
  );

  it.each([[[]], [['--binance']]])('ends with 64 when no name is left to watch (%j)', async (flags) => {
    expect(await run('cli', 'watch', 'btcusdt@trad', ...flags, '--url', edge.wsUrl)).toEqual({
      code: 64,
      said: expect.stringMatching(/did you mean btcusdt@trade.*\nNo stream is left to watch/s),
    });
  });

  it('says what it found at the wrong port', async () => {
    const { wsUrl, opsUrl } = edge;
    expect(await run('cli', 'status', '--url', wsUrl.replace('ws', 'http'))).toEqual({
      code: 69,
      said: expect.stringMatching(/answers with HTTP 404, Invalid request path: expected .*Expected .*operators' port/),
    });
    expect(await run('cli', 'status', '--url', `${wsUrl.replace('ws', 'http')}/v1?`)).toMatchObject({
      code: 69,
      said: expect.stringMatching(/HTTP 426/),
    });
    for (const flags of [[], ['--binance']]) {
      expect(await run('cli', 'watch', 'btcusdt@trade', ...flags, '--url', opsUrl.replace('http', 'ws'))).toEqual({
        code: 69,
        said: expect.stringMatching(/answers with HTTP 404.*that is not where clients connect/),
      });
    }
  });

  it('says by its exit code whether the gateway is ready, and what is behind it', async () => {
    const status = (...flags: string[]) => run('cli', 'status', '--url', edge.opsUrl, ...flags);
    const health = async (): Promise<unknown> =>
      Reflect.get(Object(await (await fetch(`${edge.opsUrl}/page.json`)).json()), 'page').verdict.health;
    await until(async () => (await health()) === 'well');
    const well = await status();
    expect(well.said).toMatch(/^All is well, since \d\d:\d\d:\d\d, for \d+ s\.\nIn the .* since the start: no drop, /);
    expect(well.said).toMatch(
      /\n {2}clients {2}\d+ connected .*\n {2}bus {6}in this process\n[^]*All of it, live: http:/,
    );
    expect(well.code).toBe(0);
    upstream.stop();
    await until(async () => (await health()) === 'impaired', { deadlineMs: 20_000 });
    expect(await status()).toEqual({
      code: 0,
      said: expect.stringMatching(/^Clients stay connected, but not all is well, since .*\n {2}Upstream: /),
    });
    edge.app.get(Ops).stop();
    expect(await status()).toEqual({ code: 1, said: expect.stringMatching(/^Not ready, since .*\n {2}\w+: stopping/) });
    const { code, said } = await status('--json');
    expect([code, JSON.parse(said)]).toEqual([1, expect.objectContaining({ identity: expect.any(Object) })]);
  });
});

it.each([[[]], [['--binance']]])(
  'the command line brings its token to an edge that asks for one (%j)',
  async (flags) => {
    const made = makeToken('alice', ['patterns=btc*@trade']);
    if (!made.ok) throw new Error(made.problem);
    const tokensFile = `${await mkdtemp(`${tmpdir()}/holdfast-`)}/tokens`;
    await writeFile(tokensFile, made.value.line);
    const edge = await startEdge({}, { access: { tokensFile } });
    onTestFinished(() => edge.stop());
    const watch = ['watch', 'ethusdt@trade', ...flags, '--url', edge.wsUrl];
    expect(await run('cli', ...watch)).toEqual({
      code: 69,
      said: `The gateway at ${edge.wsUrl} admits nobody without a valid token: set HOLDFAST_TOKEN to one.\n`,
    });
    // It is in, and is told what this token is not for.
    const { code, said } = await runWith({ HOLDFAST_TOKEN: made.value.token }, 'cli', ...watch);
    expect([code, said]).toEqual([64, expect.stringMatching(/"ethusdt@trade": this token is not for this stream\n/)]);
  },
);

describe('the demo and the drill', () => {
  it('do not replay a stream that is not served, and say which', async () => {
    const file = `${await mkdtemp(`${tmpdir()}/holdfast-`)}/recording.jsonl`;
    await writeFile(file, '{"stream":"btcusdt@trade","data":{}}\n{"stream":"!bookTicker","data":{"u":1}}\n');
    const { code, said } = await run('demo', '--replay', file);
    expect(said).toContain(`${file}:2 is of a stream that is not served: !bookTicker was retired by Binance`);
    expect(code).toBe(64);
  });

  it('end in order when nobody reads any more, with the exit code that is due', async () => {
    const demo = await runUntil('Clients connect', 'demo', '--clients', '4');
    expect(demo).toEqual({ code: 0, errors: '' });
    expect(await runUntil('\n', 'cli', 'drill', 'origin-story', '--clients', '2')).toEqual({ code: 1, errors: '' });
  });
});
