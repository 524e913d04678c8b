import { get } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { HandUpstream } from '../../../test/support/hand-upstream.js';
import { type TestEdge, startEdge } from '../../../test/support/start-edge.js';
import { until } from '../../../test/support/until.js';
import { WsClient } from '../../../test/support/ws-client.js';

const TRADE = 'btcusdt@trade';
const trade = (id: number) => ({ type: 'trade', symbol: 'BTCUSDT', id, price: '1.00' }) as const;

describe('an edge that is told to stop', () => {
  let edge: TestEdge;
  let upstream: HandUpstream;
  let stopped: Promise<void> | undefined;
  const begin = async (settings: { drainGraceMs: number; drainWaitMs?: number }): Promise<void> => {
    edge = await startEdge(settings);
    upstream = new HandUpstream(edge.bus).start();
    stopped = undefined;
  };
  const stop = (): void => {
    stopped = edge.stop();
  };
  afterEach(async () => {
    upstream.stop();
    await (stopped ?? edge.stop());
  });
  const connect = (path: string): Promise<WsClient> => WsClient.open(`${edge.wsUrl}${path}`);
  const isReady = async (): Promise<boolean> => (await fetch(`${edge.opsUrl}/readyz`)).ok;
  const ping = (client: WsClient): Promise<unknown> => client.ask({ event: 'ping' });

  it('is not ready at once, and lets clients in until the balancer has had its time', async () => {
    await begin({ drainGraceMs: 0, drainWaitMs: 1_000 });
    // Its address is that of a port, and gone with it.
    const { wsUrl } = edge;
    const client = await connect('/v1');
    expect(await isReady()).toBe(true);
    stop();
    expect(await isReady()).toBe(false);
    const late = await WsClient.open(`${wsUrl}/v1`);
    expect(await ping(late)).toMatchObject({ event: 'pong' });
    await until(() => client.closed && late.closed);
    expect([client.closed, late.closed]).toEqual([
      { code: 4000, reason: 'shutting down' },
      { code: 4000, reason: 'shutting down' },
    ]);
    await stopped;
    await expect(WsClient.open(`${wsUrl}/v1`)).rejects.toThrow('ECONNREFUSED');
  });

  it('serves a client that it has asked to go elsewhere as ever, until its time is over', async () => {
    await begin({ drainGraceMs: 1_000 });
    const client = await connect('/v1');
    await client.ask({ event: 'subscribe', data: { streams: [TRADE] } });
    await client.take(1);
    stop();
    expect(await client.take(1)).toEqual([{ event: 'reconnect', data: { withinMs: 500 } }]);
    upstream.publish(TRADE, trade(1));
    expect(await client.take(1)).toMatchObject([{ type: 'trade', id: 1 }]);
    expect(await ping(client)).toMatchObject({ event: 'pong' });
    await until(() => client.closed);
    expect(client.closed).toEqual({ code: 4000, reason: 'shutting down' });
    await stopped;
  });

  it('answers whoever comes too late with 503, when to come back, and the end of that connection', async () => {
    await begin({ drainGraceMs: 5_000 });
    const client = await connect('/v1');
    stop();
    await client.take(1);
    const answer = await new Promise<{ status?: number | undefined; headers: object }>((resolve, reject) => {
      const headers = {
        connection: 'Upgrade',
        upgrade: 'websocket',
        'sec-websocket-version': '13',
        'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
      };
      get(`${edge.wsUrl.replace('ws:', 'http:')}/ws/${TRADE}`, { headers }, (response) => {
        response.resume();
        resolve({ status: response.statusCode, headers: response.headers });
      }).on('error', reject);
    });
    expect(answer).toMatchObject({ status: 503, headers: { 'retry-after': '1', connection: 'close' } });
    const metrics = await (await fetch(`${edge.opsUrl}/metrics`)).text();
    expect(metrics).toContain('holdfast_edge_refused_connections_total{why="going-away"} 1');
    // Nobody is waited for who has gone.
    await client.close();
    await stopped;
  });
});
