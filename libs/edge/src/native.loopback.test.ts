import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HandUpstream } from '../../../test/support/hand-upstream.js';
import { type TestEdge, startEdge } from '../../../test/support/start-edge.js';
import { until } from '../../../test/support/until.js';
import { WsClient } from '../../../test/support/ws-client.js';

const TRADE = 'btcusdt@trade';
const TOP = 'btcusdt@bookTicker';

const trade = (id: number) => ({ type: 'trade', symbol: 'BTCUSDT', id, price: '1.00' }) as const;
const top = (updateId: number) => ({ type: 'bookTicker', symbol: 'BTCUSDT', updateId }) as const;

describe('the native WebSocket', () => {
  let edge: TestEdge;
  let upstream: HandUpstream;
  let client: WsClient;
  beforeEach(async () => {
    edge = await startEdge();
    upstream = new HandUpstream(edge.bus).start();
    client = await WsClient.open(`${edge.wsUrl}/v1`);
  });
  afterEach(async () => {
    await client.close();
    upstream.stop();
    await edge.stop();
  });
  const subscribe = (streams: string[], more: object = {}) =>
    client.ask({ event: 'subscribe', id: 1, data: { streams, ...more } });

  it('replies, then tells the feed state, then sends what comes live', async () => {
    expect(await subscribe([TRADE])).toEqual({ event: 'subscribed', id: 1, data: { streams: { [TRADE]: null } } });
    expect(await client.take(1)).toMatchObject([{ type: 'feed', stream: TRADE, state: 'live', epoch: 7, seq: 0 }]);
    const text = upstream.publish(TRADE, trade(1));
    await until(() => client.texts.length === 1);
    expect(client.texts).toEqual([text]);
  });

  it('tells a newcomer the place, the feed state at that place and the newest event, and goes on from there', async () => {
    await subscribe([TOP]);
    await client.take(1);
    for (let id = 1; id <= 5; id += 1) upstream.publish(TOP, top(id));
    await client.take(5);
    const second = await WsClient.open(`${edge.wsUrl}/v1`);
    second.send({ event: 'subscribe', id: 'x', data: { streams: [TOP] } });
    await until(() => second.texts.length === 3);
    upstream.publish(TOP, top(6));
    expect(await second.take(4)).toMatchObject([
      { event: 'subscribed', id: 'x', data: { streams: { [TOP]: { epoch: 7, seq: 5 } } } },
      { type: 'feed', state: 'live', epoch: 7, seq: 5 },
      { type: 'bookTicker', updateId: 5, seq: 5 },
      { type: 'bookTicker', updateId: 6, seq: 6 },
    ]);
    await second.close();
  });

  it('misses nothing and doubles nothing for newcomers in the middle of a stream', async () => {
    await subscribe([TOP]);
    await client.take(1);
    let id = 0;
    const others: WsClient[] = [];
    for (let round = 0; round < 20; round += 1) {
      const other = await WsClient.open(`${edge.wsUrl}/v1`);
      others.push(other);
      other.send({ event: 'subscribe', data: { streams: [TOP] } });
      for (let burst = 0; burst < 30; burst += 1) {
        upstream.publish(TOP, top((id += 1)));
        if (burst % 3 === 0) await new Promise(setImmediate);
      }
    }
    for (const other of others) {
      await until(() => other.messages.some(({ updateId }) => updateId === id));
      const [reply, feed, newest, ...live] = other.messages;
      const place = placeIn(reply, TOP);
      expect([feed?.['type'], feed?.['seq'], newest?.['seq']]).toEqual(['feed', place?.seq, place?.seq]);
      const expected = Array.from({ length: live.length }, (_, index) => (place?.seq ?? 0) + 1 + index);
      expect(live.map(({ seq }) => seq)).toEqual(expected);
      await other.close();
    }
  });

  it('says whether a client that comes back has missed something', async () => {
    await subscribe([TRADE, TOP]);
    await client.take(2);
    upstream.publish(TRADE, trade(1));
    upstream.publish(TOP, top(1));
    await client.take(2);
    const back = await WsClient.open(`${edge.wsUrl}/v1`);
    const since = { [TRADE]: { epoch: 7, seq: 1 }, [TOP]: { epoch: 6, seq: 1 } };
    const reply = await back.ask({ event: 'subscribe', data: { streams: [TRADE, TOP], delivery: 'all', since } });
    expect(reply).toMatchObject({ data: { resumed: { [TRADE]: true, [TOP]: false } } });
    await back.close();
  });

  it('lists, unsubscribes and answers pings', async () => {
    await subscribe([TRADE, TOP]);
    await client.take(2);
    expect(await client.ask({ event: 'list', id: 2 })).toEqual({
      event: 'list',
      id: 2,
      data: { streams: [TRADE, TOP] },
    });
    const leave = { event: 'unsubscribe', id: 3, data: { streams: [TRADE, 'ethusdt@trade'] } };
    expect(await client.ask(leave)).toEqual({ event: 'unsubscribed', id: 3, data: { streams: [TRADE] } });
    upstream.publish(TRADE, trade(1));
    expect(await client.ask({ event: 'ping', id: 4 })).toEqual({
      event: 'pong',
      id: 4,
      data: { at: expect.any(Number) },
    });
    expect(client.texts).toEqual([]);
  });

  it('carries commands out in the order they were sent', async () => {
    client.send({ event: 'subscribe', data: { streams: [TRADE] } });
    client.send({ event: 'unsubscribe', data: { streams: [TRADE] } });
    client.send({ event: 'list', id: 'end' });
    await until(() => client.messages.some(({ event }) => event === 'list'));
    expect(client.messages.filter(({ event }) => event === 'list')).toEqual([
      { event: 'list', id: 'end', data: { streams: [] } },
    ]);
  });

  it.each([
    ['hello', undefined, 'bad-json', /not JSON/],
    ['[1]', undefined, 'bad-command', /expected an object/],
    ['{"event":"dance","id":5}', 5, 'unknown-command', /subscribe, unsubscribe, list, ping/],
    ['{"event":"subscribe","id":5}', 5, 'bad-command', /streams: expected a list/],
    ['{"event":"subscribe","id":5,"data":{"streams":["btcusdt@trade",3]}}', 5, 'bad-command', /streams: expected/],
    ['{"event":"subscribe","id":5,"data":{"streams":["btcusdt@trad"]}}', 5, 'bad-stream', /btcusdt@trade/],
    ['{"event":"subscribe","id":5,"data":{"streams":["btcusdt@depth@1000ms"]}}', 5, 'bad-stream', /use btcusdt@depth$/],
    ['{"event":"subscribe","id":5,"data":{"streams":["!ticker@arr"]}}', 5, 'retired-stream', /miniTicker/],
    [
      '{"event":"subscribe","id":5,"data":{"streams":["btcusdt@trade"],"delivery":"some"}}',
      5,
      'bad-command',
      /delivery/,
    ],
    [
      '{"event":"subscribe","id":5,"data":{"streams":["btcusdt@trade"],"since":{"btcusdt@trade":3}}}',
      5,
      'bad-command',
      /since/,
    ],
    ['{"event":"subscribe","id":5,"data":{"streems":["btcusdt@trade"]}}', 5, 'bad-command', /streams|streems/],
    ['{"event":"list","id":{}}', undefined, 'bad-command', /id/],
    [
      '{"event":"list","id":9007199254740993}',
      undefined,
      'bad-command',
      /id: expected a number up to 9007199254740991/,
    ],
    ['{"event":"list","id":-9007199254740993}', undefined, 'bad-command', /id/],
    ['['.repeat(60_000), undefined, 'bad-json', /not JSON/],
    [`${'['.repeat(30_000)}${']'.repeat(30_000)}`, undefined, 'bad-json', /deeper/],
    [
      `{"event":"subscribe","data":{"streams":${'['.repeat(30_000)}${']'.repeat(30_000)}}}`,
      undefined,
      'bad-json',
      /deeper/,
    ],
  ])('refuses %s and says why', async (text, id, code, message) => {
    const reply = await client.ask(text);
    expect(reply).toMatchObject({ event: 'error', data: { code, message: expect.stringMatching(message) } });
    expect(reply['id']).toBe(id);
    expect(await client.ask({ event: 'list' })).toEqual({ event: 'list', data: { streams: [] } });
  });

  it('says that a binary message is none', async () => {
    client.socket.send(Buffer.from('{"event":"list"}'));
    expect(await client.take(1)).toMatchObject([
      { event: 'error', data: { code: 'bad-json', message: expect.stringContaining('binary') as string } },
    ]);
  });

  it('is left with nothing of a client that has gone, whichever streams it had', async () => {
    const other = await WsClient.open(`${edge.wsUrl}/v1`);
    await other.ask({ event: 'subscribe', data: { streams: [TRADE, TOP] } });
    await subscribe([TOP]);
    const served = async (): Promise<unknown> => {
      const status = (await (await fetch(`${edge.opsUrl}/status`)).json()) as { served: Record<string, unknown>[] };
      return status.served.map(({ stream, clients }) => [stream, clients]);
    };
    expect(await served()).toEqual([
      [TRADE, 1],
      [TOP, 2],
    ]);
    await other.close();
    await until(
      async () =>
        JSON.stringify(await served()) ===
        JSON.stringify([
          [TRADE, 0],
          [TOP, 1],
        ]),
    );
  });

  it('announces a message that was lost on the bus before the one after it', async () => {
    await subscribe([TRADE]);
    await client.take(1);
    upstream.publish(TRADE, trade(1));
    upstream.lose(TRADE, trade(2));
    upstream.lose(TRADE, trade(3));
    upstream.publish(TRADE, trade(4));
    expect(await client.take(3)).toMatchObject([
      { type: 'trade', seq: 1 },
      { type: 'feed', state: 'gap', cause: 'bus-lost', by: 'edge', seq: 1, message: expect.stringContaining('2') },
      { type: 'trade', seq: 4 },
    ]);
  });

  it('drops repetitions and messages of a term that is over', async () => {
    await subscribe([TRADE]);
    await client.take(1);
    const first = upstream.publish(TRADE, trade(1));
    edge.bus.messages.publish(`holdfast:spot:{${TRADE}}`, first);
    const successor = new HandUpstream(edge.bus, { epoch: 9 });
    successor.publish(TRADE, trade(2));
    upstream.publish(TRADE, trade(3));
    successor.publish(TRADE, trade(3));
    expect(await client.take(4)).toMatchObject([
      { epoch: 7, seq: 1, id: 1 },
      { type: 'feed', state: 'gap', cause: 'upstream-gone', by: 'edge', epoch: 7, seq: 1 },
      { epoch: 9, seq: 1, id: 2 },
      { epoch: 9, seq: 2, id: 3 },
    ]);
    expect(client.texts).toEqual([]);
  });

  it('says stale when the upstream is gone, and how things stand when one is back, and closes nobody', async () => {
    await subscribe([TRADE]);
    await client.take(1);
    upstream.publish(TRADE, trade(1));
    await client.take(1);
    upstream.stop();
    expect(await client.take(1)).toMatchObject([
      { type: 'feed', state: 'stale', cause: 'upstream-gone', by: 'edge', epoch: 7, seq: 1 },
    ]);
    upstream = new HandUpstream(edge.bus, { epoch: 8 }).start();
    expect(await client.take(2)).toMatchObject([
      { type: 'feed', state: 'gap', cause: 'upstream-gone', by: 'edge', epoch: 7, seq: 1 },
      { type: 'feed', state: 'live', epoch: 8, seq: 0 },
    ]);
    upstream.publish(TRADE, trade(2));
    expect(await client.take(1)).toMatchObject([{ type: 'trade', epoch: 8, seq: 1 }]);
    expect(client.closed).toBeUndefined();
  });
});

describe('a client of an edge that has missed how a new term began', () => {
  let edge: TestEdge;
  let upstream: HandUpstream;
  let client: WsClient;
  beforeEach(async () => {
    edge = await startEdge();
    upstream = new HandUpstream(edge.bus).start();
    client = await WsClient.open(`${edge.wsUrl}/v1`);
    await client.ask({ event: 'subscribe', id: 1, data: { streams: [TRADE] } });
    await client.take(1);
    for (const id of [1, 2]) upstream.publish(TRADE, trade(id));
    await client.take(2);
    upstream.stop();
    upstream = new HandUpstream(edge.bus, { epoch: 8 });
  });
  afterEach(async () => {
    await client.close();
    upstream.stop();
    await edge.stop();
  });

  it('is told no gap where nothing but states was said: the welcome names what the term follows', async () => {
    upstream.loseFeed(TRADE, 'recovering', 'subscribing', { epoch: 7, seq: 2 });
    upstream.loseFeed(TRADE, 'recovering', 'acknowledged');
    upstream.start();
    const follows = { epoch: 7, seq: 2 };
    expect(await client.take(1)).toMatchObject([
      { state: 'recovering', cause: 'acknowledged', epoch: 8, seq: 2, follows },
    ]);
    upstream.feed(TRADE, 'live', 'resumed');
    upstream.publish(TRADE, trade(3));
    expect(await client.take(2)).toMatchObject([
      { state: 'live', seq: 3 },
      { id: 3, seq: 4 },
    ]);
    const late = await WsClient.open(`${edge.wsUrl}/v1`);
    const since = { [TRADE]: { epoch: 8, seq: 4 } };
    expect(await late.ask({ event: 'subscribe', id: 1, data: { streams: [TRADE], since } })).toMatchObject({
      data: { resumed: { [TRADE]: true } },
    });
    await late.close();
  });

  it('is told a gap where events were missed as well', async () => {
    upstream.loseFeed(TRADE, 'recovering', 'subscribing', { epoch: 7, seq: 2 });
    upstream.lose(TRADE, trade(3));
    upstream.start();
    expect(await client.take(1)).toMatchObject([{ state: 'gap', epoch: 7, seq: 2 }]);
  });
});

function placeIn(reply: Record<string, unknown> | undefined, stream: string): { seq: number } | undefined {
  const data = reply?.['data'] as { streams: Record<string, { seq: number }> } | undefined;
  return data?.streams[stream];
}
