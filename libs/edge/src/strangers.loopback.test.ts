import { afterEach, describe, expect, it } from 'vitest';
import type { EdgeSettings } from '#libs/runtime';
import { HandUpstream } from '../../../test/support/hand-upstream.js';
import { type TestEdge, startEdge } from '../../../test/support/start-edge.js';
import { until } from '../../../test/support/until.js';
import { WsClient } from '../../../test/support/ws-client.js';

const TRADE = 'btcusdt@trade';
const trade = (id: number) => ({ type: 'trade', symbol: 'BTCUSDT', id }) as const;

let edge: TestEdge;
let upstream: HandUpstream;
const begin = async (settings: Partial<EdgeSettings> = {}): Promise<void> => {
  edge = await startEdge(settings);
  upstream = new HandUpstream(edge.bus).start();
};
const connect = (path: string): Promise<WsClient> => WsClient.open(`${edge.wsUrl}${path}`);
afterEach(async () => {
  upstream.stop();
  await edge.stop();
});

describe('a client that sends pings and pongs without end', () => {
  it.each([
    ['/ws', 'ping', { code: 1008, reason: 'Too many requests' }],
    ['/ws', 'pong', { code: 1008, reason: 'Too many requests' }],
    ['/v1', 'ping', { code: 4003, reason: 'too many commands' }],
  ] as const)('is closed on %s (%s), and who keeps the pace is not', async (path, frame, closed) => {
    await begin({ maxCommandsPerSecond: 50 });
    const good = await connect('/v1');
    await good.ask({ event: 'subscribe', data: { streams: [TRADE] } });
    const patient = await connect(path);
    for (let times = 0; times < 40; times += 1) patient.socket[frame](String(times));
    const flood = await connect(path);
    for (let times = 0; times < 5_000; times += 1) flood.socket[frame]();
    await until(() => flood.closed);
    expect(flood.closed).toEqual(closed);
    upstream.publish(TRADE, trade(1));
    await until(() => good.messages.some(({ id }) => id === 1));
    expect(patient.closed).toBeUndefined();
  });

  it('may ping five times a second where fewer commands are allowed, for it has our pings to answer', async () => {
    await begin({ maxCommandsPerSecond: 1 });
    const client = await connect('/ws');
    for (let times = 0; times < 5; times += 1) client.socket.ping();
    expect(await client.ask({ method: 'LIST_SUBSCRIPTIONS', id: 1 })).toEqual({ result: [], id: 1 });
  });
});
