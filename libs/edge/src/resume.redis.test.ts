import { once } from 'node:events';
import { type AddressInfo, type Socket, connect as dial, createServer } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RedisBus } from '#libs/bus';
import { HoldfastClient } from '#libs/client';
import type { Cancel, Place } from '#libs/core';
import { systemClock } from '#libs/runtime';
import { HandUpstream } from '../../../test/support/hand-upstream.js';
import { RedisProxy } from '../../../test/support/redis-proxy.js';
import { type TestEdge, startEdge } from '../../../test/support/start-edge.js';
import { type TestRedis, startRedis } from '../../../test/support/start-redis.js';
import { until } from '../../../test/support/until.js';
import { topOfBook, wholeTrade } from '../../../test/support/whole-events.js';
import { WsClient } from '../../../test/support/ws-client.js';

const TRADE = 'btcusdt@trade';
const TOP = 'btcusdt@bookTicker';
const PATIENT = { deadlineMs: 20_000 };

const upTo = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, index) => from + index);
/** Where one does not follow the other. */
const holesIn = (ids: readonly unknown[]): unknown[] =>
  ids.flatMap((id, at) => (at > 0 && Number(id) !== Number(ids[at - 1]) + 1 ? [[ids[at - 1], id]] : []));
const idsOf = (client: WsClient): unknown[] =>
  client.messages.flatMap(({ id, type }) => (type === 'trade' ? [id] : []));
const topsOf = (client: WsClient): unknown[] => client.messages.flatMap(({ updateId }) => updateId ?? []);
const statesOf = (client: WsClient): unknown[] => client.messages.flatMap(({ state }) => state ?? []);

describe('edges over Redis', () => {
  let redis: TestRedis;
  let far: RedisBus;
  let upstream: HandUpstream;
  let edges: TestEdge[];
  let clients: WsClient[];
  let id: number;
  let endLoad: Cancel;

  beforeEach(async () => {
    [edges, clients, id] = [[], [], 0];
    endLoad = () => undefined;
    redis = await startRedis();
    far = new RedisBus({ redisUrl: redis.url, queueBytes: 1_000_000 });
    await far.start();
    await until(() => far.messages.state === 'up');
    upstream = new HandUpstream(far, { keeps: true }).start();
  });
  afterEach(async () => {
    endLoad();
    for (const client of clients) client.socket.terminate();
    upstream.stop();
    for (const edge of edges) await edge.stop();
    await far.stop();
    await redis.stop();
  });
  const newEdge = async (redisUrl = redis.url): Promise<TestEdge> => {
    const edge = await startEdge({}, { redisUrl });
    edges.push(edge);
    await until(() => edge.bus.messages.state === 'up');
    return edge;
  };
  const connect = async (edge: TestEdge, path = '/v1'): Promise<WsClient> => {
    const client = await WsClient.open(`${edge.wsUrl}${path}`);
    clients.push(client);
    return client;
  };
  const keep = async (edge: TestEdge): Promise<WsClient> => {
    const client = await connect(edge);
    await client.ask({ event: 'subscribe', data: { streams: [TRADE, TOP] } });
    await client.take(2);
    return client;
  };
  const publish = (count: number): void => {
    for (let more = 0; more < count; more += 1) {
      upstream.publish(TRADE, wholeTrade((id += 1)));
      upstream.publish(TOP, topOfBook(id));
    }
  };
  const load = (): void => {
    publish(1);
    endLoad = systemClock.after(3, load);
  };

  it.each(['is killed', 'is cut off'])(
    'give their clients every message of every stream where Redis %s under load, and announce no gap',
    async (how) => {
      const proxy = await RedisProxy.start(redis.port);
      const edge = await newEdge(proxy.url);
      const native = await keep(edge);
      const wire = await connect(edge, `/ws/${TRADE}`);
      load();
      await until(() => idsOf(native).length > 50);
      for (let round = 0; round < 2; round += 1) {
        if (how === 'is killed') await redis.kill();
        else proxy.behave({ refuses: true });
        if (how === 'is cut off') proxy.reset();
        const before = id;
        await until(() => statesOf(native).at(-1) === 'stale' && id > before + 300, PATIENT);
        if (how === 'is killed') await redis.restart();
        else proxy.behave({});
        await until(() => statesOf(native).at(-1) === 'live', PATIENT);
        const after = id;
        await until(() => Number(idsOf(native).at(-1)) > after + 50, PATIENT);
      }
      endLoad();
      await until(() => idsOf(native).at(-1) === id && topsOf(native).at(-1) === id, PATIENT);
      await until(() => wire.messages.at(-1)?.['t'] === id, PATIENT);
      const trades = wire.messages.map(({ t }) => t);
      expect([idsOf(native), topsOf(native), trades].map(holesIn)).toEqual([[], [], []]);
      expect([statesOf(native).includes('gap'), native.closed, wire.closed]).toEqual([false, undefined, undefined]);
      await proxy.stop();
    },
    60_000,
  );

  it('give their clients every message where the way swallows one of seven, and announce no gap', async () => {
    const edge = await newEdge();
    const native = await keep(edge);
    const wire = await connect(edge, `/ws/${TRADE}`);
    for (let turn = 0; turn < 400; turn += 1) {
      id += 1;
      if (id % 7 === 0) upstream.lose(TRADE, wholeTrade(id));
      else upstream.publish(TRADE, wholeTrade(id));
      if (turn % 5 === 0) await new Promise(setImmediate);
    }
    publish(1);
    await until(() => idsOf(native).at(-1) === id && wire.messages.at(-1)?.['t'] === id, PATIENT);
    expect([idsOf(native), wire.messages.map(({ t }) => t)]).toEqual([upTo(1, id), upTo(1, id)]);
    expect(statesOf(native)).not.toContain('gap');
  });

  it('give a client the end of a stream that was lost though nothing comes after it, and announce no gap', async () => {
    const native = await keep(await newEdge());
    publish(1);
    await until(() => idsOf(native).length === 1);
    upstream.lose(TRADE, wholeTrade((id += 1)));
    await until(() => idsOf(native).length === 2, PATIENT);
    expect([idsOf(native), statesOf(native)]).toEqual([[1, 2], []]);
  });

  it('announce what nobody has, and only that', async () => {
    const native = await keep(await newEdge());
    upstream.stop();
    upstream = new HandUpstream(far).start();
    publish(1);
    upstream.lose(TRADE, wholeTrade((id += 1)));
    publish(1);
    await until(() => idsOf(native).length === 2, PATIENT);
    // How the stream stands is asked besides, so that a state may follow.
    const ofTrades = native.messages.filter(({ stream }) => stream === TRADE);
    const told = ofTrades.map(({ id: trade, state }) => trade ?? state);
    expect(told.slice(0, 2)).toEqual([1, 'gap']);
    expect(idsOf(native)).toEqual([1, 3]);
    expect(statesOf(native).filter((state) => state === 'gap')).toEqual(['gap']);
  });

  it('resume a client of each other, of a stream that they newly carry, over the end of a term whose upstream is gone', async () => {
    const one = await newEdge();
    const native = await keep(one);
    publish(20);
    await until(() => idsOf(native).length === 20);
    const last = native.messages.findLast(({ type }) => type === 'trade') as unknown as Place;
    upstream.stop();
    upstream = new HandUpstream(far, { epoch: 8, keeps: true });
    upstream.feed(TRADE, 'live', 'resumed', { epoch: last.epoch, seq: last.seq });
    publish(5);
    upstream.start();
    await until(() => idsOf(native).length === 25, PATIENT);
    const other = await newEdge();
    const back = await connect(other);
    back.send({ event: 'subscribe', data: { streams: [TRADE], since: { [TRADE]: { epoch: last.epoch, seq: 7 } } } });
    await until(() => idsOf(back).length === 18, PATIENT);
    publish(1);
    await until(() => idsOf(back).length === 19, PATIENT);
    expect(back.messages[0]).toMatchObject({ data: { resumed: { [TRADE]: true } } });
    expect(idsOf(back)).toEqual(upTo(8, 26));
  });

  it('give the client library all that came while it went from one to the other, and tell it no gap', async () => {
    const [one, other] = [await newEdge(), await newEdge()];
    const ids: number[] = [];
    const states: string[] = [];
    const missed: boolean[] = [];
    const ports = [one, other].map(({ wsUrl }) => Number(new URL(wsUrl).port));
    const ends = new Set<Socket>();
    const balancer = createServer((near) => {
      const far = dial(ports[ends.size % ports.length] ?? 0);
      ends.add(near);
      for (const end of [near, far]) end.on('error', () => undefined);
      near.pipe(far).pipe(near);
    }).listen(0, '127.0.0.1');
    await once(balancer, 'listening');
    await keep(one);
    await keep(other);
    load();
    const { port } = balancer.address() as AddressInfo;
    const client = new HoldfastClient({ url: `ws://127.0.0.1:${port}`, random: () => 0 });
    client.start();
    client.subscribe(TRADE, {
      event: (event) => ids.push(event.id),
      feed: ({ state }) => states.push(state),
      started: ({ hasMissed }) => missed.push(hasMissed),
    });
    for (let round = 1; round <= 3; round += 1) {
      const before = ids.length;
      await until(() => ids.length > before + 30, PATIENT);
      for (const end of ends) end.resetAndDestroy();
      await until(() => missed.length === round + 1, PATIENT);
    }
    endLoad();
    await until(() => ids.at(-1) === id, PATIENT);
    expect(ids).toEqual(upTo(ids[0] ?? 0, id));
    expect([states.includes('gap'), missed]).toEqual([false, [false, false, false, false]]);
    await client.stop();
    balancer.close();
  });
});
