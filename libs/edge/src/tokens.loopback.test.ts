import { mkdtempSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SignJWT } from 'jose';
import { afterEach, describe, expect, it } from 'vitest';
import { Access, AccessSettings, EdgeSettings } from '#libs/runtime';
import { makeToken } from '#libs/tokens';
import { HandUpstream } from '../../../test/support/hand-upstream.js';
import { type TestEdge, startEdge } from '../../../test/support/start-edge.js';
import { until } from '../../../test/support/until.js';
import { WsClient } from '../../../test/support/ws-client.js';
import { openTo, refusePublicHost } from './public-host.js';

const TRADE = 'btcusdt@trade';
const trade = (id: number) =>
  ({ type: 'trade', symbol: 'BTCUSDT', id, price: '1', quantity: '1', taker: 'buy', tradedAt: 1, eventAt: 1 }) as const;
const SECRET = Buffer.alloc(32, 7);
const folder = mkdtempSync(join(tmpdir(), 'holdfast-'));
const [tokensFile, jwtKeys] = [join(folder, 'tokens'), join(folder, 'keys.json')];
writeFileSync(jwtKeys, JSON.stringify({ keys: [{ kty: 'oct', k: SECRET.toString('base64url') }] }));

const made = (name: string, ...rights: string[]) => {
  const one = makeToken(name, rights);
  if (!one.ok) throw new Error(one.problem);
  return one.value;
};
const alice = made('alice');
const bob = made('bob', 'patterns=btc*@trade,!miniTicker@arr', 'connections=2', 'streams=2');
const carol = made('carol', 'ops=yes');

const jwt = (claims: Record<string, unknown> = {}, ends: string | number = '1h'): Promise<string> =>
  new SignJWT({ sub: 'dora', ...claims }).setProtectedHeader({ alg: 'HS256' }).setExpirationTime(ends).sign(SECRET);

let edge: TestEdge;
let upstream: HandUpstream;
async function begin(settings: Partial<EdgeSettings> = {}, access: Partial<AccessSettings> = {}): Promise<void> {
  writeFileSync(tokensFile, [alice, bob, carol].map(({ line }) => line).join('\n'));
  edge = await startEdge(settings, { access: { tokensFile, jwtKeys, ...access } });
  upstream = new HandUpstream(edge.bus).start();
}
afterEach(async () => {
  upstream.stop();
  await edge.stop();
});

const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });
const connect = (path: string, token = alice.token): Promise<WsClient> =>
  WsClient.open(`${edge.wsUrl}${path}`, bearer(token));
const metrics = async (): Promise<string> => (await fetch(`${edge.opsUrl}/metrics`)).text();

describe('a client with a token', () => {
  it('comes in with it in the header, in a subprotocol or in the query', async () => {
    await begin();
    const url = `${edge.wsUrl}/ws/${TRADE}`;
    const clients = [
      await connect(`/ws/${TRADE}`),
      await WsClient.open(url, { protocols: [`bearer.${alice.token}`, 'holdfast'] }),
      await WsClient.open(url, { protocols: [`bearer.${alice.token}`] }),
      await WsClient.open(`${url}?token=${alice.token}`),
      await WsClient.open(`${edge.wsUrl}/stream?token=${alice.token}&streams=${TRADE}`),
      await connect(`/ws/${TRADE}`, await jwt()),
      await WsClient.open(`${url}?token=${await jwt()}`),
    ];
    expect(clients[1]?.socket.protocol).toBe('holdfast');
    await until(() => {
      upstream.publish(TRADE, trade(1));
      return clients.every(({ texts }) => texts.length > 0);
    });
    const status = (await (await fetch(`${edge.opsUrl}/status`)).json()) as {
      clients: { clients: { holder: string }[] };
    };
    expect(new Set(status.clients.clients.map(({ holder }) => holder))).toEqual(new Set(['alice', 'dora']));
    expect(JSON.stringify(status)).not.toContain(alice.token);
  });

  it.each([
    ['no token', () => Promise.resolve({}), /^Bearer realm="holdfast"$/],
    ['a wrong one', () => Promise.resolve(bearer('hf_wrong')), /error="invalid_token"/],
    ['another kind', () => Promise.resolve({ headers: { authorization: `Basic ${alice.token}` } }), /^Bearer/],
    ['one that has ended', async () => bearer(await jwt({}, 1_000)), /error="invalid_token"/],
    ['the hash of one', () => Promise.resolve(bearer(alice.line.split(' ')[1] ?? '')), /error="invalid_token"/],
  ])('is refused with 401 that has %s, on every path', async (_, asking, challenge) => {
    await begin();
    for (const path of ['/v1', `/ws/${TRADE}`, '/ws/nonsense', '/nowhere']) {
      const { status, headers } = await WsClient.refusal(edge.wsUrl + path, await asking());
      expect([path, status, headers['www-authenticate']]).toEqual([path, 401, expect.stringMatching(challenge)]);
    }
    expect(await metrics()).toMatch(/refused_connections_total\{why="(no|bad)-token"\} 4/);
  });

  it('gets the streams of its token and no others, on either wire', async () => {
    await begin();
    const native = await connect('/v1', bob.token);
    expect(await native.ask({ event: 'subscribe', id: 1, data: { streams: [TRADE, 'ethusdt@trade'] } })).toMatchObject({
      event: 'error',
      data: { code: 'forbidden', streams: { 'ethusdt@trade': expect.stringContaining('token') } },
    });
    expect(await native.ask({ event: 'list' })).toMatchObject({ data: { streams: [] } });
    expect(await native.ask({ event: 'subscribe', data: { streams: [TRADE] } })).toMatchObject({ event: 'subscribed' });
    const binance = await connect('/ws', bob.token);
    expect(await binance.ask({ method: 'SUBSCRIBE', params: ['ethusdt@trade'], id: 1 })).toEqual({
      error: { code: 2, msg: expect.stringContaining('token') },
      id: 1,
    });
    expect(await binance.ask({ method: 'SUBSCRIBE', params: [TRADE], id: 2 })).toEqual({ result: null, id: 2 });
    await native.close();
    const byUrl = await WsClient.refusal(`${edge.wsUrl}/ws/${TRADE}/ethusdt@trade`, bearer(bob.token));
    expect([byUrl.status, byUrl.body]).toEqual([403, 'This token is not for ethusdt@trade']);
    const tooMany = `${edge.wsUrl}/stream?token=${bob.token}&streams=btcusdt@trade/btceur@trade/btcusdc@trade`;
    expect(await WsClient.refused(tooMany)).toEqual({
      status: 400,
      body: 'Too many subscriptions: one connection may have 2 streams',
    });
  });

  it('has as many connections and streams as its token says, and is told so', async () => {
    await begin();
    const two = [await connect('/v1', bob.token), await connect('/ws', bob.token)];
    expect(JSON.parse(two[0]?.limits ?? '')).toMatchObject({ data: { streams: 2 } });
    const third = await WsClient.refusal(`${edge.wsUrl}/v1`, bearer(bob.token));
    expect([third.status, third.headers['retry-after']]).toEqual([429, '5']);
    const streams = ['btcusdt@trade', 'btceur@trade', 'btcusdc@trade'];
    expect(await two[0]?.ask({ event: 'subscribe', data: { streams } })).toMatchObject({
      data: { code: 'too-many-streams' },
    });
    await two[1]?.close();
    const again = await until(() => connect('/v1', bob.token).catch(() => undefined));
    expect(await again.ask({ event: 'list' })).toMatchObject({ event: 'list' });
    expect((await connect('/v1')).closed).toBeUndefined();
    expect(await metrics()).toContain('refused_connections_total{why="token"} 1');
  });

  it('gives its place back however it goes: refused, aborted at the door, closed', async () => {
    await begin({ subscribeWaitMs: 8_000 });
    const url = `${edge.wsUrl}/ws`;
    for (let times = 0; times < 5; times += 1) {
      expect((await WsClient.refusal(`${url}/ethusdt@trade`, bearer(bob.token))).status).toBe(403);
      expect((await WsClient.refusal(`${url}/%zz`, bearer(bob.token))).status).toBe(400);
      const { port } = new URL(edge.wsUrl);
      const headers = { ...bearer(bob.token).headers, connection: 'Upgrade', upgrade: 'websocket' };
      const key = { 'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==', 'sec-websocket-version': '13' };
      // Binance never acknowledges it, so whoever wants it waits at the door.
      const name = `btc${times}usdt@trade`;
      upstream.feed(name, 'recovering', 'subscribing');
      const waiting = request({ port, path: `/ws/${name}`, headers: { ...headers, ...key }, agent: false });
      waiting.on('error', () => undefined).end();
      await until(() => upstream.questions.flat().includes(name));
      waiting.destroy();
    }
    const client = await until(() => connect('/v1', bob.token).catch(() => undefined));
    expect(client.closed).toBeUndefined();
  });

  it('stays when its token is taken out of the file, and comes in no more; who is added comes in', async () => {
    await begin();
    const client = await connect('/v1');
    const eve = made('eve');
    writeFileSync(tokensFile, eve.line);
    const fresh = await until(() => connect('/v1', eve.token).catch(() => undefined), { deadlineMs: 10_000 });
    expect((await WsClient.refusal(`${edge.wsUrl}/v1`, bearer(alice.token))).status).toBe(401);
    expect(await client.ask({ event: 'list' })).toMatchObject({ event: 'list' });
    expect(fresh.closed).toBeUndefined();
  });

  it('is closed with 4005 when its JWT has ended, and nobody else is', async () => {
    await begin();
    const lasting = await connect('/v1', await jwt());
    const native = await connect('/v1', await jwt({}, '-3s'));
    const binance = await connect('/ws', await jwt({}, '-3s'));
    await until(() => native.closed && binance.closed, { deadlineMs: 10_000 });
    for (const { closed } of [native, binance]) expect(closed).toEqual({ code: 4005, reason: 'token expired' });
    expect(lasting.closed).toBeUndefined();
  });
});

it('lets nobody command a gateway without an operator’s token, and everybody look', async () => {
  await begin();
  const command = (headers: Record<string, string>) =>
    fetch(`${edge.opsUrl}/commands/none`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: '{}',
    });
  expect((await command({})).status).toBe(401);
  expect((await command({})).headers.get('www-authenticate')).toMatch(/^Bearer/);
  expect((await command({ authorization: `Bearer ${alice.token}` })).status).toBe(403);
  expect((await command({ authorization: `Bearer ${carol.token}` })).status).toBe(404);
  expect((await command({ authorization: `Bearer ${await jwt({ holdfast: { ops: true } })}` })).status).toBe(404);
  for (const path of ['/status', '/healthz', '/metrics', '/commands'])
    expect((await fetch(edge.opsUrl + path)).status).toBe(200);
  expect(await metrics()).toMatch(/ops_refused_total\{why="no-token"\} 2\n(.*\n)*.*why="not-operator"\} 1/);
});

it('may listen where other machines reach it, for it knows its clients', async () => {
  const open = Object.assign(new EdgeSettings(), { host: '0.0.0.0' });
  expect(() => refusePublicHost(openTo(open, new Access()))).toThrow(/HOLDFAST_TOKENS_FILE/);
  writeFileSync(tokensFile, alice.line);
  const known = openTo(open, new Access(Object.assign(new AccessSettings(), { tokensFile })));
  expect(() => refusePublicHost(known)).not.toThrow();
  await begin({ host: known.host, allowPublic: known.allowPublic });
  expect((await WsClient.refusal(`${edge.wsUrl.replace('0.0.0.0', '127.0.0.1')}/v1`)).status).toBe(401);
});
