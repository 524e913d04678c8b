import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { stripVTControlCharacters } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { assertBuilt } from '../support/built.js';
import { until } from '../support/until.js';
import { runRole } from './run-role.js';

beforeAll(assertBuilt);

const hasScript = spawnSync('script', ['--version']).status === 0;

describe.skipIf(!hasScript)('npm start on a terminal', () => {
  it('speaks to people in lines that fit, says what is not there and where to go from here, and ends with Ctrl-C', async () => {
    const environment = { HOLDFAST_STREAMS: 'btcusdt@trade', NO_COLOR: '1' };
    const { child, output, exit } = runRole('standalone', environment, { isTerminal: true });
    const text = (): string => stripVTControlCharacters(output()).replaceAll('\r', '');
    const step = (name: string): Promise<string> =>
      until(() => new RegExp(`^  ${name} +(\\S+)$`, 'm').exec(text())?.[1], { deadlineMs: 20_000, what: name });
    for (const name of ['Binance’s wire', 'Native events']) {
      const client = new WebSocket(await step(name));
      await until(() => client.readyState === WebSocket.OPEN);
      client.close();
    }
    expect((await fetch(await step('How it is'))).status).toBe(200);
    const streams = await step('Watch streams');
    expect((await fetch(streams, { headers: { accept: 'text/html' } })).url).toBe(`${streams}watch`);
    await until(() => /Binance is out of reach from here/.test(text()));
    expect(text()).toMatch(/^\d\d:\d\d:\d\d {7}started: clients connect to ws:/m);
    // Nothing of the log that programs read, and no colour where none is wanted.
    expect(text()).not.toContain('"level"');
    for (const colour of [2, 33]) expect(output()).not.toContain(`\u001B[${colour}m`);
    // uWebSockets.js has a word of its own on standard error for the first client: see `upgradeLater`.
    const lines = text()
      .split('\n')
      .filter((line) => !line.startsWith('Warning: uWS.'));
    expect(lines.filter((line) => line.length > 80)).toEqual([]);
    child.stdin?.write('\u0003');
    expect([await exit, text().trim().split('\n').at(-1)]).toEqual([
      0,
      expect.stringMatching(/stopped {2}service bus$/),
    ]);
  });
});

it.each(['standalone', 'edge', 'upstream'])(
  '%s says which release it is, in what role and for how long; to what is no terminal it speaks JSON',
  async (role) => {
    const { output, urlOf } = runRole(role, { HOLDFAST_REDIS_URL: 'redis://127.0.0.1:1' });
    const ops = await urlOf('ops');
    const status = (await (await fetch(`${ops}/status`)).json()) as { process: Record<string, unknown> };
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
    expect(status.process).toMatchObject({ role, version, node: process.version });
    expect(status.process['commit']).toMatch(/^([0-9a-f]{40}|unknown)$/);
    expect(status.process['upForMs']).toBeGreaterThan(0);
    const metrics = await (await fetch(`${ops}/metrics`)).text();
    expect(metrics).toMatch(
      new RegExp(`^holdfast_build_info\\{version="${version}",commit="[^"]+",role="${role}",node="v22.*"\\} 1$`, 'm'),
    );
    const lines = output().trim().split('\n');
    expect(lines.map((line) => typeof (JSON.parse(line) as { time: unknown }).time)).toEqual(lines.map(() => 'number'));
  },
);
