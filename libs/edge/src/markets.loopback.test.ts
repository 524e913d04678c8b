import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { defineMarket, spot } from '#libs/binance';
import { HandUpstream } from '../../../test/support/hand-upstream.js';
import { type TestEdge, startEdge } from '../../../test/support/start-edge.js';
import { until } from '../../../test/support/until.js';
import { WsClient } from '../../../test/support/ws-client.js';

const TOP = 'btcusdt@bookTicker';

/** A market that has the names of spot, elsewhere. */
const mirror = defineMarket({
  name: 'mirror',
  types: spot.types.filter(({ type }) => type === 'bookTicker' || type === 'trade'),
  urls: { stream: 'wss://mirror.example', rest: [] },
  limits: spot.limits,
  pathPrefix: '/mirror',
  route: () => '',
});

const top = (updateId: number, bid: string) =>
  ({ type: 'bookTicker', symbol: 'BTCUSDT', updateId, bid, bidQuantity: '1', ask: '9', askQuantity: '1' }) as const;

describe('two markets in one edge', () => {
  let edge: TestEdge;
  let ofSpot: HandUpstream;
  let ofMirror: HandUpstream;
  const clients: WsClient[] = [];
  const connect = async (path: string): Promise<WsClient> => {
    const client = await WsClient.open(`${edge.wsUrl}${path}`);
    clients.push(client);
    return client;
  };
  const subscribe = (client: WsClient): Promise<unknown> =>
    client.ask({ event: 'subscribe', data: { streams: [TOP] } });
  const wanted = (upstream: HandUpstream): boolean => upstream.demands.at(-1)?.streams.includes(TOP) === true;

  beforeEach(async () => {
    edge = await startEdge({ maxStreams: 3, lingerMs: 60_000 }, { markets: [spot, mirror] });
    ofSpot = new HandUpstream(edge.bus, { epoch: 7 }).start();
    ofMirror = new HandUpstream(edge.bus, { epoch: 3, market: mirror }).start();
  });
  afterEach(async () => {
    await Promise.all(clients.splice(0).map((client) => client.close()));
    ofSpot.stop();
    ofMirror.stop();
    await edge.stop();
  });

  it('never mixes streams of the same name, on no wire', async () => {
    const spotNative = await connect('/v1');
    const mirrorNative = await connect('/mirror/v1');
    for (const native of [spotNative, mirrorNative]) {
      await subscribe(native);
      await native.take(1);
    }
    const spotRaw = await connect(`/ws/${TOP}`);
    const mirrorRaw = await connect(`/mirror/ws/${TOP}`);
    const mirrorCombined = await connect(`/mirror/stream?streams=${TOP}`);
    ofSpot.publish(TOP, top(1, '1'));
    ofMirror.publish(TOP, top(1, '2'));
    ofSpot.publish(TOP, top(2, '3'));
    await until(() => spotRaw.texts.length === 2 && mirrorCombined.texts.length === 1 && mirrorRaw.texts.length === 1);
    await until(() => spotNative.texts.length === 2 && mirrorNative.texts.length === 1);
    expect(spotNative.messages.map(({ bid, epoch }) => [bid, epoch])).toEqual([
      ['1', 7],
      ['3', 7],
    ]);
    expect(mirrorNative.messages.map(({ bid, epoch }) => [bid, epoch])).toEqual([['2', 3]]);
    expect(spotRaw.messages.map(({ b }) => b)).toEqual(['1', '3']);
    expect(mirrorRaw.messages.map(({ b }) => b)).toEqual(['2']);
    expect(mirrorCombined.messages).toMatchObject([{ stream: TOP, data: { b: '2' } }]);
  });

  it('is wanted from the upstream of its own market only', async () => {
    await subscribe(await connect('/mirror/v1'));
    await until(() => wanted(ofMirror));
    expect(ofSpot.demands.every(({ streams }) => streams.length === 0)).toBe(true);
    expect(ofSpot.questions).toEqual([]);
  });

  it('knows the streams of its own market only', async () => {
    const refused = await (
      await connect('/mirror/v1')
    ).ask({ event: 'subscribe', data: { streams: ['btcusdt@depth'] } });
    expect(refused).toMatchObject({ event: 'error', data: { code: 'bad-stream' } });
    await (await connect('/mirror/ws/btcusdt@depth')).ask({ method: 'LIST_SUBSCRIPTIONS', id: 1 });
    expect([...ofSpot.demands, ...ofMirror.demands].flatMap(({ streams }) => streams)).toEqual([]);
    expect((await WsClient.refused(`${edge.wsUrl}/nobody/v1`)).status).toBe(404);
  });

  it('says stale for the market alone whose upstream has gone', async () => {
    const spotNative = await connect('/v1');
    const mirrorNative = await connect('/mirror/v1');
    for (const native of [spotNative, mirrorNative]) {
      await subscribe(native);
      await native.take(1);
    }
    ofMirror.stop();
    expect(await mirrorNative.take(1)).toMatchObject([{ type: 'feed', state: 'stale', cause: 'upstream-gone' }]);
    expect(spotNative.texts).toEqual([]);
    const ready = await fetch(`${edge.opsUrl}/readyz`);
    expect([ready.status, await ready.text()]).toEqual([200, expect.stringContaining('mirror: no upstream')]);
  });

  it('shares the room for streams with the other', async () => {
    const streams = (count: number) => Array.from({ length: count }, (_, index) => `s${index}usdt@trade`);
    const ask = async (path: string, count: number): Promise<unknown> => {
      const client = await connect(path);
      return (await client.ask({ event: 'subscribe', data: { streams: streams(count) } }))['event'];
    };
    expect(await ask('/v1', 2)).toBe('subscribed');
    expect(await ask('/mirror/v1', 2)).toBe('error');
    expect(await ask('/mirror/v1', 1)).toBe('subscribed');
  });
});
