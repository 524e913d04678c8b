import { afterEach, describe, expect, it } from 'vitest';
import type { Place } from '#libs/core';
import type { EdgeSettings } from '#libs/runtime';
import { HandUpstream } from '../../../test/support/hand-upstream.js';
import { metricValue } from '../../../test/support/metric-value.js';
import { NativeClients } from '../../../test/support/native-clients.js';
import { type TestEdge, startEdge } from '../../../test/support/start-edge.js';
import { until } from '../../../test/support/until.js';
import type { WsClient } from '../../../test/support/ws-client.js';

const TRADE = 'btcusdt@trade';
const TOP = 'btcusdt@bookTicker';
const PATIENT = { deadlineMs: 20_000 };

const trade = (id: number, price = '1.00') => ({ type: 'trade', symbol: 'BTCUSDT', id, price }) as const;
const top = (updateId: number) => ({ type: 'bookTicker', symbol: 'BTCUSDT', updateId }) as const;

const upTo = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, index) => from + index);
const idsOf = (client: WsClient): unknown[] =>
  client.messages.flatMap(({ id, type }) => (type === 'trade' ? [id] : []));

describe('a native client that comes back', () => {
  let edge: TestEdge;
  let upstream: HandUpstream;
  const clients = new NativeClients(() => edge.wsUrl);
  const connect = (): Promise<WsClient> => clients.connect();
  const keep = (...streams: string[]): Promise<WsClient> => clients.keep(...streams);
  const begin = async (settings: Partial<EdgeSettings> = {}, keeps = false): Promise<void> => {
    edge = await startEdge(settings);
    upstream = new HandUpstream(edge.bus, { keeps }).start();
  };
  afterEach(async () => {
    clients.end();
    upstream.stop();
    await edge.stop();
  });
  const publish = (from: number, to: number): void => {
    for (const id of upTo(from, to)) upstream.publish(TRADE, trade(id));
  };
  const subscribe = (client: WsClient, since: Record<string, Place>, more: object = {}): void =>
    client.send({ event: 'subscribe', id: 1, data: { streams: Object.keys(since), since, ...more } });
  const at = (seq: number, epoch = 7): Place => ({ epoch, seq });
  const metric = (line: string): Promise<number> => metricValue(edge.opsUrl, line);

  it('gets what it has missed in its order, then the state, then what is live, with nothing missing or twice, however busy the stream is', async () => {
    await begin();
    await keep(TRADE);
    publish(1, 10);
    let id = 10;
    const others: [WsClient, number][] = [];
    for (let round = 0; round < 20; round += 1) {
      const other = await connect();
      others.push([other, Math.max(1, id - 7 * round)]);
      subscribe(other, { [TRADE]: at(Math.max(1, id - 7 * round)) });
      for (let burst = 0; burst < 30; burst += 1) {
        publish((id += 1), id);
        if (burst % 3 === 0) await new Promise(setImmediate);
      }
    }
    for (const [other, since] of others) {
      await until(() => other.messages.some((message) => message['id'] === id));
      const [reply, ...rest] = other.messages;
      const { streams, resumed } = (reply as { data: { streams: Record<string, Place>; resumed: unknown } }).data;
      expect(resumed).toEqual({ [TRADE]: true });
      expect(idsOf(other)).toEqual(upTo(since + 1, id));
      const state = rest.findIndex(({ type }) => type === 'feed');
      expect([rest[state]?.['state'], rest[state]?.['seq'], state]).toEqual([
        'live',
        streams[TRADE]?.seq,
        (streams[TRADE]?.seq ?? 0) - since,
      ]);
    }
  });

  it('gets what it has missed of a stream whose newest event says all, too, and not the newest one again', async () => {
    await begin();
    await keep(TOP);
    for (const id of upTo(1, 5)) upstream.publish(TOP, top(id));
    const back = await connect();
    subscribe(back, { [TOP]: at(3) });
    expect((await back.take(4)).map(({ event, state, seq }) => event ?? [state, seq])).toEqual([
      'subscribed',
      [undefined, 4],
      [undefined, 5],
      ['live', 5],
    ]);
    const there = await connect();
    subscribe(there, { [TOP]: at(5) });
    expect((await there.take(2)).map(({ event, state, seq }) => event ?? [state, seq])).toEqual([
      'subscribed',
      ['live', 5],
    ]);
    upstream.publish(TOP, top(6));
    expect(await there.take(1)).toMatchObject([{ updateId: 6, seq: 6 }]);
  });

  it('gets it of a stream that nobody here has, from the upstream, in as many questions as it takes, and none live before it', async () => {
    await begin({}, true);
    publish(1, 2_500);
    const back = await connect();
    subscribe(back, { [TRADE]: at(40) });
    await until(() => upstream.demands.some(({ streams }) => streams.includes(TRADE)));
    publish(2_501, 2_600);
    await until(() => idsOf(back).at(-1) === 2_600);
    publish(2_601, 2_700);
    await until(() => idsOf(back).at(-1) === 2_700);
    expect(back.messages[0]).toMatchObject({ event: 'subscribed', data: { resumed: { [TRADE]: true } } });
    expect(idsOf(back)).toEqual(upTo(41, 2_700));
    const next = await connect();
    subscribe(next, { [TRADE]: at(60) });
    await until(() => idsOf(next).at(-1) === 2_700);
    expect(idsOf(next)).toEqual(upTo(61, 2_700));
  });

  it('gets it over a change of term that says what it follows, however it was told, and not over one that does not', async () => {
    await begin();
    await keep(TRADE);
    publish(1, 3);
    upstream.stop();
    upstream = new HandUpstream(edge.bus, { epoch: 8 }).start();
    upstream.feed(TRADE, 'live', 'resumed', at(3));
    publish(4, 5);
    const back = await connect();
    subscribe(back, { [TRADE]: at(2) });
    expect((await back.take(6)).map(({ event, id, state, seq }) => event ?? [id ?? state, seq])).toEqual([
      'subscribed',
      [3, 3],
      ['live', 1],
      [4, 2],
      [5, 3],
      ['live', 3],
    ]);
    upstream.stop();
    upstream = new HandUpstream(edge.bus, { epoch: 9 }).start();
    upstream.feed(TRADE, 'live', 'resumed');
    publish(6, 6);
    const other = await connect();
    subscribe(other, { [TRADE]: at(3, 8) });
    expect(await other.take(1)).toMatchObject([
      { data: { resumed: { [TRADE]: false }, reasons: { [TRADE]: 'new-term' } } },
    ]);
  });

  describe('is told why it is not given that, and begins afresh', () => {
    const refused = async (since: Place, client?: WsClient): Promise<unknown> => {
      const back = client ?? (await connect());
      subscribe(back, { [TRADE]: since }, { last: 2 });
      await until(() => back.messages.some(({ event }) => event === 'subscribed'), PATIENT);
      const at = back.messages.findIndex(({ event }) => event === 'subscribed');
      const { resumed, reasons } = (back.messages[at] as { data: Record<string, Record<string, unknown>> }).data;
      expect(resumed).toEqual({ [TRADE]: false });
      return reasons?.[TRADE];
    };

    it('where its place is none of the stream’s, or nobody has all behind it', async () => {
      await begin({ historyStreamBytes: 1_000 });
      await keep(TRADE);
      publish(1, 100);
      expect(await refused(at(101))).toBe('unknown-place');
      expect(await refused(at(1, 9))).toBe('unknown-place');
      expect(await refused(at(1))).toBe('out-of-history');
      const back = await connect();
      expect(await refused(at(5), back)).toBe('out-of-history');
      await until(() => back.messages.length === 4);
      publish(101, 101);
      await until(() => back.messages.length === 5);
      expect(back.messages.slice(1).map(({ type, id }) => id ?? type)).toEqual(['feed', 99, 100, 101]);
    });

    it('where it is more than is kept here, or nothing is', async () => {
      await begin({ historyStreamBytes: 2_000 }, true);
      await keep(TRADE);
      publish(1, 100);
      expect(await refused(at(1))).toBe('too-much');
      await edge.stop();
      await begin({ historyStreamBytes: 0 }, true);
      await keep(TRADE);
      publish(1, 5);
      expect(await refused(at(4))).toBe('out-of-history');
    });

    it('where the stream was begun anew meanwhile, or in a term that follows nothing', async () => {
      await begin();
      await keep(TRADE);
      publish(1, 3);
      expect(await refused(at(9, 6))).toBe('new-term');
      upstream.feed(TRADE, 'recovering', 'subscribing');
      publish(4, 4);
      expect(await refused(at(3))).toBe('new-run');
    });

    it('where it has the stream, or nobody has said how that stands', async () => {
      await begin();
      const kept = await keep(TRADE);
      publish(1, 3);
      await until(() => kept.texts.length === 3);
      expect(await refused(at(2), kept)).toBe('served-already');
      upstream.stop();
      const back = await connect();
      subscribe(back, { 'ethusdt@trade': at(2) });
      expect((await back.take(1))[0]).toMatchObject({
        data: { streams: { 'ethusdt@trade': null }, reasons: { 'ethusdt@trade': 'not-heard' } },
      });
    });
  });

  it('gets much more than may wait for it, as fast as it reads, and is not closed', async () => {
    await begin({ maxClientBacklogBytes: 65_536, historyStreamBytes: 20_000_000 });
    await keep(TRADE);
    for (const id of upTo(1, 5_000)) {
      upstream.publish(TRADE, trade(id, '1'.repeat(1_000)));
      if (id % 20 === 0) await new Promise(setImmediate);
    }
    const back = await connect();
    back.socket.pause();
    subscribe(back, { [TRADE]: at(1) });
    await new Promise(setImmediate);
    publish(5_001, 5_010);
    back.socket.resume();
    await until(() => idsOf(back).at(-1) === 5_010, PATIENT);
    expect([idsOf(back), back.closed]).toEqual([upTo(2, 5_010), undefined]);
  });

  describe('or reads too slowly', () => {
    let sent: number;
    const flood = async (isOver: () => Promise<boolean>): Promise<void> => {
      await until(async () => {
        for (let burst = 0; burst < 10; burst += 1) upstream.publish(TRADE, trade((sent += 1), '1'.repeat(2_000)));
        return isOver();
      }, PATIENT);
    };
    const slowClient = async (settings: Partial<EdgeSettings>): Promise<WsClient> => {
      sent = 0;
      await begin({ maxClientBacklogBytes: 65_536, ...settings });
      const slow = await keep(TRADE);
      slow.socket.pause();
      await flood(async () => (await metric('holdfast_edge_fell_behind_total')) === 1);
      return slow;
    };

    it('hears nothing live until it has been given all that it lacks, and loses nothing', async () => {
      const slow = await slowClient({ historyStreamBytes: 100_000_000 });
      const until100More = sent + 100;
      await flood(() => Promise.resolve(sent >= until100More));
      slow.socket.resume();
      await until(() => idsOf(slow).at(-1) === sent, PATIENT);
      publish((sent += 1), sent);
      await until(() => idsOf(slow).at(-1) === sent);
      expect([idsOf(slow), slow.closed]).toEqual([upTo(1, sent), undefined]);
      expect(await metric('holdfast_edge_slow_clients_closed_total{how="told"}')).toBe(0);
    });

    it('is closed with a code that lets it come back where what it lacks is gone', async () => {
      const slow = await slowClient({ historyStreamBytes: 50_000 });
      await flood(async () => (await metric('holdfast_edge_slow_clients_closed_total{how="fell-behind"}')) === 1);
      slow.socket.resume();
      await until(() => slow.closed, PATIENT);
      expect(slow.closed?.code).toBe(4004);
      const ids = idsOf(slow);
      expect(ids).toEqual(upTo(1, ids.length));
      expect(ids.length).toBeLessThan(sent);
    });
  });
});
