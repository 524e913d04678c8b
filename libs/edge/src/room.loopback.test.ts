import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { AccessSettings, EdgeSettings } from '#libs/runtime';
import { makeToken } from '#libs/tokens';
import { HandUpstream } from '../../../test/support/hand-upstream.js';
import { metricValue } from '../../../test/support/metric-value.js';
import { type TestEdge, startEdge } from '../../../test/support/start-edge.js';
import { until } from '../../../test/support/until.js';
import { WsClient } from '../../../test/support/ws-client.js';

/** Addresses of this machine that are two strangers. */
const STRANGER = '127.0.0.1';
const OTHER = '127.0.0.2';

const names = (of: string, count: number, from = 0): string[] =>
  Array.from({ length: count }, (_, at) => `${of}${from + at}usdt@trade`);

let edge: TestEdge;
let upstream: HandUpstream;
const begin = async (settings: Partial<EdgeSettings>, access: Partial<AccessSettings> = {}): Promise<void> => {
  edge = await startEdge(settings, { access });
  upstream = new HandUpstream(edge.bus).start();
};
afterEach(async () => {
  upstream.stop();
  await edge.stop();
});

const connect = (localAddress: string, path = '/v1', headers: Record<string, string> = {}): Promise<WsClient> =>
  WsClient.open(`${edge.wsUrl}${path}`, { localAddress, headers });
const metric = (line: string): Promise<number> => metricValue(edge.opsUrl, line);

/** The reply to a command of `/v1`, past whatever comes on the streams. */
async function reply(client: WsClient, event: string, streams: string[]): Promise<Record<string, unknown>> {
  const id = `${event} ${streams[0] ?? ''} ${client.texts.length}`;
  client.send({ event, id, data: { streams } });
  return until(() => client.messages.find((message) => message.id === id));
}

const served = async (): Promise<string[]> => {
  const status = (await (await fetch(`${edge.opsUrl}/status`)).json()) as { served: { stream: string }[] };
  return status.served.map(({ stream }) => stream);
};

/** Subscribes to as many of these as are given, and gives how many that were. */
async function takeAll(client: WsClient, all: string[]): Promise<number> {
  const whole = await reply(client, 'subscribe', all);
  if (whole.event === 'subscribed') return all.length;
  const { code, streams } = whole.data as { code: string; streams: Record<string, string> };
  expect(code).toBe('no-room');
  const fitting = all.filter((name) => !Object.hasOwn(streams, name));
  if (fitting.length > 0) expect(await reply(client, 'subscribe', fitting)).toMatchObject({ event: 'subscribed' });
  return fitting.length;
}

describe('the room of an edge', () => {
  it('is not taken whole by one stranger, with however many connections', async () => {
    await begin({ maxStreams: 40, maxStreamsPerClient: 20 });
    let taken = 0;
    for (let connection = 0; connection < 4; connection += 1) {
      taken += await takeAll(await connect(STRANGER), names(`a${connection}x`, 20));
    }
    expect(taken).toBe(30);
    const small = await connect(OTHER);
    expect(await reply(small, 'subscribe', names('b', 5))).toMatchObject({ event: 'subscribed' });
    // What is there already costs no room.
    expect(await reply(await connect(STRANGER), 'subscribe', names('b', 5))).toMatchObject({ event: 'subscribed' });
    expect(await metric('holdfast_edge_commands_total{wire="native",result="no-room"}')).toBeGreaterThan(0);
  });

  it('is by default enough for a service that is alone to have what four full connections may', async () => {
    await begin({});
    let taken = 0;
    for (let from = 0; from < 4_096; from += 1_024)
      taken += await takeAll(await connect(STRANGER), names('a', 1_024, from));
    expect(taken).toBe(4_096);
    expect(await takeAll(await connect(OTHER), names('b', 1_000))).toBe(1_000);
  });

  it('may be asked for again and again, at the client’s pace, until there is some', async () => {
    await begin({ maxStreams: 4 });
    const [holder, late] = [await connect(STRANGER), await connect(OTHER)];
    expect(await takeAll(holder, names('a', 3))).toBe(3);
    expect(await takeAll(late, names('b', 2))).toBe(1);
    for (let time = 0; time < 25; time += 1)
      expect(await reply(late, 'subscribe', names('c', 1))).toMatchObject({ data: { code: 'no-room' } });
    await reply(holder, 'unsubscribe', names('a', 3));
    expect(await reply(late, 'subscribe', names('c', 1))).toMatchObject({ event: 'subscribed' });
  });

  it('is shared by who has a token, whatever address he comes from', async () => {
    const [one, two] = ['one', 'two'].map((name) => makeToken(name));
    if (!one?.ok || !two?.ok) throw new Error('no tokens');
    const tokensFile = join(mkdtempSync(join(tmpdir(), 'holdfast-')), 'tokens');
    writeFileSync(tokensFile, `${one.value.line}\n${two.value.line}\n`);
    await begin({ maxStreams: 8 }, { tokensFile });
    const as = (token: string, address: string): Promise<WsClient> =>
      connect(address, '/v1', { authorization: `Bearer ${token}` });
    expect(await takeAll(await as(one.value.token, STRANGER), names('a', 8))).toBe(6);
    expect(await takeAll(await as(one.value.token, OTHER), names('b', 8))).toBe(0);
    expect(await takeAll(await as(two.value.token, OTHER), names('b', 8))).toBe(2);
  });

  it('is left to others by a stream that they want as well, when who had it first goes', async () => {
    await begin({ maxStreams: 8, lingerMs: 0 });
    const first = await connect(STRANGER);
    expect(await takeAll(first, names('a', 6))).toBe(6);
    const other = await connect(OTHER);
    await reply(other, 'subscribe', names('a', 6));
    await reply(first, 'unsubscribe', names('a', 6));
    expect(await takeAll(first, names('b', 2))).toBe(2);
    expect(await takeAll(other, names('c', 1))).toBe(0);
  });

  it('is had by giving up what only lingers, one’s own before others’', async () => {
    await begin({ maxStreams: 8, lingerMs: 60_000 });
    const [one, other] = [await connect(STRANGER), await connect(OTHER)];
    for (const [client, of] of [
      [other, 'b'],
      [one, 'a'],
    ] as const) {
      await reply(client, 'subscribe', names(of, 4));
      await reply(client, 'unsubscribe', names(of, 4));
    }
    expect(await takeAll(one, names('c', 4))).toBe(4);
    expect((await served()).toSorted()).toEqual([...names('b', 4), ...names('c', 4)]);
  });

  it('is there for whoever comes back to what lingers as his own, though others have taken what was free', async () => {
    await begin({ maxStreams: 40, lingerMs: 60_000, maxStreamsPerClient: 20 });
    const paths = [names('a', 10), names('a', 10, 10)].map((some) => `/ws/${some.join('/')}`);
    const mine = [];
    for (const path of paths) mine.push(await connect(STRANGER, path));
    await takeAll(await connect(OTHER), names('b', 15));
    await Promise.all(mine.map((client) => client.close()));
    await until(async () => (await metric('holdfast_edge_connections{wire="binance"}')) === 0);
    for (const path of paths) expect((await connect(STRANGER, path)).closed).toBeUndefined();
    const client = await connect(STRANGER);
    expect(await takeAll(client, names('c', 4))).toBe(0);
    expect((await served()).toSorted()).toEqual([...names('a', 20), ...names('b', 15)].toSorted());
  });

  it('is refused on Binance’s wire as there, where it is asked for, and by a status in the URL that says when to come back', async () => {
    await begin({ maxStreams: 4 });
    const client = await connect(STRANGER, '/ws');
    expect(await client.ask({ method: 'SUBSCRIBE', params: names('a', 4), id: 1 })).toEqual({
      error: { code: 4, msg: 'Too many subscriptions' },
      id: 1,
    });
    expect(await client.ask({ method: 'SUBSCRIBE', params: names('a', 3), id: 2 })).toMatchObject({ result: null });
    expect(await client.ask({ method: 'LIST_SUBSCRIPTIONS', id: 3 })).toMatchObject({ result: names('a', 3) });
    const url = `${edge.wsUrl}/ws/${names('b', 1).join('/')}`;
    const { status, headers, body } = await WsClient.refusal(url);
    expect([status, headers['retry-after'], body]).toEqual([503, '5', expect.stringContaining('4 streams')]);
    expect(await metric('holdfast_edge_refused_connections_total{why="no-room"}')).toBe(1);
    const other = await connect(OTHER, `/ws/${names('b', 1).join('/')}`);
    expect(other.closed).toBeUndefined();
  });
});

describe('a client that opens streams which nobody has, on and on', () => {
  /** Opens and gives back so many at a time until it is refused; gives how many it opened, and how it was told. */
  async function churn(client: WsClient): Promise<{ opened: number; told: Record<string, unknown> }> {
    let opened = 0;
    for (let round = 0; ; round += 1) {
      const fresh = names(`r${round}x`, 100);
      const told = await reply(client, 'subscribe', fresh);
      if (told.event !== 'subscribed') return { opened, told };
      opened += fresh.length;
      await reply(client, 'unsubscribe', fresh);
    }
  }

  it('is refused as one that commands too fast, by name, and nobody else is', { timeout: 30_000 }, async () => {
    await begin({ maxStreams: 1_200, lingerMs: 60_000, maxCommandsPerSecond: 10_000 });
    const other = await connect(OTHER);
    await reply(other, 'subscribe', names('kept', 3));
    await reply(other, 'unsubscribe', names('kept', 3));
    const client = await connect(STRANGER);
    const { opened, told } = await churn(client);
    expect(opened).toBeGreaterThanOrEqual(1_200 - 100);
    expect(opened).toBeLessThan(2_400);
    const { code, message, streams } = Object(told.data) as Record<string, unknown>;
    expect([code, message]).toEqual(['too-many-commands', expect.stringContaining('1200 streams in a minute')]);
    expect(Object.keys(Object(streams) as object).length).toBeGreaterThan(0);
    // What others let linger is as warm as ever, and they open what they like.
    expect((await served()).filter((name) => name.startsWith('kept'))).toEqual(names('kept', 3));
    expect(await reply(other, 'subscribe', names('new', 50))).toMatchObject({ event: 'subscribed' });
    // What is there may be had by anybody, and as often as it pleases.
    expect(await reply(client, 'subscribe', names('new', 50))).toMatchObject({ event: 'subscribed' });
    const { status, headers } = await WsClient.refusal(`${edge.wsUrl}/ws/${names('more', 800).join('/')}`);
    expect([status, headers['retry-after']]).toEqual([429, '5']);
    expect(await metric('holdfast_edge_refused_connections_total{why="too-many-commands"}')).toBe(1);
  });

  it('is told so on Binance’s wire, keeps what it has, and is not closed', { timeout: 30_000 }, async () => {
    await begin({ maxStreams: 1_000, lingerMs: 0, maxCommandsPerSecond: 10_000 });
    const client = await connect(STRANGER, '/ws');
    await client.ask({ method: 'SUBSCRIBE', params: names('kept', 1), id: 1 });
    let round = 0;
    const refused = await until(async () => {
      const params = names(`r${(round += 1)}x`, 200);
      const answer = await client.ask({ method: 'SUBSCRIBE', params, id: 2 });
      await client.ask({ method: 'UNSUBSCRIBE', params, id: 3 });
      return answer.error;
    });
    expect(refused).toEqual({ code: 4, msg: 'Too many requests' });
    expect(await client.ask({ method: 'LIST_SUBSCRIPTIONS', id: 4 })).toEqual({ result: names('kept', 1), id: 4 });
    expect(client.closed).toBeUndefined();
  });
});
