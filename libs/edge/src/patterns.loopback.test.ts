import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { EdgeSettings } from '#libs/runtime';
import { HandUpstream } from '../../../test/support/hand-upstream.js';
import { type TestEdge, startEdge } from '../../../test/support/start-edge.js';
import { until } from '../../../test/support/until.js';
import { WsClient } from '../../../test/support/ws-client.js';

const top = (updateId: number) => ({ type: 'bookTicker', symbol: 'BTCUSDT', updateId }) as const;

interface Reply {
  event?: string;
  id?: number;
  data?: { streams: Record<string, unknown> };
}

describe('patterns', () => {
  let edge: TestEdge;
  let upstream: HandUpstream;
  let clients: WsClient[];
  const begin = async (settings: Partial<EdgeSettings> = {}): Promise<void> => {
    edge = await startEdge(settings);
    upstream = new HandUpstream(edge.bus).start();
    clients = [];
  };
  beforeEach(() => begin());
  afterEach(async () => {
    for (const { socket } of clients) socket.terminate();
    upstream.stop();
    await edge.stop();
  });
  const connect = async (path = '/v1'): Promise<WsClient> => {
    const client = await WsClient.open(`${edge.wsUrl}${path}`);
    clients.push(client);
    return client;
  };
  const has = async (streams: string[]): Promise<WsClient> => {
    const client = await connect();
    await client.ask({ event: 'subscribe', data: { streams } });
    await client.take(streams.length);
    return client;
  };
  const subscribe = (client: WsClient, streams: string[], more: object = {}): Promise<Record<string, unknown>> =>
    client.ask({ event: 'subscribe', id: 1, data: { streams, ...more } });
  /** Everything that was said to have been joined, in order. */
  const joined = (client: WsClient): string[] =>
    (client.messages as Reply[]).flatMap(({ event, data }) =>
      event === 'subscribed' ? Object.keys(data?.streams ?? {}) : [],
    );

  it('join what other clients of the edge have, on whatever wire, and nothing else', async () => {
    await has(['btcusdt@bookTicker', 'btcusdt@trade']);
    await connect('/ws/ethusdt@bookTicker');
    const client = await connect();
    const reply = await subscribe(client, ['*@bookTicker'], { delivery: 'latest' });
    expect(reply).toMatchObject({
      event: 'subscribed',
      id: 1,
      data: {
        streams: { 'btcusdt@bookTicker': { epoch: 7, seq: 0 }, 'ethusdt@bookTicker': { epoch: 7, seq: 0 } },
        delivery: 'latest',
        patterns: ['*@bookTicker'],
      },
    });
    expect(await client.take(2)).toMatchObject([{ type: 'feed' }, { type: 'feed' }]);
    for (const name of ['btcusdt@bookTicker', 'ethusdt@bookTicker', 'btcusdt@trade']) upstream.publish(name, top(1));
    expect((await client.take(2)).map(({ stream }) => stream)).toEqual(['btcusdt@bookTicker', 'ethusdt@bookTicker']);
    expect(await client.ask({ event: 'list' })).toEqual({
      event: 'list',
      data: {
        streams: ['btcusdt@bookTicker', 'ethusdt@bookTicker'],
        contracts: { 'btcusdt@bookTicker': { delivery: 'latest' }, 'ethusdt@bookTicker': { delivery: 'latest' } },
        patterns: { '*@bookTicker': { delivery: 'latest' } },
      },
    });
  });

  it('join what comes to be carried later: by another client, or by the upstream, and tell it', async () => {
    const client = await connect();
    expect(await subscribe(client, ['btc*@trade'])).toMatchObject({ data: { streams: {}, patterns: ['btc*@trade'] } });
    const other = await has(['btcusdt@trade', 'ethusdt@trade']);
    expect(await client.take(2)).toMatchObject([
      { event: 'subscribed', data: { streams: { 'btcusdt@trade': null }, patterns: ['btc*@trade'] } },
      { type: 'feed', stream: 'btcusdt@trade' },
    ]);
    const texts = [1, 2, 3].map((id) => upstream.publish('btcusdt@trade', { type: 'trade', symbol: 'BTCUSDT', id }));
    await until(() => client.texts.length === 3);
    expect(client.texts.splice(0)).toEqual(texts);
    // Nobody here has it, but the upstream names it: somebody else wants it, or it is always on.
    upstream.publish('btceur@trade', { type: 'trade', symbol: 'BTCEUR', id: 1 });
    await until(() => joined(client).includes('btceur@trade'));
    await until(() => client.messages.some(({ type, stream }) => type === 'feed' && stream === 'btceur@trade'));
    upstream.publish('btceur@trade', { type: 'trade', symbol: 'BTCEUR', id: 2 });
    await until(() => client.messages.some(({ id, stream }) => id === 2 && stream === 'btceur@trade'));
    // It is wanted by this client now, whoever else goes.
    await other.close();
    await until(() => upstream.demands.at(-1)?.streams.includes('btceur@trade'));
  });

  it('want nothing of Binance that nobody wants', async () => {
    const client = await connect();
    await subscribe(client, ['*@trade', '*@bookTicker']);
    const before = upstream.demands.length;
    await until(() => upstream.demands.length > before);
    expect(upstream.demands.at(-1)?.streams).toEqual([]);
  });

  it('are beaten by names: what was asked for by name has its own contract, and stays when the pattern goes', async () => {
    await has(['btcusdt@bookTicker', 'ethusdt@bookTicker', 'bnbusdt@bookTicker']);
    const client = await has(['btcusdt@bookTicker']);
    await subscribe(client, ['*@bookTicker'], { delivery: 'latest' });
    await client.take(2);
    await subscribe(client, ['ethusdt@bookTicker'], { delivery: 'rate', perSecond: 3 });
    await client.take(1);
    expect(await client.ask({ event: 'list' })).toMatchObject({
      data: {
        contracts: {
          'ethusdt@bookTicker': { delivery: 'rate', perSecond: 3 },
          'bnbusdt@bookTicker': { delivery: 'latest' },
        },
      },
    });
    const gone = await client.ask({ event: 'unsubscribe', data: { streams: ['*@bookTicker'] } });
    expect(gone).toMatchObject({ data: { streams: ['*@bookTicker', 'bnbusdt@bookTicker'] } });
    expect(await client.ask({ event: 'list' })).toEqual({
      event: 'list',
      data: {
        streams: ['btcusdt@bookTicker', 'ethusdt@bookTicker'],
        contracts: { 'ethusdt@bookTicker': { delivery: 'rate', perSecond: 3 } },
      },
    });
  });

  it('do not bring back what was given back by its name, and leave to each other what both match', async () => {
    const other = await has(['btcusdt@bookTicker', 'btceur@bookTicker']);
    const client = await connect();
    await subscribe(client, ['*@bookTicker', 'btc*@bookTicker']);
    await client.take(2);
    await client.ask({ event: 'unsubscribe', data: { streams: ['btceur@bookTicker'] } });
    await other.ask({ event: 'unsubscribe', data: { streams: ['btceur@bookTicker'] } });
    await other.ask({ event: 'subscribe', data: { streams: ['btceur@bookTicker'] } });
    const left = await client.ask({ event: 'unsubscribe', data: { streams: ['*@bookTicker'] } });
    expect(left).toMatchObject({ data: { streams: ['*@bookTicker'] } });
    expect(await client.ask({ event: 'list' })).toMatchObject({
      data: { streams: ['btcusdt@bookTicker'], patterns: { 'btc*@bookTicker': { delivery: 'all' } } },
    });
    const last = await client.ask({ event: 'unsubscribe', data: { streams: ['btc*@bookTicker'] } });
    expect(last).toMatchObject({ data: { streams: ['btc*@bookTicker', 'btcusdt@bookTicker'] } });
    await other.ask({ event: 'subscribe', data: { streams: ['btcbrl@bookTicker'] } });
    expect(await client.ask({ event: 'list' })).toEqual({ event: 'list', data: { streams: [] } });
  });

  it('take no more than there is room for, and say for how many there was none', async () => {
    await edge.stop();
    upstream.stop();
    await begin({ maxStreamsPerClient: 2 });
    await has(['ausdt@trade', 'busdt@trade']);
    await has(['cusdt@trade']);
    const client = await connect();
    expect(await subscribe(client, ['*@trade'])).toMatchObject({
      data: { streams: { 'ausdt@trade': expect.anything(), 'busdt@trade': expect.anything() }, left: 1 },
    });
    await client.take(2);
    await has(['dusdt@trade']);
    expect(await client.take(1)).toMatchObject([{ event: 'subscribed', data: { streams: {}, left: 1 } }]);
  });

  it('are refused where they are none, with a sentence, and change nothing', async () => {
    await has(['btcusdt@trade']);
    const client = await connect();
    expect(await subscribe(client, ['btcusdt@trade', '*@trad'])).toMatchObject({
      event: 'error',
      data: { code: 'bad-stream', streams: { '*@trad': expect.stringContaining('did you mean') } },
    });
    expect(await subscribe(client, ['*@trade'], { last: 1 })).toMatchObject({ data: { code: 'bad-command' } });
    const many = Array.from({ length: 33 }, (_, at) => `a${at}*@trade`);
    expect(await subscribe(client, many)).toMatchObject({ data: { code: 'too-many-streams' } });
    expect(await client.ask({ event: 'list' })).toEqual({ event: 'list', data: { streams: [] } });
  });

  it('are a matter of our own protocol', async () => {
    await has(['btcusdt@trade']);
    const client = await connect('/ws');
    await client.ask({ method: 'SUBSCRIBE', params: ['*@trade'], id: 1 });
    upstream.publish('btcusdt@trade', { type: 'trade', symbol: 'BTCUSDT', id: 1 });
    expect(await client.ask({ method: 'GET_PROPERTY', params: ['combined'], id: 2 })).toEqual({ result: false, id: 2 });
  });
});
