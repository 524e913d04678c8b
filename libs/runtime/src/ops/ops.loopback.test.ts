import { Module } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Metrics, Ops, type Running, RuntimeModule, SERVICES, type Trouble, silentLog, start } from '../index.js';

@Module({ imports: [RuntimeModule.with(silentLog)], providers: [{ provide: SERVICES, useValue: [] }] })
class App {}

let running: Running;
let trouble: Trouble;
const given: unknown[] = [];

beforeAll(async () => {
  running = await start({ module: App, ops: { opsHost: '127.0.0.1', opsPort: 0 }, log: silentLog });
  const ops = running.app.get(Ops);
  ops.status('lines', () => [{ generation: 1 }]);
  ops.ready('bus', () => trouble);
  ops.command('rotate', {
    says: 'Replaces the connection.',
    run: (input) => {
      given.push(input);
      return Promise.resolve(undefined);
    },
  });
  ops.command('refuse', { says: 'Always fails.', run: () => Promise.reject(new Error('there is nothing to rotate')) });
  running.app.get(Metrics).counter({ name: 'holdfast_frames_total', help: 'Frames.' }).inc(3);
});

afterAll(() => running.stop());

const get = (path: string): Promise<Response> => fetch(running.opsUrl + path);

const command = (name: string, body = '{}', type = 'application/json'): Promise<Response> =>
  fetch(`${running.opsUrl}/commands/${name}`, { method: 'POST', headers: { 'content-type': type }, body });

describe('the ops port', () => {
  it('is ready until some part has trouble, and then says which and why', async () => {
    expect((await get('/readyz')).status).toBe(200);
    trouble = 'redis does not answer';
    const answer = await get('/readyz');
    expect(answer.status).toBe(503);
    expect(await answer.json()).toMatchObject({ troubles: { bus: 'redis does not answer' } });
    expect((await get('/healthz')).status).toBe(200);
    trouble = undefined;
  });

  it('shows every section as JSON', async () => {
    expect(await (await get('/status')).json()).toMatchObject({ lines: [{ generation: 1 }] });
  });

  it('gives metrics in the text format of Prometheus', async () => {
    const answer = await get('/metrics');
    expect(answer.headers.get('content-type')).toContain('text/plain; version=0.0.4');
    const text = await answer.text();
    expect(text).toContain('holdfast_frames_total 3');
    expect(text).toContain('nodejs_eventloop_lag_seconds');
  });

  it('runs a command with what the operator sent', async () => {
    const answer = await command('rotate', '{"line":2}');
    expect([answer.status, await answer.json()]).toEqual([200, { done: 'rotate' }]);
    expect(given).toEqual([{ line: 2 }]);
  });

  it('runs no command for a form, which any web page could send here', async () => {
    expect((await command('rotate', 'line=2', 'application/x-www-form-urlencoded')).status).toBe(415);
    expect((await command('rotate', '{}', 'text/plain')).status).toBe(415);
    expect(given).toHaveLength(1);
  });

  it('says why a command failed, and which commands there are', async () => {
    const failed = await command('refuse');
    expect([failed.status, await failed.text()]).toEqual([400, expect.stringContaining('there is nothing to rotate')]);
    const unknown = await command('rotat');
    expect([unknown.status, await unknown.text()]).toEqual([404, expect.stringContaining('rotate, refuse')]);
  });
});
