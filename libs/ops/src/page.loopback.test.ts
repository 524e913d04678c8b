import { Module } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BUS, type Bus, BusModule } from '#libs/bus';
import type { Page } from '#libs/page';
import { BusSettings, Metrics, Ops, type Running, RuntimeModule, SERVICES, silentLog, start } from '#libs/runtime';
import { until } from '../../../test/support/until.js';
import { OpsPage, OpsPageModule } from './index.js';

@Module({
  imports: [RuntimeModule.with(silentLog), BusModule.with(new BusSettings()), OpsPageModule],
  providers: [{ provide: SERVICES, useFactory: (bus: Bus, page: OpsPage) => [bus, page], inject: [BUS, OpsPage] }],
})
class App {}

let running: Running;
let watching: AbortController;

beforeEach(async () => {
  running = await start({ module: App, ops: { opsHost: '127.0.0.1', opsPort: 0 }, log: silentLog });
  watching = new AbortController();
});
afterEach(async () => {
  watching.abort();
  await running.stop();
});

const get = (path: string, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(running.opsUrl + path, { headers, signal: watching.signal });

/** What is told to somebody who watches, as it comes. */
async function watch(path = '/page/events', atLeast = 3): Promise<{ event: string; data: unknown }[]> {
  const { body } = await get(path);
  const told: { event: string; data: unknown }[] = [];
  const read = async (): Promise<void> => {
    let rest = '';
    for await (const chunk of body ?? []) {
      const parts = (rest + Buffer.from(chunk).toString()).split('\n\n');
      rest = parts.pop() ?? '';
      for (const part of parts) {
        const [, event = '', data = ''] = /^event: (.*)\ndata: (.*)$/.exec(part) ?? [];
        told.push({ event, data: JSON.parse(data) });
      }
    }
  };
  void read().catch(() => undefined);
  await until(() => told.length >= atLeast);
  return told;
}

describe('the operators’ page', () => {
  it('brings nothing from elsewhere, and may run nothing but its own', async () => {
    const answer = await get('/');
    const html = await answer.text();
    expect(answer.headers.get('content-type')).toContain('text/html');
    expect(answer.headers.get('content-security-policy')).toMatch(/^default-src 'none'; script-src 'self' 'sha256-/);
    const named = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, target = '']) => target);
    expect(named.filter((target) => !/^(?:\.\/|data:,$)/.test(target))).toEqual([]);
  });

  it('serves its packages, says whether they have changed, and looks for no stranger’s path', async () => {
    const answer = await get('/assets/preact/dist/preact.mjs');
    const tag = answer.headers.get('etag') ?? '';
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'text/javascript; charset=utf-8']);
    expect((await get('/assets/preact/dist/preact.mjs', { 'if-none-match': tag })).status).toBe(304);
    for (const path of [
      '/assets/nothing.js',
      '/assets/../package.json',
      '/assets/%2e%2e/package.json',
      '/assets/preact/package.json',
    ])
      expect((await get(path)).status).toBe(404);
  });

  it('is JSON for programs', async () => {
    const { page, hour } = (await (await get('/page.json')).json()) as { page: Page; hour: { at: number[] } };
    expect(page.hour.says).toMatch(/since the start: no drop, 0 ids lost, 0 filled\.$/);
    expect(page.processes).toMatchObject([{ hearing: 'here', id: page.identity.id }]);
    expect(hour.at.length).toBeGreaterThan(0);
  });

  it('says how the process is when it is asked, not how it was a second ago', async () => {
    let away: string | undefined;
    running.app.get(Ops).needs('bus of a test', () => away);
    const verdict = async (): Promise<Page['verdict']> =>
      ((await (await get('/page.json')).json()) as { page: Page }).page.verdict;
    expect(await verdict()).toMatchObject({ health: 'well', reasons: [] });
    away = 'nobody knows';
    expect(await verdict()).toMatchObject({
      health: 'down',
      reasons: [{ what: 'bus of a test', why: 'nobody knows' }],
    });
    away = undefined;
    expect(await verdict()).toMatchObject({ health: 'well', reasons: [] });
  });

  it('is told live: the page first, then what changes', async () => {
    let away: string | undefined;
    running.app.get(Ops).needs('bus of a test', () => away);
    const told = await watch();
    expect(told.slice(0, 3).map(({ event }) => event)).toEqual(['own', 'page', 'samples']);
    expect(JSON.stringify(told)).not.toContain('nobody knows');
    away = 'nobody knows';
    const changed = await until(() => told.find(({ data }) => JSON.stringify(data).includes('nobody knows')), {
      deadlineMs: 10_000,
    });
    expect(changed.event).toBe('changes');
    expect(changed.data).toMatchObject({ verdict: { whole: { health: 'down' } } });
    expect(changed.data).not.toHaveProperty('settings');
  });

  it('says of a process that does not answer that it does not', async () => {
    const told = await watch('/page/events?of=nobody', 2);
    expect(told.map(({ event, data }) => [event, data])).toEqual([
      ['own', { id: expect.any(String) }],
      ['unanswered', { of: 'nobody' }],
    ]);
  });

  it('is shown to twenty at once; more are refused, and counted', async () => {
    const many = await Promise.all(Array.from({ length: 20 }, () => get('/page/events')));
    expect(new Set(many.map(({ status }) => status))).toEqual(new Set([200]));
    expect((await get('/page/events')).status).toBe(503);
    const metrics = running.app.get(Metrics);
    const read = (name: string): Promise<number | null> => metrics.valueOf(`holdfast_ops_watchers${name}`);
    expect([await read('_refused_total'), await read('')]).toEqual([1, 20]);
    await many[0]?.body?.cancel();
    await until(async () => (await read('')) === 19);
    expect((await get('/page/events')).status).toBe(200);
  });

  it('ends what people watch when the process stops', async () => {
    const told = await watch();
    await running.stop();
    expect(told.length).toBeGreaterThan(0);
  });

  it('is kept from pages of other people', async () => {
    expect((await get('/page.json', { origin: 'https://evil.example' })).status).toBe(403);
  });
});
