import { execFile } from 'node:child_process';
import { once } from 'node:events';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { chromium } from 'playwright-core';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { type Gateway, HURRIED_LIMITS, startStandalone } from '#libs/drill';
import { systemClock as clock } from '#libs/runtime';
import { Simulator } from '#libs/simulator';
import { findChromium } from '../support/chromium.js';
import { runProgram } from '../support/run-program.js';
import { TcpPath } from '../support/tcp-path.js';
import { until } from '../support/until.js';
import { NAME } from './manifest.js';

const run = promisify(execFile);
const browserPath = findChromium();

/** What a page may have to load for it. */
const MOST_BYTES = 40_000;
const MOST_COMPRESSED = 14_000;

const ES = 'lib.es2022.d.ts';

const PROGRAM = `
import { type FeedEvent, HoldfastClient, HoldfastError, type StreamState, type Trade } from '${NAME}';

const client = new HoldfastClient({ url: 'ws://127.0.0.1:9443', error: (error, where) => void [error, where] });
const ids: number[] = [];
client.on('btcusdt@trade', (trade: Trade) => void ids.push(trade.id));
client.on('btcusdt@kline_1m', ({ close }) => void close.toUpperCase());
client.subscribe('btcusdt@depth', { book: ({ bids }) => void bids[0], event: ({ firstUpdateId }) => void firstUpdateId });
client.subscribe('btcusdt@trade', { refused: (error: HoldfastError) => void error.code }, { last: 5 });
// @ts-expect-error -- a trade is no candle
client.on('btcusdt@trade', ({ openAt }) => void openAt);
// @ts-expect-error -- prices are texts
client.on('btcusdt@trade', ({ price }) => void (price * 2));
// @ts-expect-error -- there is no book of trades
client.book('btcusdt@trade');

export async function read(): Promise<FeedEvent | undefined> {
  for await (const { id } of client.stream('btcusdt@aggTrade', { most: 5 })) ids.push(id);
  for await (const event of client.stream('btcusdt@trade', { everything: true })) if (event.type === 'feed') return event;
  return undefined;
}
export const state: StreamState | undefined = client.state('btcusdt@trade');
export const best: string | undefined = client.book('btcusdt@depth@100ms').top(1).bids[0]?.[0];
`;

const PAGE = `
import { HoldfastClient } from '${NAME}';
export const client = new HoldfastClient({ url: 'ws://127.0.0.1:9443', webSocket: WebSocket });
document.title = client.state('btcusdt@trade')?.state ?? 'none';
`;

const WITH_WS = `
import { HoldfastClient } from '${NAME}';
import { WebSocket } from 'ws';
const client = new HoldfastClient({ url: process.argv[2], webSocket: WebSocket });
client.start();
const { value } = await client.stream('btcusdt@trade').next();
console.log(typeof globalThis.WebSocket, value.type);
await client.stop();
`;

/** What its README shows, as one program. */
const SHOWN = [...readFileSync('libs/client/README.md', 'utf8').matchAll(/```ts\n(.*?)```/gs)]
  .map(([, text]) => text)
  .join('\n');

/** As a program gets it: packed, and installed from the tarball into a folder of its own, without a network. */
describe('the package of the SDK', () => {
  let home: string;
  let project: string;
  let installed: string;
  let said: string;
  let simulator: Simulator;
  let gateway: Gateway;

  beforeAll(async () => {
    home = mkdtempSync(join(tmpdir(), 'holdfast-package-'));
    project = join(home, 'project');
    installed = join(project, 'node_modules', NAME);
    mkdirSync(project);
    said = (await run(process.execPath, ['test/package/pack.ts', join(home, NAME)])).stdout;
    writeFileSync(join(project, 'package.json'), JSON.stringify({ name: 'program', private: true, type: 'module' }));
    const tarball = said.trim().split('\n').at(-1) ?? '';
    await run('npm', ['install', '--offline', '--no-audit', '--no-fund', tarball], { cwd: project });
    symlinkSync(resolve('node_modules/ws'), join(project, 'node_modules/ws'));
    simulator = await Simulator.start({ clock, pace: 5, limits: HURRIED_LIMITS });
    gateway = await startStandalone(simulator);
  }, 120_000);
  afterAll(async () => {
    await gateway.stop();
    await simulator.stop();
    rmSync(home, { recursive: true });
  });

  it('holds what it should, and depends on nothing', () => {
    const files = ['LICENSE', 'README.md', 'browser.js', 'index.d.ts', 'index.js', 'package.json'];
    expect(readdirSync(installed).toSorted()).toEqual(files);
    const manifest = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')) as Record<string, unknown>;
    const root = JSON.parse(readFileSync('package.json', 'utf8')) as Record<string, unknown>;
    expect(manifest).toMatchObject({ version: root['version'], license: root['license'], type: 'module' });
    expect(Object.keys(manifest).filter((key) => /dependencies/i.test(key))).toEqual([]);
  });

  it.each([
    ['Node', [], 'index.js'],
    ['a bundler for pages', ['--conditions=browser'], 'browser.js'],
  ])('gives %s its build', async (_who, conditions, file) => {
    const question = `console.log(import.meta.resolve('${NAME}'))`;
    const { stdout } = await run(process.execPath, [...conditions, '--input-type=module', '--eval', question], {
      cwd: project,
    });
    expect(stdout.trim()).toMatch(new RegExp(`/${NAME}/${file}$`));
  });

  it('is small for a page, and imports nothing there', () => {
    const text = readFileSync(join(installed, 'browser.js'), 'utf8');
    const compressed = gzipSync(text).length;
    process.stderr.write(`The SDK for browsers: ${text.length} bytes, ${compressed} compressed.\n`);
    expect(text.length).toBeLessThan(MOST_BYTES);
    expect(compressed).toBeLessThan(MOST_COMPRESSED);
    expect(text).not.toMatch(/\bimport\b|\brequire\b|\bfrom\s*["']|node:|\bprocess\b|\bBuffer\b/);
    expect(readFileSync(join(installed, 'index.js'), 'utf8')).not.toMatch(/^import\b|\brequire\(|\bimport\(/m);
  });

  it.each<[string, ts.CompilerOptions, Record<string, string>]>([
    [
      'nodenext, with no word of the host known',
      { module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext, lib: [ES] },
      { 'program.ts': PROGRAM },
    ],
    [
      'bundler, in a page',
      { module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler, lib: [ES, 'lib.dom.d.ts'] },
      { 'program.ts': PROGRAM, 'page.ts': PAGE, 'readme.ts': SHOWN },
    ],
  ])('has types that a strict program can be checked against: %s', (_how, options, sources) => {
    const names = Object.keys(sources).map((name) => join(project, name));
    for (const name of names) writeFileSync(name, sources[basename(name)] ?? '');
    const program = ts.createProgram(names, {
      strict: true,
      exactOptionalPropertyTypes: true,
      noUncheckedIndexedAccess: true,
      noEmit: true,
      target: ts.ScriptTarget.ES2022,
      types: [],
      skipDefaultLibCheck: true,
      ...options,
    });
    const found = ts.getPreEmitDiagnostics(program);
    expect(found.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'))).toEqual([]);
  });

  it('runs in Node as its example shows, until it is told to end', async () => {
    copyFileSync('examples/sdk.mjs', join(project, 'sdk.mjs'));
    const example = runProgram(process.execPath, ['sdk.mjs', gateway.url], project);
    const shown = [
      /^connection open$/m,
      /^state live /m,
      /^trade \d+ (buy|sell) \d+\.\d+ at \d+\.\d+$/m,
      /^best [\d.]+ [\d.]+ book [\d.]+,[\d.]+ .*\|/m,
    ];
    await until(() => shown.every((line) => line.test(example.said)), { deadlineMs: 15_000, what: 'it shows all' });
    example.interrupt();
    expect([await example.ended, example.said]).toEqual([0, expect.stringMatching(/connection closed\n$/)]);
    const short = runProgram(process.execPath, ['sdk.mjs', gateway.url, '--for', '0.5'], project);
    expect([await short.ended, short.said]).toEqual([0, expect.stringContaining('connection closed')]);
  });

  it('runs with the WebSocket of `ws` where Node has none, and leaves nothing behind that keeps the process', async () => {
    writeFileSync(join(project, 'with-ws.js'), WITH_WS);
    const program = runProgram(process.execPath, ['--no-experimental-websocket', 'with-ws.js', gateway.url], project);
    expect([await program.ended, program.said.trim()]).toEqual([0, 'undefined trade']);
  });

  it.skipIf(!browserPath)(
    'runs in a page, where a drop of Binance is not noticed and one of its own is mended',
    async () => {
      const origin = await servePage(join(installed, 'browser.js'));
      const path = await TcpPath.lay(Number(new URL(gateway.url).port));
      onTestFinished(() => path.remove());
      const browser = await chromium.launch({ executablePath: browserPath ?? '', args: ['--no-sandbox'] });
      onTestFinished(() => browser.close());
      const page = await browser.newPage();
      const errors: string[] = [];
      let sockets = 0;
      page.on('pageerror', ({ message }) => errors.push(message));
      page.on('websocket', () => (sockets += 1));
      await page.goto(`${origin}/examples/page.html?url=ws://127.0.0.1:${path.nearPort}`);

      const shown = async (id: string): Promise<string> => (await page.textContent(`#${id}`)) ?? '';
      const trades = async (more: number): Promise<void> => {
        const before = Number(await shown('count'));
        await until(async () => Number(await shown('count')) >= before + more, { deadlineMs: 15_000 });
      };
      await trades(20);
      await until(async () => (await shown('book')).startsWith('live\n'));
      expect(simulator.strike({ name: 'reset' })).toBeGreaterThan(0);
      await until(async () => !(await shown('state')).startsWith('live'));
      await until(async () => (await shown('state')).startsWith('live'), { deadlineMs: 15_000 });
      await trades(20);
      expect([sockets, await shown('connection'), await shown('missing'), errors]).toEqual([1, 'open', '0', []]);

      path.reset();
      await until(() => sockets === 2);
      await until(async () => (await shown('connection')) === 'open');
      await trades(20);
      await until(async () => (await shown('book')).startsWith('live\n'));
      expect([await shown('state'), errors]).toEqual([expect.stringMatching(/^live/), []]);
    },
  );
});

/** Serves the example's page with this build beside it, as from the repository; gives the origin. */
async function servePage(browserBuild: string): Promise<string> {
  const files: Record<string, { type: string; text: Buffer }> = {
    '/examples/page.html': { type: 'text/html', text: readFileSync('examples/page.html') },
    '/dist/client-package/browser.js': { type: 'text/javascript', text: readFileSync(browserBuild) },
  };
  const server = createServer(({ url = '' }, response) => {
    const file = files[new URL(url, 'http://page').pathname];
    response.writeHead(file ? 200 : 404, { 'content-type': file?.type ?? 'text/plain' }).end(file?.text);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
