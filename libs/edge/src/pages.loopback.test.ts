import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { AccessSettings } from '#libs/runtime';
import { makeToken } from '#libs/tokens';
import { type TestEdge, startEdge } from '../../../test/support/start-edge.js';
import { WsClient } from '../../../test/support/ws-client.js';

const made = makeToken('somebody');
if (!made.ok) throw new Error(made.problem);
const tokensFile = join(mkdtempSync(join(tmpdir(), 'holdfast-')), 'tokens');
writeFileSync(tokensFile, made.value.line);

const OURS = 'http://localhost:8080';
const OTHERS = 'https://elsewhere.example';

let edge: TestEdge;
const begin = async (access: Partial<AccessSettings> = {}): Promise<void> => {
  edge = await startEdge({}, { access });
};
afterEach(() => edge.stop());

/** What a browser would let a page see of an answer. */
interface Seen {
  status: number;
  readableBy: string | null;
  vary: string | null;
  retryAfter: string | null;
}

const ask = async (page?: string, path = '/api/v3/ping'): Promise<Seen> => {
  const url = edge.wsUrl.replace('ws:', 'http:') + path;
  const { status, headers } = await fetch(url, { headers: page === undefined ? {} : { origin: page } });
  const isExposed = headers.get('access-control-expose-headers')?.includes('retry-after') ?? false;
  return {
    status,
    readableBy: headers.get('access-control-allow-origin'),
    vary: headers.get('vary'),
    retryAfter: isExposed ? headers.get('retry-after') : null,
  };
};

describe('a page that may come in can read why it does not', () => {
  it('without a token', async () => {
    await begin({ tokensFile });
    expect(await ask(OURS)).toEqual({ status: 401, readableBy: OURS, vary: 'origin', retryAfter: null });
  });

  it('because its address has as many connections as it may', async () => {
    await begin({ maxConnectionsPerAddress: 1 });
    await WsClient.open(`${edge.wsUrl}/v1`);
    expect(await ask(OURS)).toEqual({ status: 429, readableBy: OURS, vary: 'origin', retryAfter: '5' });
  });

  it('because too many come in at once', async () => {
    await begin({ maxNewConnectionsPerSecond: 2 });
    const all = await Promise.all(Array.from({ length: 6 }, () => ask(OURS)));
    const refused = all.filter(({ status }) => status === 503);
    expect(refused.length).toBeGreaterThan(0);
    for (const one of refused) expect(one).toMatchObject({ readableBy: OURS, vary: 'origin', retryAfter: '1' });
  });

  it.each([
    ['/v1', 426],
    ['/ws/%zz', 400],
    ['/nowhere', 404],
    ['/api/v3/nothing', 404],
  ])('at %s, where that is not served', async (path, status) => {
    await begin();
    expect(await ask(OURS, path)).toMatchObject({ status, readableBy: OURS, vary: 'origin' });
  });
});

describe('another page', () => {
  it('can read nothing, whatever it is refused for', async () => {
    await begin({ maxNewConnectionsPerSecond: 2 });
    const all = await Promise.all(Array.from({ length: 6 }, () => ask(OTHERS)));
    expect(new Set(all.map(({ status }) => status))).toEqual(new Set([403, 503]));
    for (const one of all) expect(one).toMatchObject({ readableBy: null, vary: 'origin' });
  });
});

it('what is answered to nobody’s page is kept from pages by every cache, for these may be answered otherwise', async () => {
  await begin({ maxConnectionsPerAddress: 1 });
  expect(await ask()).toEqual({ status: 200, readableBy: null, vary: 'origin', retryAfter: null });
  await WsClient.open(`${edge.wsUrl}/v1`);
  expect(await ask()).toEqual({ status: 429, readableBy: null, vary: 'origin', retryAfter: null });
});
