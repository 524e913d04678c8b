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
  it('speaks to people, and names addresses that answer', async () => {
    const { child, output } = runRole('standalone', {}, { isTerminal: true });
    const text = (): string => stripVTControlCharacters(output());
    const sentence =
      /^\d\d:\d\d:\d\d .*started: clients connect to (ws:\S+) or (ws:\S+), a browser shows streams at (http:\S+), operators look at (http:\S+)/m;
    const [, wire = '', native = '', streams = '', page = ''] = await until(() => sentence.exec(text()), {
      deadlineMs: 20_000,
    });
    expect(text()).not.toContain('"level"');
    for (const url of [wire, native]) {
      const client = new WebSocket(url);
      await until(() => client.readyState === WebSocket.OPEN);
      client.close();
    }
    expect((await fetch(page)).status).toBe(200);
    expect((await fetch(streams, { headers: { accept: 'text/html' } })).url).toBe(`${streams}watch`);
    child.kill('SIGKILL');
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
