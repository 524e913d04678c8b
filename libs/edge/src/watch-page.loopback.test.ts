import { existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { AccessSettings, EdgeSettings } from '#libs/runtime';
import { makeToken } from '#libs/tokens';
import { dist } from '../../../test/support/built.js';
import { type TestEdge, startEdge } from '../../../test/support/start-edge.js';
import { WsClient } from '../../../test/support/ws-client.js';

const made = makeToken('somebody');
if (!made.ok) throw new Error(made.problem);
const { token, line } = made.value;
const tokensFile = join(mkdtempSync(join(tmpdir(), 'holdfast-')), 'tokens');
writeFileSync(tokensFile, line);

let edge: TestEdge;
const begin = async (access: Partial<AccessSettings> = {}, settings: Partial<EdgeSettings> = {}): Promise<void> => {
  edge = await startEdge(settings, { access });
};
afterEach(() => edge.stop());

const BROWSER = { accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8' };
const PACKAGE = '/watch/assets/preact/dist/preact.mjs';

const ask = (path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Response> =>
  fetch(edge.wsUrl.replace('ws:', 'http:') + path, { headers, method, redirect: 'manual' });

const counted = async (result: string): Promise<number> => {
  const text = await (await fetch(`${edge.opsUrl}/metrics`)).text();
  return Number(new RegExp(`edge_page_requests_total\\{result="${result}"\\} (\\d+)`).exec(text)?.[1]);
};

/** Whether somebody may come in, and why not. */
const judged = async (headers: Record<string, string> = {}, origin?: string): Promise<unknown> => {
  const query = origin === undefined ? '' : `?origin=${encodeURIComponent(origin)}`;
  return (await ask(`/watch/door${query}`, headers)).json();
};

describe('the page on which streams are watched', () => {
  it('is where the bare address leads a browser, and nobody else', async () => {
    await begin();
    const led = await ask('/', BROWSER);
    expect([led.status, led.headers.get('location')]).toEqual([307, './watch']);
    for (const headers of [{}, { accept: 'application/json' }, { accept: '*/*' }] as Record<string, string>[])
      expect((await ask('/', headers)).status).toBe(404);
    expect((await ask('/', BROWSER, 'POST')).status).toBe(404);
    expect((await WsClient.refusal(`${edge.wsUrl}/watch`)).status).toBe(404);
    expect(await counted('redirected')).toBe(1);
  });

  it('brings nothing from elsewhere, runs nothing but its own, and can be in no other page', async () => {
    await begin();
    const shell = await ask('/watch', BROWSER);
    const html = await shell.text();
    expect(shell.headers.get('content-type')).toBe('text/html; charset=utf-8');
    const policy = shell.headers.get('content-security-policy');
    expect(policy).toMatch(/^default-src 'none'; script-src 'self' 'sha256-.*frame-ancestors 'none'$/);
    const named = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, target = '']) => target);
    expect(named.filter((target) => !/^(?:\.\/watch\/assets\/|data:,$)/.test(target))).toEqual([]);
    expect((await ask('/watch/')).headers.get('location')).toBe('../watch');
    expect([await counted('shown'), await counted('redirected')]).toEqual([1, 1]);
  });

  it('has files with tags, tells who has them already, and looks for no stranger’s path', async () => {
    await begin();
    const file = await ask(PACKAGE);
    const tag = file.headers.get('etag') ?? '';
    expect([file.status, (await file.text()).length]).toEqual([200, Number(file.headers.get('content-length'))]);
    const again = await ask(PACKAGE, { 'if-none-match': tag });
    expect([again.status, await again.text()]).toEqual([304, '']);
    const head = await ask(PACKAGE, {}, 'HEAD');
    expect([head.status, await head.text()]).toEqual([200, '']);
    for (const path of [
      '/watch/assets/x.js',
      '/watch/assets/%2e%2e/package.json',
      '/watch/x',
      '/watch/assets/preact/package.json',
    ])
      expect([path, (await ask(path)).status]).toEqual([path, 404]);
    expect([await counted('file'), await counted('unchanged'), await counted('not-found')]).toEqual([2, 1, 4]);
  });

  it.runIf(existsSync(dist))('has all that its import map and its modules name', async () => {
    await begin();
    const html = await (await ask('/watch')).text();
    const seen = new Set<string>();
    const follow = async (path: string): Promise<void> => {
      if (seen.has(path)) return;
      seen.add(path);
      const answer = await ask(path);
      expect([path, answer.status]).toEqual([path, 200]);
      const named = [...(await answer.text()).matchAll(/(?:from|import)\s*["'](\.[^"']+)["']/g)];
      for (const [, other = ''] of named) await follow(new URL(other, `http://x${path}`).pathname);
    };
    for (const [, path = ''] of html.matchAll(/"\.(\/watch\/assets\/[^"]+)"/g)) await follow(path);
    expect([...seen]).toContain('/watch/assets/libs/client/browser.js');
    expect([...seen]).toContain('/watch/assets/libs/page/src/seen/stream-sight.js');
    expect(seen.size).toBeLessThan(35);
  });

  it('takes no other method, and no body', async () => {
    await begin();
    const { status, headers } = await ask('/watch', {}, 'POST');
    expect([status, headers.get('allow')]).toEqual([405, 'GET, HEAD']);
    expect((await ask('/watch/door', {}, 'DELETE')).status).toBe(405);
    expect(await counted('bad-method')).toBe(2);
  });

  it('is not there where it is switched off', async () => {
    await begin({}, { watchPage: false });
    for (const path of ['/', '/watch', PACKAGE, '/watch/door']) expect((await ask(path, BROWSER)).status).toBe(404);
  });
});

describe('where tokens are asked for', () => {
  it('the page and its files need none, and all else does', async () => {
    await begin({ tokensFile });
    for (const path of ['/watch', PACKAGE]) expect((await ask(path)).status).toBe(200);
    expect((await ask('/', BROWSER)).status).toBe(307);
    for (const path of ['/', '/api/v3/ping', '/watchx']) expect((await ask(path)).status).toBe(401);
  });

  it('the page is told whether its token would be taken, in an answer that a browser does not call an error', async () => {
    await begin({ tokensFile });
    expect(await judged()).toMatchObject({ isOpen: false, status: 401, why: 'no-token' });
    expect(await judged({ authorization: 'Bearer not-this' })).toMatchObject({ isOpen: false, why: 'bad-token' });
    expect(await judged({ authorization: `Bearer ${token}` })).toEqual({
      isOpen: true,
      status: 101,
      why: null,
      says: '',
    });
    expect(await counted('judged')).toBe(3);
  });
});

describe('who may not come in', () => {
  it('has no page either: a page of others, a name that somebody has pointed here', async () => {
    await begin();
    expect((await ask('/watch', { origin: 'https://evil.example' })).status).toBe(403);
    expect((await ask(PACKAGE, { 'sec-fetch-site': 'cross-site', 'sec-fetch-dest': 'script' })).status).toBe(403);
    const followed = { ...BROWSER, 'sec-fetch-site': 'cross-site', 'sec-fetch-dest': 'document' };
    expect((await ask('/watch', followed)).status).toBe(200);
  });

  it('is told why where the page is one that may not connect', async () => {
    await begin();
    expect(await judged({}, 'https://gateway.example')).toMatchObject({
      isOpen: false,
      why: 'origin',
      says: expect.stringContaining('HOLDFAST_ALLOWED_ORIGINS'),
    });
    expect(await judged({}, edge.wsUrl.replace('ws', 'http'))).toMatchObject({ isOpen: true });
  });

  it('is turned away where too many come at once', async () => {
    await begin({ maxNewConnectionsPerSecond: 4 });
    const all = await Promise.all(Array.from({ length: 12 }, () => ask(PACKAGE)));
    expect(new Set(all.map(({ status }) => status))).toEqual(new Set([200, 503]));
  });
});
