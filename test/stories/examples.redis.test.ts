import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Gateway, HURRIED_LIMITS, startStandalone } from '#libs/drill';
import { systemClock as clock } from '#libs/runtime';
import { Simulator } from '#libs/simulator';
import { type RunningProgram, runProgram } from '../support/run-program.js';
import { startRedis, type TestRedis } from '../support/start-redis.js';
import { until } from '../support/until.js';

const README = readFileSync('examples/README.md', 'utf8');

/** A Python that has the package `websockets`; Debian's own is not always the first one in the PATH. */
const python = ['/usr/bin/python3', 'python3'].find((program) => {
  try {
    execFileSync(program, ['-c', 'import websockets'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
});
if (!python)
  process.stderr.write(
    'No python3 with websockets here (Debian: apt-get install python3-websockets): its example is left out.\n',
  );

const TRADE = /^trade \d+ (buy|sell) \d+\.\d+ at \d+\.\d+$/m;

describe('the examples', () => {
  let simulator: Simulator;
  let redis: TestRedis;
  let gateway: Gateway;

  beforeAll(async () => {
    [simulator, redis] = await Promise.all([Simulator.start({ clock, pace: 5, limits: HURRIED_LIMITS }), startRedis()]);
    gateway = await startStandalone(simulator, {
      bus: { redisUrl: redis.url },
      upstream: { streams: ['btcusdt@trade'] },
    });
  });
  afterAll(async () => {
    await gateway.stop();
    await simulator.stop();
    await redis.stop();
  });

  const shows = (program: RunningProgram, ...lines: RegExp[]): Promise<unknown> =>
    until(() => lines.every((line) => line.test(program.said)), {
      deadlineMs: 15_000,
      what: `it shows ${String(lines)}, and has said ${program.said}`,
    });

  it('are named in their document, each with its command', () => {
    for (const file of readdirSync('examples').filter((name) => name !== 'README.md')) {
      expect(README).toContain(`examples/${file}`);
    }
  });

  it('read the native protocol with nothing but a WebSocket, and end when they are told to', async () => {
    const program = runProgram(process.execPath, ['examples/plain-ws.mjs', gateway.url]);
    await shows(program, /^subscribed \{"streams":/m, /^feed live /m, TRADE);
    program.interrupt();
    expect(await program.ended).toBe(0);
    const short = runProgram(process.execPath, ['examples/plain-ws.mjs', gateway.url, '--for', '0.5']);
    expect([await short.ended, short.said]).toEqual([0, expect.stringContaining('closed')]);
  });

  it.skipIf(!python)('read the native protocol from Python', async () => {
    const program = runProgram(python ?? '', ['examples/websocket_client.py', gateway.url]);
    await shows(program, /^subscribed \{"streams":/m, /^feed live /m, TRADE);
    const short = runProgram(python ?? '', ['examples/websocket_client.py', gateway.url, '--for', '2']);
    expect([await short.ended, short.said]).toEqual([0, expect.stringContaining('subscribed')]);
  });

  it('record streams in the form in which they are replayed', async () => {
    const folder = mkdtempSync(`${tmpdir()}/holdfast-`);
    const file = `${folder}/mine.jsonl`;
    const [, args = ''] = /`node examples\/record\.mjs mine\.jsonl ([^`]+) --for 60`/.exec(README) ?? [];
    const record = ['examples/record.mjs', file, ...args.split(' '), '--url', gateway.url, '--for', '2.5'];
    const program = runProgram(process.execPath, record);
    expect([await program.ended, program.said]).toEqual([0, expect.stringMatching(/^\d+ frames in /)]);
    const linesOf = (name: string): string[] => readFileSync(`${folder}/${name}`, 'utf8').trimEnd().split('\n');
    const frames = linesOf('mine.jsonl').map((line) => (JSON.parse(line) as { stream: string }).stream);
    expect(new Set(frames)).toEqual(new Set(args.split(' ')));
    expect(linesOf('mine.recv-ns.txt')).toHaveLength(frames.length);
    expect(JSON.parse(linesOf('rest-depth-mine.jsonl').join())).toMatchObject({
      body: { lastUpdateId: expect.any(Number) },
    });
    expect(await runProgram(process.execPath, ['examples/record.mjs', 'mine.json']).ended).toBe(64);
  });

  it('read Redis by the line that is written there', async () => {
    const [, line = ''] = /`(redis-cli [^`]+)`/.exec(README) ?? [];
    const program = runProgram('/bin/sh', ['-c', `exec ${line.replace('-p 6379', `-p ${redis.port}`)}`]);
    await shows(program, /"type":"trade","stream":"btcusdt@trade"/);
    program.interrupt();
    expect(await program.ended).not.toBe(0);
  });
});
