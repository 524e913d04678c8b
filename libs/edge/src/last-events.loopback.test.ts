import { afterEach, describe, expect, it } from 'vitest';
import { HoldfastClient } from '#libs/client';
import type { EdgeSettings } from '#libs/runtime';
import { HandUpstream } from '../../../test/support/hand-upstream.js';
import { NativeClients } from '../../../test/support/native-clients.js';
import { type TestEdge, startEdge } from '../../../test/support/start-edge.js';
import { until } from '../../../test/support/until.js';
import type { WsClient } from '../../../test/support/ws-client.js';

const TRADE = 'btcusdt@trade';
const TOP = 'btcusdt@bookTicker';

const trade = (id: number) => ({ type: 'trade', symbol: 'BTCUSDT', id, price: '1.00' }) as const;

const seqs = (messages: readonly Record<string, unknown>[]): unknown[] => messages.map(({ seq }) => seq);
const upTo = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, index) => from + index);

describe('a newcomer that asks for the last events', () => {
  let edge: TestEdge;
  let upstream: HandUpstream;
  const clients = new NativeClients(() => edge.wsUrl);
  const connect = (): Promise<WsClient> => clients.connect();
  const keep = (...streams: string[]): Promise<WsClient> => clients.keep(...streams);
  const begin = async (settings: Partial<EdgeSettings> = {}): Promise<void> => {
    edge = await startEdge(settings);
    upstream = new HandUpstream(edge.bus).start();
  };
  afterEach(async () => {
    clients.end();
    upstream.stop();
    await edge.stop();
  });

  it('gets the state, the last ones, and then what is live, with nothing missing or twice, however busy the stream is', async () => {
    await begin();
    await keep(TRADE);
    let id = 0;
    const others: WsClient[] = [];
    for (let round = 0; round < 20; round += 1) {
      const other = await connect();
      others.push(other);
      other.send({ event: 'subscribe', data: { streams: [TRADE], last: 50 } });
      for (let burst = 0; burst < 30; burst += 1) {
        upstream.publish(TRADE, trade((id += 1)));
        if (burst % 3 === 0) await new Promise(setImmediate);
      }
    }
    for (const other of others) {
      await until(() => other.messages.some((message) => message['id'] === id));
      const [reply, feed, ...events] = other.messages;
      const { seq } = (reply as { data: { streams: Record<string, { seq: number }> } }).data.streams[TRADE] ?? {
        seq: 0,
      };
      expect([feed?.['type'], feed?.['seq']]).toEqual(['feed', seq]);
      expect(seqs(events)).toEqual(upTo(Math.max(1, seq - 49), id));
    }
  });

  it('gets as many as there are, and those of streams of events only, and none of a stream that it has', async () => {
    await begin({ lastEvents: 3 });
    await keep(TRADE, TOP);
    for (let id = 1; id <= 5; id += 1) upstream.publish(TRADE, trade(id));
    upstream.publish(TOP, { type: 'bookTicker', symbol: 'BTCUSDT', updateId: 1 });
    const client = await connect();
    expect(JSON.parse(client.limits ?? '')).toMatchObject({ data: { lastEvents: 3 } });
    client.send({ event: 'subscribe', data: { streams: [TRADE, TOP], last: 3 } });
    const told = (await client.take(7)).map(({ event, type, seq }) => [event ?? type, seq]);
    expect(told).toEqual([
      ['subscribed', undefined],
      ['feed', 5],
      ['trade', 3],
      ['trade', 4],
      ['trade', 5],
      ['feed', 1],
      ['bookTicker', 1],
    ]);
    client.send({ event: 'subscribe', data: { streams: [TRADE], last: 3 } });
    expect(seqs(await client.take(2))).toEqual([undefined, 5]);
    upstream.publish(TRADE, trade(6));
    expect(seqs(await client.take(1))).toEqual([6]);
  });

  it.each([
    ['51', /at most 50/],
    ['-1', /whole number/],
    ['1.5', /whole number/],
    ['"3"', /whole number/],
  ])('is refused %s where 50 are kept, and has then subscribed to nothing', async (last, sentence) => {
    await begin({ lastEvents: 50 });
    const client = await connect();
    const reply = await client.ask(`{"event":"subscribe","data":{"streams":["${TRADE}"],"last":${last}}}`);
    expect(reply).toMatchObject({ data: { code: 'bad-command', message: expect.stringMatching(sentence) as string } });
    expect(await client.ask({ event: 'list' })).toEqual({ event: 'list', data: { streams: [] } });
  });

  it('gets none of a stream that is resumed, for nothing is missing, and those of one that is not', async () => {
    await begin();
    await keep(TRADE);
    for (let id = 1; id <= 4; id += 1) upstream.publish(TRADE, trade(id));
    const back = await connect();
    back.send({ event: 'subscribe', data: { streams: [TRADE], last: 9, since: { [TRADE]: { epoch: 7, seq: 4 } } } });
    const late = await connect();
    late.send({ event: 'subscribe', data: { streams: [TRADE], last: 9, since: { [TRADE]: { epoch: 6, seq: 2 } } } });
    expect(seqs((await late.take(6)).slice(2))).toEqual([1, 2, 3, 4]);
    upstream.publish(TRADE, trade(5));
    const [reply, , ...live] = await back.take(3);
    expect(reply).toMatchObject({ data: { resumed: { [TRADE]: true } } });
    expect(seqs(live)).toEqual([5]);
  });

  it('gets those of many streams at a pace, each before what is live, and is not closed', async () => {
    await begin({ maxClientBacklogBytes: 16_384 });
    const streams = Array.from({ length: 6 }, (_, index) => `s${index}usdt@trade`);
    await keep(...streams);
    const long = { ...trade(1), price: '1'.repeat(200) };
    const publish = (): void => streams.forEach((stream) => void upstream.publish(stream, long));
    for (let count = 0; count < 20; count += 1) publish();
    const client = await connect();
    client.send({ event: 'subscribe', data: { streams, last: 10 } });
    const [reply] = await client.take(1);
    const { streams: places } = (reply as { data: { streams: Record<string, unknown> } }).data;
    expect(Object.values(places).filter((place) => place === null)).toHaveLength(3);
    publish();
    const of = (stream: string): Record<string, unknown>[] =>
      client.messages.filter((message) => message['stream'] === stream);
    await until(() => streams.every((stream) => of(stream).length >= 11), { deadlineMs: 8_000 });
    publish();
    await until(() => streams.every((stream) => of(stream).at(-1)?.['seq'] === 22));
    for (const stream of streams) {
      const [feed, ...events] = of(stream);
      const place = Number(feed?.['seq']);
      expect(seqs(events)).toEqual(upTo(place - 9, 22));
    }
    expect(client.closed).toBeUndefined();
  });

  it('with the client library hears them as events before live ones, as many as the gateway allows', async () => {
    await begin({ lastEvents: 3 });
    await keep(TRADE);
    for (let id = 1; id <= 5; id += 1) upstream.publish(TRADE, trade(id));
    const client = new HoldfastClient({ url: edge.wsUrl, random: () => 0 });
    client.start();
    const ids: number[] = [];
    client.subscribe(TRADE, { event: ({ id }) => ids.push(id) }, { last: 50 });
    await until(() => ids.length === 3);
    upstream.publish(TRADE, trade(6));
    await until(() => ids.length === 4);
    expect(ids).toEqual([3, 4, 5, 6]);
    await client.stop();
  });
});
