import { afterEach, beforeEach, describe, expect, expectTypeOf, it } from 'vitest';
import type { FeedEvent } from '#libs/core';
import { FakeGateway } from '../../../test/support/fake-gateway.js';
import { until } from '../../../test/support/until.js';
import { type ConnectionChange, type EventOf, HoldfastClient, type StreamStart } from './index.js';

describe('the client', () => {
  let gateway: FakeGateway;
  let client: HoldfastClient;
  let changes: ConnectionChange[];

  const connect = (more: { url?: string; silenceMs?: number } = {}): void => {
    client = new HoldfastClient({
      url: more.url ?? gateway.url,
      random: () => 0,
      connection: (change) => changes.push(change),
      ...(more.silenceMs !== undefined && { silenceMs: more.silenceMs }),
    });
    client.start();
  };

  beforeEach(async () => {
    gateway = new FakeGateway();
    await gateway.listening();
    changes = [];
  });

  afterEach(async () => {
    await client.stop();
    await gateway.close();
  });

  it('subscribes again after a reconnect from where it was, and hands out nothing twice', async () => {
    connect();
    const ids: number[] = [];
    const starts: StreamStart[] = [];
    client.subscribe('btcusdt@trade', {
      event: (event) => ids.push(event.id),
      started: (start) => starts.push(start),
    });
    await until(() => starts.length === 1);
    gateway.trade(8);
    gateway.trade(9);
    await until(() => ids.length === 2);
    gateway.socket.terminate();
    await until(() => starts.length === 2);
    gateway.trade(9);
    gateway.trade(12);
    await until(() => ids.length === 3);
    expect(ids).toEqual([8, 9, 12]);
    expect(gateway.commands[1]?.data?.since).toEqual({ 'btcusdt@trade': { epoch: 1, seq: 9 } });
    expect(starts.map(({ hasMissed }) => hasMissed)).toEqual([false, true]);
    expect(changes.map(({ state }) => state)).toEqual(['connecting', 'open', 'lost', 'connecting', 'open']);
  });

  it.each([true, false])(
    'believes the gateway whether something was missed, also over a new term: %s',
    async (resumed) => {
      gateway.resumed = { 'btcusdt@trade': resumed };
      connect();
      const starts: StreamStart[] = [];
      client.subscribe('btcusdt@trade', { started: (start) => starts.push(start) });
      await until(() => starts.length === 1);
      // The last place on this connection is of another term than the one that the gateway names afterwards.
      gateway.say({ type: 'trade', stream: 'btcusdt@trade', epoch: 0, seq: 3, symbol: 'BTCUSDT', id: 9 });
      gateway.socket.close();
      await until(() => starts.length === 2);
      expect(starts).toEqual([
        { place: { epoch: 1, seq: 7 }, hasMissed: false },
        { place: { epoch: 1, seq: 7 }, hasMissed: !resumed },
      ]);
    },
  );

  it('hands out all that the gateway gives after a reconnect, in order and once, and tells no gap', async () => {
    gateway.resumed = { 'btcusdt@trade': true };
    connect();
    const told: unknown[] = [];
    client.subscribe('btcusdt@trade', { event: ({ id }) => told.push(id), feed: ({ state }) => told.push(state) });
    await until(() => gateway.commands.length === 1);
    for (const seq of [8, 9]) gateway.trade(seq);
    await until(() => told.length === 2);
    for (let round = 0; round < 2; round += 1) {
      gateway.socket.terminate();
      await until(() => gateway.commands.length === 2 + round);
      for (const more of [1, 2, 3]) gateway.trade(9 + 3 * round + more);
      await until(() => told.length === 5 + 3 * round);
    }
    expect(told).toEqual([8, 9, 10, 11, 12, 13, 14, 15]);
    expect(gateway.commands[2]?.data?.since).toEqual({ 'btcusdt@trade': { epoch: 1, seq: 12 } });
  });

  it('gives who has missed diffs the book that is told anew, though it stands where the last one did', async () => {
    gateway.resumed = { 'btcusdt@depth': false };
    connect();
    const told: string[] = [];
    client.subscribe('btcusdt@depth', {
      started: ({ hasMissed }) => told.push(`started ${hasMissed}`),
      feed: ({ state }) => told.push(state),
      book: ({ lastUpdateId }) => told.push(`book ${lastUpdateId}`),
    });
    const head = { stream: 'btcusdt@depth', epoch: 1, seq: 7, symbol: 'BTCUSDT', receivedAt: 1 };
    const sayBook = (): void => gateway.say({ type: 'book', ...head, lastUpdateId: 5, bids: [], asks: [] });
    await until(() => told.length === 1);
    sayBook();
    await until(() => told.length === 2);
    gateway.socket.terminate();
    await until(() => told.length === 4);
    sayBook();
    sayBook();
    gateway.say({ type: 'book', ...head, seq: 8, lastUpdateId: 6, bids: [], asks: [] });
    await until(() => told.includes('book 6'));
    expect(told).toEqual(['started false', 'book 5', 'started true', 'gap', 'book 5', 'book 6']);
  });

  it('tells a gap to those who were there where the gateway cannot give what was missed, and says why', async () => {
    gateway.resumed = { 'btcusdt@trade': false };
    gateway.reasons = { 'btcusdt@trade': 'out-of-history' };
    connect();
    const gaps: FeedEvent[] = [];
    const late: FeedEvent[] = [];
    client.subscribe('btcusdt@trade', { feed: (feed) => gaps.push(feed) });
    await until(() => gateway.commands.length === 1);
    gateway.trade(9);
    gateway.trade(10);
    await until(() => changes.length === 2);
    client.subscribe('ethusdt@trade', {});
    await until(() => gateway.commands.length === 2);
    gateway.socket.terminate();
    await until(() => gateway.sockets.length === 2);
    client.subscribe('btcusdt@trade', { feed: (feed) => late.push(feed) });
    await until(() => gaps.length === 1);
    const message = expect.stringContaining('out-of-history') as string;
    expect(gaps).toMatchObject([{ state: 'gap', by: 'edge', epoch: 1, seq: 10, message }]);
    expect(late).toEqual([]);
  });

  it('names the last place of every stream, in as many commands as that takes', async () => {
    gateway.limits = { ...gateway.limits, messageBytes: 400 };
    connect();
    const streams = Array.from({ length: 20 }, (_, at) => `s${at}usdt@trade`);
    let [started, heard] = [0, 0];
    for (const stream of streams)
      client.subscribe(stream, { started: () => (started += 1), event: () => (heard += 1) });
    await until(() => started === 20);
    for (const stream of streams) gateway.say({ type: 'trade', stream, epoch: 1, seq: 9, symbol: 'X', id: 9 });
    const before = gateway.commands.length;
    await until(() => heard === 20);
    gateway.socket.close();
    await until(() => started === 40);
    const again = gateway.commands.slice(before).flatMap(({ data }) => Object.keys(data?.since ?? {}));
    expect(again.toSorted()).toEqual(streams.toSorted());
  });

  it('asks for the last events again after a reconnect, as many as the gateway allows, and hands out those it lacks', async () => {
    connect();
    gateway.limits = { ...gateway.limits, lastEvents: 20 };
    const ids: number[] = [];
    const starts: StreamStart[] = [];
    const listener = {
      event: ({ id }: { id: number }) => ids.push(id),
      started: (start: StreamStart) => starts.push(start),
    };
    client.subscribe('btcusdt@trade', listener, { last: 50 });
    client.subscribe('ethusdt@trade', {});
    await until(() => starts.length === 1);
    gateway.trade(6);
    gateway.trade(7);
    gateway.trade(8);
    await until(() => ids.length === 3);
    gateway.socket.terminate();
    await until(() => starts.length === 2);
    gateway.say({ type: 'trade', stream: 'btcusdt@trade', epoch: 0, seq: 99, symbol: 'BTCUSDT', id: 5 });
    for (const seq of [6, 7, 8, 9]) gateway.trade(seq);
    await until(() => ids.length === 4);
    expect(ids).toEqual([6, 7, 8, 9]);
    // The other stream wants another number of them, so it is asked for in a command of its own, a while behind.
    await until(() => gateway.commands.length === 4);
    const asked = gateway.commands.map(({ data }) => [data?.streams, data?.last]);
    const once = [
      [['btcusdt@trade'], 20],
      [['ethusdt@trade'], undefined],
    ];
    expect(asked).toEqual([...once, ...once]);
  });

  it('tells a later listener how a stream stands, without what an earlier message of it followed', async () => {
    connect();
    const early: FeedEvent[] = [];
    const late: FeedEvent[] = [];
    client.subscribe('btcusdt@trade', { feed: (feed) => early.push(feed) });
    await until(() => gateway.commands.length === 1);
    const follows = { epoch: 0, seq: 9 };
    const feed = { type: 'feed', stream: 'btcusdt@trade', state: 'live', since: 1, cause: 'resumed', by: 'upstream' };
    gateway.say({ ...feed, epoch: 1, seq: 8, follows });
    gateway.trade(9);
    await until(() => early.length === 1);
    client.subscribe('btcusdt@trade', { feed: (feed) => late.push(feed) });
    await until(() => late.length === 1);
    expect(early[0]).toMatchObject({ seq: 8, follows });
    expect(late[0]).not.toHaveProperty('follows');
  });

  it('asks for streams wanted in one go with one command, and loses only the bad one of them', async () => {
    connect();
    const started: string[] = [];
    const refused: string[] = [];
    for (const stream of ['btcusdt@trade', 'nonsense', 'ethusdt@trade', 'bnbusdt@trade']) {
      client.subscribe(stream, {
        started: () => started.push(stream),
        refused: ({ code, message }) => refused.push(`${code}: ${message}`),
      });
    }
    await until(() => started.length === 3 && refused.length === 1);
    expect(gateway.paths).toEqual(['/v1']);
    expect(gateway.commands[0]?.data?.streams).toHaveLength(4);
    expect(refused).toEqual(['bad-stream: nonsense is not a stream']);
    expect(started.toSorted()).toEqual(['bnbusdt@trade', 'btcusdt@trade', 'ethusdt@trade']);
  });

  it('goes on trying where nobody listens yet', async () => {
    const { url } = gateway;
    await gateway.close();
    connect({ url });
    await until(() => changes.filter(({ state }) => state === 'connecting').length >= 3);
    expect(changes[1]).toMatchObject({ state: 'lost', ending: { closedBy: 'transport', cause: 'handshake' } });
    gateway = new FakeGateway();
    await gateway.listening();
  });

  it('does not come back after a code that says not to', async () => {
    connect();
    await until(() => gateway.sockets.length === 1);
    gateway.socket.close(4501, 'too many errors');
    const closed = await until(() => changes.find((change) => change.state === 'closed'));
    expect(closed).toMatchObject({ ending: { code: 4501, reason: 'too many errors', closedBy: 'peer' } });
    expect(gateway.sockets).toHaveLength(1);
  });

  it('dials anew when the gateway does not answer its ping', async () => {
    gateway.answersPings = false;
    connect({ silenceMs: 40 });
    await until(() => gateway.sockets.length === 2);
    expect(gateway.commands.some(({ event }) => event === 'ping')).toBe(true);
    expect(changes.find((change) => change.state === 'lost')).toMatchObject({
      ending: { closedBy: 'us', cause: 'silence' },
    });
  });

  it('tells the gateway when the last listener of a stream leaves', async () => {
    connect();
    const leave = [1, 2].map(() => client.subscribe('btcusdt@trade', {}));
    await until(() => gateway.commands.length === 1);
    leave[0]?.();
    leave[1]?.();
    await until(() => gateway.commands.length === 2);
    expect(gateway.commands[1]).toMatchObject({ event: 'unsubscribe', data: { streams: ['btcusdt@trade'] } });
  });

  it('knows the type of an event by the name of its stream', () => {
    expectTypeOf<EventOf<'btcusdt@trade'>['type']>().toEqualTypeOf<'trade'>();
    expectTypeOf<EventOf<'btcusdt@depth@100ms'>['type']>().toEqualTypeOf<'depth'>();
    expectTypeOf<EventOf<'btcusdt@depth20@100ms'>['type']>().toEqualTypeOf<'partialDepth'>();
    expectTypeOf<EventOf<'btcusdt@kline_1m@+08:00'>['type']>().toEqualTypeOf<'kline'>();
    expectTypeOf<EventOf<'!ticker_1h@arr'>['type']>().toEqualTypeOf<'rollingTicker'>();
    connect();
  });
});
