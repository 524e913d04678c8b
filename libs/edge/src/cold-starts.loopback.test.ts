import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import type { FeedCause, FeedState } from '#libs/core';
import { HandUpstream } from '../../../test/support/hand-upstream.js';
import { type TestEdge, startEdge } from '../../../test/support/start-edge.js';
import { until } from '../../../test/support/until.js';
import { WsClient } from '../../../test/support/ws-client.js';

const DEPTH = 'btcusdt@depth@100ms';
const TRADE = 'btcusdt@trade';

/** Longer than any test waits: whatever happens here happens for another reason. */
const LONG = { subscribeWaitMs: 8_000, lingerMs: 0, maxCommandsPerSecond: 10_000 };

describe("a client of Binance's wire that wants what nobody had", () => {
  let edge: TestEdge;
  let upstream: HandUpstream;
  let order: string[];
  const clients: WsClient[] = [];
  beforeEach(async () => {
    edge = await startEdge(LONG);
    upstream = new HandUpstream(edge.bus).start();
    for (const name of [DEPTH, TRADE]) upstream.feed(name, 'recovering', 'subscribing');
    order = [];
  });
  afterEach(async () => {
    await Promise.all(clients.splice(0).map((client) => client.close()));
    upstream.stop();
    await edge.stop();
  });

  const say = (name: string, state: FeedState, cause: FeedCause): void => {
    order.push(cause);
    upstream.feed(name, state, cause);
  };
  const open = async (path: string, as = 'open'): Promise<WsClient> => {
    const client = await WsClient.open(edge.wsUrl + path);
    clients.push(client);
    order.push(as);
    return client;
  };
  /** Resolves when the edge has been told how these stand. */
  const welcomed = (...names: string[]): Promise<unknown> =>
    until(() => names.every((name) => upstream.questions.flat().includes(name)));
  /** The edge has had time for everything that it could do now: it has answered somebody else, twice. */
  const settled = async (): Promise<void> => {
    const other = await WsClient.open(`${edge.wsUrl}/v1`);
    for (let turn = 0; turn < 2; turn += 1) await other.ask({ event: 'ping' });
    await other.close();
  };

  it.each([`/ws/${DEPTH}`, `/stream?streams=${DEPTH}`])(
    'is let in at %s when Binance has acknowledged it',
    async (path) => {
      const opening = open(path);
      await welcomed(DEPTH);
      await settled();
      say(DEPTH, 'recovering', 'acknowledged');
      await opening;
      expect(order).toEqual(['acknowledged', 'open']);
    },
  );

  it('is let in when Binance has acknowledged all of its names', async () => {
    const opening = open(`/ws/${DEPTH}/${TRADE}`);
    await welcomed(DEPTH, TRADE);
    say(DEPTH, 'recovering', 'acknowledged');
    await settled();
    say(TRADE, 'live', 'first-event');
    await opening;
    expect(order).toEqual(['acknowledged', 'first-event', 'open']);
  });

  it('gets every frame that comes once it is in', async () => {
    const opening = open(`/ws/${TRADE}`);
    await welcomed(TRADE);
    say(TRADE, 'recovering', 'acknowledged');
    const client = await opening;
    upstream.publish(TRADE, whole(1));
    await until(() => client.texts.length === 1);
    expect(client.messages[0]).toMatchObject({ t: 1 });
  });

  it('is answered when Binance has acknowledged it; what it says meanwhile is answered after that, in order', async () => {
    const client = await open('/ws');
    client.send({ method: 'SUBSCRIBE', params: [TRADE], id: 1 });
    client.send({ method: 'LIST_SUBSCRIPTIONS', id: 2 });
    client.send({ method: 'UNSUBSCRIBE', params: [TRADE], id: 3 });
    await welcomed(TRADE);
    await settled();
    expect(client.texts).toEqual([]);
    say(TRADE, 'recovering', 'acknowledged');
    expect(await client.take(3)).toEqual([
      { result: null, id: 1 },
      { result: [TRADE], id: 2 },
      { result: null, id: 3 },
    ]);
  });

  it('is told what was wrong with what it said meanwhile in its turn, too', async () => {
    const client = await open('/ws');
    client.send({ method: 'SUBSCRIBE', params: [TRADE], id: 1 });
    client.send({ method: 'DANCE', id: 2 });
    await welcomed(TRADE);
    await settled();
    expect(client.texts).toEqual([]);
    say(TRADE, 'recovering', 'acknowledged');
    expect(await client.take(2)).toMatchObject([{ result: null, id: 1 }, { id: 2 }]);
  });

  it('gets frames before its answer, should they come before it', async () => {
    const client = await open('/ws');
    client.send({ method: 'SUBSCRIBE', params: [TRADE, DEPTH], id: 1 });
    await welcomed(TRADE, DEPTH);
    say(TRADE, 'live', 'first-event');
    upstream.publish(TRADE, whole(1));
    expect(await client.take(1)).toMatchObject([{ t: 1 }]);
    say(DEPTH, 'recovering', 'acknowledged');
    expect(await client.take(1)).toEqual([{ result: null, id: 1 }]);
  });

  it.each([
    ['refused', 'refused-by-binance'],
    ['refused', 'too-many-streams'],
    ['recovering', 'connection-lost'],
    ['stale', 'connection-refused'],
    ['stale', 'reconnecting'],
    ['stale', 'stopped'],
    ['gap', 'ids-missing'],
  ] as const)('does not wait for what is %s (%s)', async (state, cause) => {
    upstream.feed(DEPTH, state, cause);
    const client = await open(`/ws/${DEPTH}`);
    upstream.feed(TRADE, state, cause);
    expect(await client.ask({ method: 'SUBSCRIBE', params: [TRADE], id: 1 })).toEqual({ result: null, id: 1 });
  });

  it('does not wait for an upstream that cannot be heard', async () => {
    const lonely = await startEdge(LONG);
    const client = await WsClient.open(`${lonely.wsUrl}/ws/${DEPTH}`);
    expect(await client.ask({ method: 'SUBSCRIBE', params: [TRADE], id: 1 })).toEqual({ result: null, id: 1 });
    await client.close();
    await lonely.stop();
  });

  it('does not wait for a retired name, nor one that is none', async () => {
    const client = await open('/ws/0/!ticker@arr');
    const junk = ['!ticker@arr', 'x', 'BTCUSDT@trade'];
    expect(await client.ask({ method: 'SUBSCRIBE', params: junk, id: 1 })).toEqual({ result: null, id: 1 });
    expect(upstream.questions.flat()).toEqual([]);
  });

  it('does not wait for what others have already', async () => {
    const first = open(`/ws/${DEPTH}`, 'first');
    await welcomed(DEPTH);
    say(DEPTH, 'recovering', 'acknowledged');
    const client = await first;
    await open(`/ws/${DEPTH}`, 'second');
    expect(await client.ask({ method: 'SUBSCRIBE', params: [DEPTH], id: 1 })).toEqual({ result: null, id: 1 });
    expect(order).toEqual(['acknowledged', 'first', 'second']);
  });

  it('waits on no other path: a client of /v1 is answered at once', async () => {
    const client = await open('/v1');
    const reply = await client.ask({ event: 'subscribe', data: { streams: [DEPTH] } });
    expect(reply).toMatchObject({ event: 'subscribed' });
  });

  it('leaves nothing wanted behind when it goes away at the door', async () => {
    const socket = new WebSocket(`${edge.wsUrl}/ws/${DEPTH}`);
    socket.on('error', () => undefined);
    await welcomed(DEPTH);
    socket.terminate();
    await until(() => upstream.demands.at(-1)?.streams.length === 0);
    const opening = open(`/ws/${DEPTH}`);
    await until(() => upstream.questions.length === 2);
    say(DEPTH, 'recovering', 'acknowledged');
    await opening;
    expect(order).toEqual(['acknowledged', 'open']);
  });

  it('leaves nothing wanted behind when it goes away before its answer', async () => {
    const client = await open('/ws');
    client.send({ method: 'SUBSCRIBE', params: [TRADE], id: 1 });
    await welcomed(TRADE);
    client.socket.terminate();
    await until(() => upstream.demands.at(-1)?.streams.length === 0);
    expect(client.texts).toEqual([]);
  });

  it('waits no longer when it has said more than may queue behind', async () => {
    const client = await open('/ws');
    client.send({ method: 'SUBSCRIBE', params: [TRADE], id: 0 });
    await welcomed(TRADE);
    for (let id = 1; id <= 100; id += 1) client.send({ method: 'LIST_SUBSCRIPTIONS', id });
    const replies = await client.take(101);
    expect(replies.map(({ id }) => id)).toEqual(Array.from({ length: 101 }, (_, id) => id));
  });

  it('that is at the door when the edge stops is told so as everybody is', async () => {
    const opening = open(`/ws/${DEPTH}`);
    await welcomed(DEPTH);
    const stopped = edge.stop();
    const client = await opening;
    await until(() => client.closed);
    expect(client.closed).toEqual({ code: 1001, reason: 'going away' });
    await stopped;
  });

  it('is told of too many streams as before, without a wait', async () => {
    const small = await startEdge({ ...LONG, maxStreamsPerClient: 1 }, {});
    const other = new HandUpstream(small.bus).start();
    for (const name of [DEPTH, TRADE]) other.feed(name, 'recovering', 'subscribing');
    expect(await WsClient.refused(`${small.wsUrl}/ws/${DEPTH}/${TRADE}`)).toEqual({
      status: 400,
      body: 'Too many subscriptions: one connection may have 1 streams',
    });
    other.stop();
    await small.stop();
  });

  const whole = (id: number) =>
    ({
      type: 'trade',
      symbol: 'BTCUSDT',
      id,
      price: '1.0',
      quantity: '1.0',
      taker: 'buy',
      tradedAt: 1,
      eventAt: 1,
      bestMatch: true,
    }) as const;
});

it('nobody waits where the setting says so', async () => {
  const edge = await startEdge({ subscribeWaitMs: 0 });
  const upstream = new HandUpstream(edge.bus).start();
  upstream.feed(DEPTH, 'recovering', 'subscribing');
  const client = await WsClient.open(`${edge.wsUrl}/ws/${DEPTH}`);
  expect(await client.ask({ method: 'SUBSCRIBE', params: [TRADE], id: 1 })).toEqual({ result: null, id: 1 });
  await client.close();
  upstream.stop();
  await edge.stop();
});
