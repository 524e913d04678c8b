import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import ts from 'typescript';
import { HoldfastClient } from '#libs/client';
import { freePort } from '#libs/drill';
import { systemClock as clock } from '#libs/runtime';
import { Simulator } from '#libs/simulator';
import { BareClient } from '../support/bare-client.js';
import { assertBuilt } from '../support/built.js';
import { type TestRedis, startRedis } from '../support/start-redis.js';
import { until } from '../support/until.js';

const README = readFileSync('README.md', 'utf8');
const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> };

/** Commands of the README that are not run here, and why. */
const NOT_HERE: Record<string, string> = {
  'npm ci': 'needs a registry',
  'npm test': 'it runs this',
  'npm run build': 'this runs what is built',
  'npm run bench': 'takes minutes',
  'npm run screenshots': 'takes minutes, and a browser; its scenes are looked at in page.redis.test.ts',
  'npm run soak': 'takes minutes',
  'npm run fuzz': 'takes minutes',
  'npm run docs': 'in site.test.ts',
  'npm run demo': 'in command-line.loopback.test.ts',
  'npm run pack:client': 'in client-package.loopback.test.ts',
  'npx holdfast token NAME': 'in command-line.loopback.test.ts',
};

const blocks = [...README.matchAll(/```(\w*)\n(.*?)```/gs)].map(([, language = '', text = '']) => ({ language, text }));
const lines = blocks.flatMap(({ text }) => text.split('\n'));
const cells = README.split('\n').flatMap((line) => (line.startsWith('| `') ? [line.split(' | ')[0] ?? ''] : []));
const quoted = cells.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, command = '']) => command));

/** Every command: in a block, or at the head of a row of the table. Without prompt, remark and what is joined by `&&`. */
const commands = new Set(
  [...lines, ...quoted]
    .map((line) => line.replace(/^\$ /, '').replace(/\s+#.*$/, ''))
    .filter((line) => /^(?:HOLDFAST_\S+ )*(?:npm|npx|redis-cli) /.test(line))
    .flatMap((line) => line.split(' && ')),
);

const commandOf = (beginning: string): string => {
  const command = [...commands].find((one) => one.startsWith(beginning));
  if (command === undefined) throw new Error(`README has no command ${beginning}`);
  ran.add(command);
  return command;
};
const ran = new Set<string>();

describe('what the README says', () => {
  let simulator: Simulator;
  let redis: TestRedis;
  let ports: { clients: number; ops: number };

  beforeAll(async () => {
    assertBuilt();
    [simulator, redis] = await Promise.all([Simulator.start({ clock, pace: 3 }), startRedis()]);
    ports = { clients: await freePort(), ops: await freePort() };
  });
  afterAll(async () => {
    await simulator.stop();
    await redis.stop();
  });

  /** The addresses of the README, as they are in this test. */
  const here = (text: string): string =>
    text
      .replaceAll('127.0.0.1:6379', `127.0.0.1:${redis.port}`)
      .replaceAll('127.0.0.1:9443', `127.0.0.1:${ports.clients}`)
      .replaceAll('127.0.0.1:9464', `127.0.0.1:${ports.ops}`);

  /** Runs a command as a shell does, with what npm and npx would run; gives what it said so far. It ends with the test. */
  function run(
    command: string,
    environment: Record<string, string> = {},
  ): { said: () => string; code: Promise<number> } {
    const program = here(command)
      .replace(/npm (?:run )?(\S+)/, (_, script: string) => scripts[script]?.split(' && ').at(-1) ?? `no ${script}`)
      .replace(/^npx holdfast/, 'node dist/apps/cli/src/main.js')
      .replace(/^redis-cli/, `redis-cli -p ${redis.port}`);
    const child = spawn('/bin/sh', ['-c', program], {
      detached: true,
      env: {
        PATH: process.env['PATH'],
        HOLDFAST_UPSTREAM_WS_URL: simulator.wsUrl,
        HOLDFAST_OPS_PORT: '0',
        ...environment,
      },
    });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (said += chunk.toString()));
    const code = once(child, 'close').then(([status]) => Number(status));
    onTestFinished(() => {
      // The shell and what it started.
      if (child.exitCode === null && child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    });
    return { said: () => said, code };
  }

  const gateway = async (): Promise<void> => {
    const environment = { HOLDFAST_PORT: String(ports.clients), HOLDFAST_OPS_PORT: String(ports.ops) };
    run(commandOf('npm start'), environment);
    await until(
      () =>
        fetch(`http://127.0.0.1:${ports.ops}/readyz`).then(
          ({ ok }) => ok,
          () => false,
        ),
      { deadlineMs: 20_000 },
    );
  };

  it('works for programs written for Binance, for people, and for programs in TypeScript', async () => {
    await gateway();
    const urls = lines.flatMap((line) => /^ws:\S+/.exec(line) ?? []);
    expect(urls).toHaveLength(2);
    for (const url of urls) {
      const client = new BareClient(here(url));
      onTestFinished(() => client.end());
      await until(() => client.texts.length > 0, { what: `something comes from ${url}` });
    }
    ran.add(commandOf('npx holdfast watch STREAM…'));
    const watch = run(`${commandOf('npx holdfast watch btcusdt@trade')} --url ${here('ws://127.0.0.1:9443')}`);
    await until(() => watch.said().includes('{"type":"trade","stream":"btcusdt@trade"'), { deadlineMs: 10_000 });
    const status = run(`${commandOf('npx holdfast status')} --url ${here('http://127.0.0.1:9464')}`);
    expect([await status.code, status.said()]).toEqual([
      0,
      expect.stringMatching(/^In the .* since the start: no drop, /m),
    ]);

    const told: unknown[][] = [];
    await example({ log: (...words: unknown[]) => told.push(words) });
    await until(() => told.some(([id]) => typeof id === 'number') && told.some(([state]) => state === 'live'));
  });

  it('works over Redis, for a service that reads a channel and for an edge', async () => {
    const subscriber = run(commandOf('redis-cli SUBSCRIBE'));
    await until(() => subscriber.said().includes('subscribe'));
    run(commandOf('HOLDFAST_REDIS_URL'));
    await until(() => subscriber.said().includes('{"type":"trade","stream":"btcusdt@trade"'), { deadlineMs: 20_000 });
    ran.add(commandOf('npm run start:upstream'));
    const port = await freePort();
    run(commandOf('npm run start:edge'), { HOLDFAST_REDIS_URL: redis.url, HOLDFAST_PORT: String(port) });
    await until(() => connects(port), { deadlineMs: 20_000 });
    const client = new BareClient(`ws://127.0.0.1:${port}/ws/btcusdt@trade`);
    onTestFinished(() => client.end());
    const text = await until(() => client.texts[0], { deadlineMs: 10_000 });
    expect(JSON.parse(text)).toMatchObject({ e: 'trade', s: 'BTCUSDT' });
  });

  it('says of Redis what PROTOCOL.md shows: who wants a stream that nobody else wants says so, and asks how it stands', async () => {
    run(commandOf('npm run start:upstream'), { HOLDFAST_REDIS_URL: redis.url });
    const protocol = readFileSync('PROTOCOL.md', 'utf8');
    const shown = protocol.split('\n').flatMap((line) => /^redis-cli (?!-c).*?(?=\s+#|$)/.exec(line)?.[0] ?? []);
    expect(shown).toHaveLength(4);
    // The last one asks for what was missed, of a term that is not this one: it is answered in redis-readers.redis.test.ts.
    const [subscribe = '', ...publish] = shown.slice(0, 3);
    const subscriber = run(subscribe);
    await until(() => subscriber.said().includes('subscribe'));
    await until(
      async () => {
        for (const command of publish) await run(command).code;
        return subscriber.said().includes('"answer":{"welcomes":[{') && subscriber.said().includes('{"type":"trade"');
      },
      { deadlineMs: 20_000 },
    );
  });

  it('counts the drills and the incidents as they are', async () => {
    const list = run(commandOf('npx holdfast drill').replace(/ \[NAME\]/, ''));
    expect(await list.code).toBe(0);
    const [drills = [], incidents = []] = list
      .said()
      .split('\n\n')
      .map((table) => table.trim().split('\n').slice(1));
    expect(README).toContain(`lists the ${drills.length} courses and ${incidents.length} incidents`);
  });

  it('starts a fake Binance', async () => {
    const said = run(commandOf('npm run sim'), { SIMULATOR_PORT: '0', SIMULATOR_CONTROL_PORT: '0' });
    await until(() => said.said().includes('curl'), { deadlineMs: 20_000 });
    expect(said.said()).toContain('A fake Binance listens');
  });

  it('is run here to the last command, or it is written down why not', () => {
    const known = (command: string): boolean => ran.has(command) || command.replace(/ --.*$/, '') in NOT_HERE;
    expect([...commands].filter((command) => !known(command))).toEqual([]);
  });

  /** Runs the example in TypeScript, with a console of ours. */
  async function example(console: { log: (...words: unknown[]) => void }): Promise<void> {
    const text = blocks.find(({ language }) => language === 'ts')?.text ?? '';
    const { outputText } = ts.transpileModule(here(text), { compilerOptions: { target: ts.ScriptTarget.ES2023 } });
    const client = runInNewContext(`${outputText}; client`, { HoldfastClient, console }) as HoldfastClient;
    onTestFinished(() => client.stop());
  }
});

const connects = (port: number): Promise<boolean> =>
  fetch(`http://127.0.0.1:${port}/v1`).then(
    ({ status }) => status === 426,
    () => false,
  );
