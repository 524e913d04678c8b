import { afterEach, expect, it } from 'vitest';
import { type TestEdge, startEdge } from '../../../test/support/start-edge.js';
import { until } from '../../../test/support/until.js';
import { WsClient } from '../../../test/support/ws-client.js';

let edge: TestEdge;
afterEach(() => edge.stop());

const connect = (path: string, agent: string): Promise<WsClient> =>
  WsClient.open(`${edge.wsUrl}${path}`, { headers: { 'user-agent': agent } });

interface Status {
  clients: { connections: number; clients: { agent: string }[] };
  'clients gone': { agent: string; by: string; code: number; why: string; wire: string }[];
}

const status = async (): Promise<Status> => (await (await fetch(`${edge.opsUrl}/status`)).json()) as Status;

const command = async (name: string): Promise<unknown> => {
  const headers = { 'content-type': 'application/json' };
  return (await fetch(`${edge.opsUrl}/commands/${name}`, { method: 'POST', headers, body: '{}' })).json();
};

it('an edge says which programs its clients are, and of those that left who ended it and why', async () => {
  edge = await startEdge();
  const clients = await Promise.all([
    connect('/v1', 'closes'),
    connect('/ws', 'breaks'),
    connect('/v1', 'x'.repeat(500)),
  ]);
  const agents = (await status()).clients.clients.map(({ agent }) => agent);
  expect(agents.toSorted((one, other) => one.length - other.length)).toEqual(['closes', 'breaks', 'x'.repeat(120)]);
  clients[0]?.socket.close(1000);
  clients[1]?.socket.terminate();
  clients[2]?.socket.send(Buffer.alloc(70_000, ' ').toString());
  await until(async () => (await status()).clients.connections === 0);
  const gone = (await status())['clients gone'].map(({ agent, by, code, why }) => [agent.slice(0, 6), by, code, why]);
  expect(gone).toHaveLength(3);
  expect(gone).toEqual(
    expect.arrayContaining([
      ['closes', 'client', 1000, 'it closed'],
      ['breaks', 'transport', 1006, 'its connection broke, or it ended without a word'],
      ['xxxxxx', 'us', 1009, 'message too large'],
    ]),
  );
});

it('remembers the newest hundred that left', async () => {
  edge = await startEdge();
  for (let round = 0; round < 11; round += 1) {
    const many = await Promise.all(Array.from({ length: 10 }, (_, nth) => connect('/v1', `${round * 10 + nth}`)));
    for (const { socket } of many) socket.close();
    await until(async () => (await status()).clients.connections === 0);
  }
  const agents = (await status())['clients gone'].map(({ agent }) => Number(agent));
  expect(agents).toHaveLength(100);
  expect(Math.min(...agents)).toBe(10);
});

it('told to drain, asks its clients to go elsewhere, lets nobody in, and goes on until it is ended', async () => {
  edge = await startEdge({ drainGraceMs: 400 });
  const client = await connect('/v1', 'x');
  expect(await command('drain')).toEqual({ draining: 1 });
  expect(await (await fetch(`${edge.opsUrl}/readyz`)).json()).toMatchObject({ troubles: { edge: 'goes away' } });
  await until(() => client.closed);
  expect(client.texts.map((text) => JSON.parse(text) as unknown)).toEqual([
    { event: 'reconnect', data: { withinMs: 200 } },
  ]);
  expect(client.closed).toEqual({ code: 4000, reason: 'shutting down' });
  expect((await WsClient.refused(`${edge.wsUrl}/v1`)).status).toBe(503);
  expect((await status())['clients gone']).toMatchObject([{ by: 'us', code: 4000, why: 'shutting down' }]);
});
