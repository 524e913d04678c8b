import { get } from 'node:http';
import type { Socket } from 'node:net';
import { afterEach, describe, expect, it, onTestFinished } from 'vitest';
import { HandUpstream } from '../../../test/support/hand-upstream.js';
import { type TestEdge, startEdge } from '../../../test/support/start-edge.js';
import { until } from '../../../test/support/until.js';
import { WsClient } from '../../../test/support/ws-client.js';

const TRADE = 'btcusdt@trade';
const OTHER = 'ethusdt@trade';
const trade = (id: number) => ({ type: 'trade', symbol: 'BTCUSDT', id, price: '1.00' }) as const;

/** Opens a WebSocket and gives the bare connection under it. */
function bareSocket(url: string): Promise<Socket> {
  const headers = {
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
  };
  return new Promise((resolve, reject) => {
    get(url.replace('ws:', 'http:'), { headers })
      .on('upgrade', (_response, socket: Socket) => resolve(socket))
      .on('error', reject);
  });
}

describe('an edge that gathers messages', () => {
  let edge: TestEdge;
  let upstream: HandUpstream;
  const begin = async (flushMs: number): Promise<void> => {
    edge = await startEdge({ flushMs, subscribeWaitMs: 0 });
    upstream = new HandUpstream(edge.bus).start();
  };
  afterEach(async () => {
    upstream.stop();
    await edge.stop();
  });
  const subscribed = async (...streams: string[]): Promise<WsClient> => {
    const client = await WsClient.open(`${edge.wsUrl}/v1`);
    await client.ask({ event: 'subscribe', data: { streams } });
    await client.take(streams.length);
    return client;
  };

  it.each([
    [0, 10],
    [400, 1],
  ])('of %i ms sends what comes in ten turns of its loop in %i writes', async (flushMs, writes) => {
    await begin(flushMs);
    const watching = await subscribed(TRADE);
    const socket = await bareSocket(`${edge.wsUrl}/ws/${TRADE}`);
    onTestFinished(() => void socket.destroy());
    const reads: string[] = [];
    socket.on('data', (bytes: Buffer) => reads.push(bytes.toString('latin1')));
    const framesIn = (text: string): number => text.split('"e":"trade"').length - 1;
    for (let id = 1; id <= 10; id += 1) {
      upstream.publish(TRADE, { ...trade(id), quantity: '1', taker: 'buy', tradedAt: 1, eventAt: 1, bestMatch: true });
      if (flushMs === 0) await until(() => framesIn(reads.join('')) === id);
      else await new Promise(setImmediate);
    }
    await until(() => framesIn(reads.join('')) === 10);
    expect(reads.filter((text) => framesIn(text) > 0)).toHaveLength(writes);
    expect((await watching.take(10)).map(({ id }) => id)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });

  it('answers no client before what was published before, and sends everything in its order over all streams', async () => {
    await begin(1_000);
    const client = await subscribed(TRADE, OTHER);
    upstream.publish(TRADE, trade(1));
    upstream.publish(OTHER, trade(2));
    upstream.publish(TRADE, trade(3));
    client.send({ event: 'ping', id: 'asked' });
    const told = await client.take(4);
    expect(told.map(({ id }) => id)).toEqual([1, 2, 3, 'asked']);
  });

  it('tells a newcomer nothing twice and nothing too few that was published before it came', async () => {
    await begin(1_000);
    await subscribed(TRADE);
    upstream.publish(TRADE, trade(1));
    const late = await WsClient.open(`${edge.wsUrl}/v1`);
    late.send({ event: 'subscribe', data: { streams: [TRADE] } });
    const [reply, feed] = await late.take(2);
    expect(reply).toMatchObject({ data: { streams: { [TRADE]: { seq: 1 } } } });
    expect(feed).toMatchObject({ type: 'feed', seq: 1 });
    upstream.publish(TRADE, trade(2));
    expect(await late.take(1)).toMatchObject([{ seq: 2 }]);
  });
});
