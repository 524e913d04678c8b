import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { spot } from '#libs/binance';
import { RedisBus } from '#libs/bus';
import type { Cancel } from '#libs/core';
import { systemClock } from '#libs/runtime';
import { HandUpstream } from '../../../test/support/hand-upstream.js';
import { type TestEdge, startEdge } from '../../../test/support/start-edge.js';
import { type TestRedis, startRedis } from '../../../test/support/start-redis.js';
import { until } from '../../../test/support/until.js';
import { topOfBook, wholeTrade } from '../../../test/support/whole-events.js';
import { WsClient } from '../../../test/support/ws-client.js';

const TRADE = 'btcusdt@trade';
const TOP = 'btcusdt@bookTicker';

const trade = (id: number) => ({ type: 'trade', symbol: 'BTCUSDT', id }) as const;
describe('an edge over Redis', () => {
  let redis: TestRedis;
  let edge: TestEdge;
  let far: RedisBus;
  let upstream: HandUpstream;
  let native: WsClient;
  let binance: WsClient;

  beforeEach(async () => {
    redis = await startRedis();
    edge = await startEdge({}, { redisUrl: redis.url });
    far = new RedisBus({ redisUrl: redis.url, queueBytes: 1_000_000 });
    await far.start();
    await until(() => far.messages.state === 'up' && edge.bus.messages.state === 'up');
    upstream = new HandUpstream(far).start();
    native = await WsClient.open(`${edge.wsUrl}/v1`);
    await native.ask({ event: 'subscribe', data: { streams: [TRADE, TOP] } });
    await native.take(2);
    binance = await WsClient.open(`${edge.wsUrl}/ws/${TOP}`);
  });
  afterEach(async () => {
    await native.close();
    await binance.close();
    upstream.stop();
    await edge.stop();
    await far.stop();
    await redis.stop();
  });

  it('keeps every client, tells what it does not hear and what was lost, and goes on, each time Redis dies under load', async () => {
    let id = 0;
    let endLoad: Cancel = () => undefined;
    const load = (): void => {
      id += 1;
      upstream.publish(TRADE, trade(id));
      upstream.publish(TOP, topOfBook(id));
      endLoad = systemClock.after(2, load);
    };
    load();
    try {
      for (let round = 1; round <= 3; round += 1) {
        const before = native.texts.length;
        await until(() => native.texts.length > before + 100);
        await redis.kill();
        await until(() => feedsOf(TRADE).at(-1)?.['state'] === 'stale');
        await redis.restart();
        await until(() => feedsOf(TRADE).at(-1)?.['state'] === 'live', { deadlineMs: 15_000 });
      }
    } finally {
      endLoad();
    }
    await until(() => native.messages.some((message) => message['id'] === id));
    await until(() => binance.messages.at(-1)?.['u'] === id);
    expect(native.closed ?? binance.closed).toBeUndefined();
    expect(unannounced(TRADE)).toEqual([]);
    expect(unannounced(TOP)).toEqual([]);
    const updateIds = binance.messages.map(({ u }) => Number(u));
    expect(updateIds.toSorted((a, b) => a - b)).toEqual(updateIds);
    expect(new Set(updateIds).size).toBe(updateIds.length);
  });

  it('serves one stream at the same places from every edge', async () => {
    const other = await startEdge({}, { redisUrl: redis.url });
    await until(() => other.bus.messages.state === 'up');
    upstream.publish(TOP, topOfBook(1));
    const client = await WsClient.open(`${other.wsUrl}/v1`);
    await client.ask({ event: 'subscribe', data: { streams: [TOP] } });
    expect(await client.take(2)).toMatchObject([
      { type: 'feed', seq: 1 },
      { updateId: 1, seq: 1 },
    ]);
    upstream.publish(TOP, topOfBook(2));
    await until(() => client.texts.length === 1 && native.texts.length === 2);
    expect(client.texts[0]).toBe(native.texts[1]);
    await client.close();
    await other.stop();
  });

  it('gets from another edge what it missed of a term that is over, for clients of both wires, and nobody sees a hole', async () => {
    const deaf = await startEdge({}, { redisUrl: redis.url });
    const { messages } = deaf.bus;
    const subscribe = messages.subscribe.bind(messages);
    let isDeaf = false;
    const unheard: string[] = [];
    const ofTrades = spot.channels.stream(TRADE);
    messages.subscribe = (topic, deliver) =>
      subscribe(topic, (text) => void (isDeaf && topic === ofTrades ? unheard.push(text) : deliver(text)));
    await until(() => messages.state === 'up');
    const onOne = await WsClient.open(`${deaf.wsUrl}/v1`);
    await onOne.ask({ event: 'subscribe', data: { streams: [TRADE] } });
    await onOne.take(1);
    const onWire = await WsClient.open(`${deaf.wsUrl}/ws/${TRADE}`);
    upstream.publish(TRADE, wholeTrade(1));
    await until(() => onOne.texts.length === 1 && native.texts.length === 1 && onWire.texts.length === 1);
    isDeaf = true;
    for (const id of [2, 3, 4]) upstream.publish(TRADE, wholeTrade(id));
    await until(() => native.texts.length === 4 && unheard.length === 3);
    upstream.stop();
    isDeaf = false;
    upstream = new HandUpstream(far, { epoch: 8 });
    upstream.feed(TRADE, 'live', 'resumed', { epoch: 7, seq: 4 });
    upstream.publish(TRADE, wholeTrade(5));
    upstream.start();
    const told = (client: WsClient): string[] => client.texts.filter((text) => text.includes(TRADE));
    await until(() => [onOne, native].every((client) => told(client).some((text) => text.includes('"id":5'))));
    expect(told(onOne)).toEqual(told(native));
    expect(onOne.messages.map(({ id, state }) => id ?? state)).toEqual([1, 2, 3, 4, 'live', 5]);
    await until(() => onWire.messages.at(-1)?.['t'] === 5);
    expect(onWire.messages.map(({ t }) => t)).toEqual([1, 2, 3, 4, 5]);
    await onOne.close();
    await onWire.close();
    await deaf.stop();
  });

  it('tells a client that the last message of a stream was lost, though no other comes after it', async () => {
    upstream.publish(TRADE, trade(1));
    await until(() => native.texts.length === 1);
    const lost = upstream.lose(TRADE, trade(2));
    await until(() => native.texts.length === 3);
    expect(native.messages).toMatchObject([
      { id: 1, seq: 1 },
      {
        state: 'gap',
        cause: 'bus-lost',
        by: 'edge',
        seq: 1,
        message: '1 message lost between the upstream and this edge',
      },
      { state: 'live', by: 'edge', seq: 2 },
    ]);
    // What comes after all has been told to be lost; it is not told twice in another way.
    upstream.deliverLate(TRADE, lost);
    upstream.publish(TRADE, trade(3));
    await until(() => native.texts.length === 4);
    expect(native.messages[3]).toMatchObject({ id: 3, seq: 3 });
  });

  it('gives its clients all that was published while Redis was busy, and announces nothing', async () => {
    const operator = new Redis(redis.url);
    await operator.config('SET', 'busy-reply-threshold', '100');
    const script = operator.duplicate();
    upstream.publish(TRADE, trade(1));
    const isBusy = script.eval('while true do end', 0).catch(() => 'killed');
    await until(() => {
      far.messages.publish('other', '');
      return far.counts.publishedAgain > 0;
    });
    upstream.publish(TRADE, trade(2));
    upstream.publish(TRADE, trade(3));
    await operator.script('KILL');
    await isBusy;
    await until(() => native.texts.length >= 3);
    expect(native.messages).toMatchObject([{ id: 1 }, { id: 2 }, { id: 3 }]);
    operator.disconnect();
    script.disconnect();
  });

  it('raises no alarm about messages that only come later than a heartbeat which names them', async () => {
    const beats: string[] = [];
    await far.messages.subscribe(spot.channels.heartbeat, (text) => beats.push(text)).ready;
    const beat = async (): Promise<void> => {
      const { length } = beats;
      await until(() => beats.length > length);
    };
    for (let id = 1; id <= 3; id += 1) {
      const late = upstream.lose(TRADE, trade(id));
      await beat();
      upstream.deliverLate(TRADE, late);
      await until(() => native.texts.length === id);
    }
    upstream.questions.length = 0;
    await beat();
    await beat();
    await beat();
    expect(native.messages.map(({ type, seq }) => [type, seq])).toEqual([
      ['trade', 1],
      ['trade', 2],
      ['trade', 3],
    ]);
    expect(upstream.questions).toEqual([]);
  });

  it('hears a successor that started while the bus was down', async () => {
    await redis.kill();
    await until(() => feedsOf(TRADE).at(-1)?.['state'] === 'stale');
    upstream.stop();
    upstream = new HandUpstream(far, { epoch: 8 }).start();
    await redis.restart();
    await until(() => feedsOf(TRADE).at(-1)?.['state'] === 'live', { deadlineMs: 15_000 });
    upstream.publish(TRADE, trade(1));
    await until(() => native.messages.some((message) => message['type'] === 'trade'));
    expect(native.messages.at(-1)).toMatchObject({ type: 'trade', epoch: 8, seq: 1 });
  });

  it('says stale when Redis holds its connections open and answers nothing', { timeout: 40_000 }, async () => {
    redis.freeze();
    await until(() => feedsOf(TRADE).at(-1)?.['state'] === 'stale', { deadlineMs: 10_000 });
    redis.thaw();
    await until(() => feedsOf(TRADE).at(-1)?.['state'] === 'live', { deadlineMs: 20_000 });
    expect(native.closed).toBeUndefined();
  });

  const feedsOf = (stream: string): Record<string, unknown>[] =>
    native.messages.filter((message) => message['type'] === 'feed' && message['stream'] === stream);

  /** Places at which the native client missed, repeated or reordered something without having been told. */
  function unannounced(stream: string): string[] {
    const faults: string[] = [];
    let last = 0;
    let isTold = false;
    for (const { stream: of, type, state, seq } of native.messages) {
      if (of !== stream || typeof seq !== 'number') continue;
      if (state === 'gap') isTold = true;
      else if (seq > last + 1 && !isTold) faults.push(`${last} to ${seq} untold`);
      else if (seq <= last && type === 'trade') faults.push(`${seq} after ${last}`);
      if (seq > last) isTold = false;
      last = Math.max(last, seq);
    }
    return faults;
  }
});
