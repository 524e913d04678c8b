import { afterEach, describe, expect, it } from 'vitest';
import { HandUpstream } from '../../../test/support/hand-upstream.js';
import { metricValue } from '../../../test/support/metric-value.js';
import { type TestEdge, startEdge } from '../../../test/support/start-edge.js';
import { until } from '../../../test/support/until.js';
import { WsClient } from '../../../test/support/ws-client.js';
import { EdgeModule } from './edge.module.js';
import { BinanceSettings, EdgeSettings, SettingsError } from '#libs/runtime';

const TRADE = 'btcusdt@trade';
const trade = (id: number) => ({ type: 'trade', symbol: 'BTCUSDT', id }) as const;

const streams = (count: number, from = 0): string[] =>
  Array.from({ length: count }, (_, index) => `s${from + index}usdt@trade`);

interface Status {
  clients: { connections: number };
  served: unknown[];
}

describe('what a client may take from an edge', () => {
  let edge: TestEdge;
  let upstream: HandUpstream;
  const begin = async (settings: Partial<EdgeSettings>): Promise<void> => {
    edge = await startEdge(settings);
    upstream = new HandUpstream(edge.bus).start();
  };
  const connect = (path: string): Promise<WsClient> => WsClient.open(`${edge.wsUrl}${path}`);
  const status = async (): Promise<Status> => (await (await fetch(`${edge.opsUrl}/status`)).json()) as Status;
  const metric = (line: string): Promise<number> => metricValue(edge.opsUrl, line);
  afterEach(async () => {
    upstream.stop();
    await edge.stop();
  });

  it('closes the connection that is one too many with 4002, and no other', async () => {
    await begin({ maxConnections: 2 });
    const kept = [await connect('/v1'), await connect('/ws')];
    const extra = await connect('/v1');
    await until(() => extra.closed);
    expect(extra.closed).toEqual({ code: 4002, reason: 'too many connections' });
    await kept[0]?.close();
    await until(async () => (await status()).clients.connections === 1);
    const later = await connect('/v1');
    expect(await later.ask({ event: 'list' })).toMatchObject({ event: 'list' });
    expect(kept[1]?.closed).toBeUndefined();
  });

  it('refuses more streams than a client may have, and then has changed nothing', async () => {
    await begin({ maxStreamsPerClient: 3 });
    const native = await connect('/v1');
    const refused = await native.ask({ event: 'subscribe', id: 1, data: { streams: streams(4) } });
    const blamed = { 's3usdt@trade': 'one connection may have 3 streams' };
    expect(refused).toMatchObject({ event: 'error', id: 1, data: { code: 'too-many-streams', streams: blamed } });
    expect(await native.ask({ event: 'list' })).toMatchObject({ data: { streams: [] } });
    const binance = await connect('/ws');
    expect(await binance.ask({ method: 'SUBSCRIBE', params: streams(4), id: 1 })).toEqual({
      error: { code: 4, msg: 'Too many subscriptions' },
      id: 1,
    });
    const byUrl = await WsClient.refused(`${edge.wsUrl}/ws/${streams(4).join('/')}`);
    expect(byUrl).toEqual({ status: 400, body: expect.stringMatching('^Too many subscriptions') });
  });

  it('refuses streams beyond what the edge serves, but not those it serves already', async () => {
    await begin({ maxStreams: 2 });
    const one = await connect('/ws');
    await one.ask({ method: 'SUBSCRIBE', params: streams(2), id: 1 });
    const other = await connect('/ws');
    expect(await other.ask({ method: 'SUBSCRIBE', params: streams(1, 2), id: 1 })).toMatchObject({
      error: { code: 4 },
    });
    expect(await other.ask({ method: 'SUBSCRIBE', params: streams(2), id: 2 })).toEqual({ result: null, id: 2 });
    await one.close();
    await other.ask({ method: 'UNSUBSCRIBE', params: streams(2), id: 3 });
    expect(await other.ask({ method: 'SUBSCRIBE', params: streams(1, 2), id: 4 })).toEqual({ result: null, id: 4 });
  });

  it('says first what a native client may take', async () => {
    await begin({ maxCommandsPerSecond: 7, maxStreamsPerClient: 3, maxClientMessageBytes: 300 });
    const client = await connect('/v1');
    await client.ask({ event: 'list' });
    expect(JSON.parse(client.limits ?? '')).toEqual({
      event: 'limits',
      data: { commandsPerSecond: 7, streams: 3, messageBytes: 300, namesPerCommand: 4_096, lastEvents: 100 },
    });
  });

  it('refuses commands above the rate by their ids, and closes who goes on with a code that lets it come back', async () => {
    await begin({ maxCommandsPerSecond: 5 });
    const client = await connect('/v1');
    for (let id = 1; id <= 60; id += 1) client.send({ event: 'list', id });
    await until(() => client.closed);
    expect(client.closed).toEqual({ code: 4003, reason: 'too many commands' });
    expect(client.messages.map(({ id }) => id)).toEqual(client.messages.map((_, index) => index + 1));
    expect(client.messages.filter(({ event }) => event === 'list').length).toBeLessThanOrEqual(10);
    expect(client.messages.at(-1)).toMatchObject({ event: 'error', data: { code: 'too-many-commands' } });
  });

  it('names the streams of a command that are to blame for its refusal', async () => {
    await begin({ maxStreams: 2 });
    const client = await connect('/v1');
    const subscribe = (names: string[]) => client.ask({ event: 'subscribe', id: 1, data: { streams: names } });
    expect(await subscribe([TRADE, 'btcusdt@trad', '!ticker@arr', 'btcusdt'])).toMatchObject({
      event: 'error',
      id: 1,
      data: {
        code: 'bad-stream',
        streams: {
          'btcusdt@trad': expect.stringContaining('did you mean btcusdt@trade?'),
          btcusdt: expect.stringContaining('there is no @'),
        },
      },
    });
    expect(await subscribe([TRADE, '!ticker@arr'])).toMatchObject({
      data: { code: 'retired-stream', streams: { '!ticker@arr': expect.stringContaining('retired') } },
    });
    expect(await subscribe(streams(4))).toMatchObject({
      data: {
        code: 'no-room',
        streams: { 's2usdt@trade': expect.anything(), 's3usdt@trade': expect.anything() },
      },
    });
  });

  it.each([
    [400, 1009],
    [4_000, 1006],
  ])('closes the sender of a message of %i bytes where 300 are allowed with %i', async (bytes, code) => {
    await begin({ maxClientMessageBytes: 300 });
    const client = await connect('/v1');
    client.send({ event: 'list', id: 'x'.repeat(bytes) });
    await until(() => client.closed);
    expect(client.closed?.code).toBe(code);
    expect(client.texts).toEqual([]);
  });

  it('survives data of any depth', async () => {
    await begin({});
    const client = await connect('/v1');
    const deep = `${'['.repeat(30_000)}${']'.repeat(30_000)}`;
    client.send(`{"event":"subscribe","id":1,"data":{"streams":${deep}}}`);
    client.send({ event: 'list', id: 2 });
    expect((await client.take(2)).map(({ event }) => event)).toEqual(['error', 'list']);
  });

  it('closes a client that does not read, in the words of its wire, and the others feel nothing', async () => {
    await begin({ maxClientBacklogBytes: 65_536 });
    const slow = await connect(`/ws/${TRADE}`);
    const quick = await connect('/v1');
    await quick.ask({ event: 'subscribe', data: { streams: [TRADE] } });
    await quick.take(1);
    slow.socket.pause();
    const filler = '1'.repeat(2_000);
    let sent = 0;
    const flood = async (): Promise<boolean> => {
      for (let burst = 0; burst < 10; burst += 1) {
        sent += 1;
        upstream.publish(TRADE, { ...trade(sent), price: filler, quantity: '1', taker: 'buy', tradedAt: 1 });
      }
      return (await metric('holdfast_edge_slow_clients_closed_total{how="told"}')) > 0;
    };
    await until(flood, { deadlineMs: 20_000 });
    slow.socket.resume();
    await until(() => slow.closed);
    expect(slow.closed).toEqual({ code: 1008, reason: 'Pong timeout' });
    await until(() => quick.texts.length === sent);
    expect(quick.messages.map(({ seq }) => seq)).toEqual(Array.from({ length: sent }, (_, index) => index + 1));
    expect(quick.closed).toBeUndefined();
  });

  it.each([
    { kept: 'nothing', historyStreamBytes: 0, how: 'told', code: 4001 },
    { kept: 'less than that', historyStreamBytes: 1_048_576, how: 'fell-behind', code: 4004 },
  ])('tells a client that does not read so also where all comes within one turn, and $kept is kept', async (edge) => {
    const { historyStreamBytes, how, code } = edge;
    await begin({ maxClientBacklogBytes: 65_536, historyStreamBytes });
    const slow = await connect('/v1');
    await slow.ask({ event: 'subscribe', data: { streams: [TRADE] } });
    await slow.take(1);
    slow.socket.pause();
    for (let id = 1; id <= 10_000; id += 1) upstream.publish(TRADE, { ...trade(id), price: 'x'.repeat(1_000) });
    await until(async () => (await metric(`holdfast_edge_slow_clients_closed_total{how="${how}"}`)) === 1);
    slow.socket.resume();
    await until(() => slow.closed);
    const seqs = slow.messages.map(({ seq }) => Number(seq));
    expect(seqs).toEqual(seqs.map((_, index) => index + 1));
    expect(seqs.length).toBeLessThan(10_000);
    expect(slow.closed?.code).toBe(code);
    expect(await metric('holdfast_edge_slow_clients_closed_total{how="cut"}')).toBe(0);
  });

  it('is left with nothing after 1,000 changes of mind and a client that vanishes', async () => {
    await begin({ lingerMs: 50, maxCommandsPerSecond: 10_000 });
    const client = await connect('/v1');
    for (let round = 0; round < 500; round += 1) {
      client.send({ event: 'subscribe', data: { streams: streams(3, round) } });
      client.send({ event: 'unsubscribe', data: { streams: streams(3, round) } });
    }
    client.send({ event: 'subscribe', data: { streams: streams(5) } });
    client.send({ event: 'list', id: 'end' });
    await until(() => client.messages.some(({ id }) => id === 'end'), { deadlineMs: 20_000 });
    client.socket.terminate();
    await until(async () => (await status()).served.length === 0, { deadlineMs: 10_000 });
    await until(() => upstream.demands.at(-1)?.streams.length === 0);
    expect((await status()).clients.connections).toBe(0);
  });

  it('keeps a stream for the linger time, so that a client that comes back finds it warm', async () => {
    await begin({ lingerMs: 60_000 });
    const client = await connect('/v1');
    await client.ask({ event: 'subscribe', data: { streams: [TRADE] } });
    await client.take(1);
    await client.close();
    upstream.publish(TRADE, trade(1));
    const back = await connect('/v1');
    const reply = await back.ask({ event: 'subscribe', data: { streams: [TRADE] } });
    expect(reply).toMatchObject({ data: { streams: { [TRADE]: { epoch: 7, seq: 1 } } } });
  });

  it('tells everybody that it stops, each in the words of its wire', async () => {
    await begin({});
    const native = await connect('/v1');
    const binance = await connect('/stream');
    await edge.stop();
    await until(() => native.closed && binance.closed);
    expect(native.closed).toEqual({ code: 4000, reason: 'shutting down' });
    expect(binance.closed).toEqual({ code: 1001, reason: 'going away' });
    await expect(connect('/v1')).rejects.toThrow('ECONNREFUSED');
  });

  it('is ready while it serves clients, whatever is down behind it, and says what is', async () => {
    await begin({});
    const client = await connect('/v1');
    await client.ask({ event: 'subscribe', data: { streams: ['btcusdt@trade'] } });
    const behind = async (): Promise<unknown> => {
      const answer = await fetch(`${edge.opsUrl}/readyz`);
      expect(answer.status).toBe(200);
      return Object(await answer.json()).behind;
    };
    await until(async () => Object.keys(Object(await behind())).length === 0);
    upstream.stop();
    await until(() => client.texts.some((text) => text.includes('"stale"')));
    expect(await behind()).toEqual({ 'upstream heard': expect.stringContaining('heartbeats') });
    const newcomer = await connect('/v1');
    await newcomer.ask({ event: 'subscribe', data: { streams: ['btcusdt@trade'] } });
    await until(() => newcomer.texts.some((text) => text.includes('"stale"')));
  });

  it('is ready only while it hears an upstream, where an operator wants it so', async () => {
    await begin({ readyNeedsData: true });
    await until(async () => (await fetch(`${edge.opsUrl}/readyz`)).ok);
    upstream.stop();
    await until(async () => (await fetch(`${edge.opsUrl}/readyz`)).status === 503);
    expect(await (await fetch(`${edge.opsUrl}/readyz`)).text()).toContain('heartbeats');
  });

  it('does not share its port with another process', async () => {
    await begin({});
    const port = Number(new URL(edge.wsUrl).port);
    await expect(startEdge({ port })).rejects.toThrow(`HOLDFAST_PORT is ${port}: expected a free port`);
  });
});

describe('an edge without authentication', () => {
  it.each(['0.0.0.0', '::', '192.168.1.7', 'gateway.example'])('refuses to listen on %s unless allowed', (host) => {
    const settings = Object.assign(new EdgeSettings(), { host });
    expect(() => EdgeModule.with(settings, new BinanceSettings())).toThrow(SettingsError);
    expect(() => EdgeModule.with(settings, new BinanceSettings())).toThrow(/HOLDFAST_HOST is .*HOLDFAST_ALLOW_PUBLIC/);
    expect(() => EdgeModule.with(Object.assign(settings, { allowPublic: true }), new BinanceSettings())).not.toThrow();
  });
});
