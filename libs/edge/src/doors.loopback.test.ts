import { once } from 'node:events';
import { type Socket, connect as dial } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { AccessSettings, EdgeSettings } from '#libs/runtime';
import { type TestEdge, startEdge } from '../../../test/support/start-edge.js';
import { until } from '../../../test/support/until.js';
import { WsClient } from '../../../test/support/ws-client.js';

let edge: TestEdge;
const begin = async (access: Partial<AccessSettings> = {}, settings: Partial<EdgeSettings> = {}): Promise<void> => {
  edge = await startEdge(settings, { access });
};
afterEach(() => edge.stop());

const port = (): number => Number(new URL(edge.wsUrl).port);
const metrics = async (): Promise<string> => (await fetch(`${edge.opsUrl}/metrics`)).text();
const refusedBy = async (why: string): Promise<number> =>
  Number(new RegExp(`edge_refused_connections_total\\{why="${why}"\\} (\\d+)`).exec(await metrics())?.[1]);

/** What a port answers, from the first line to the end of the connection. */
async function answerTo(text: string | Buffer, to = port()): Promise<string> {
  const socket = dial(to, '127.0.0.1');
  let got = '';
  socket.on('data', (data) => (got += String(data)));
  socket.write(text);
  await once(socket, 'close');
  return got;
}

const KEY = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13';
const upgrade = (...headers: string[]): string =>
  ['GET /v1 HTTP/1.1', 'Connection: Upgrade', 'Upgrade: websocket', KEY, ...headers, '', ''].join('\r\n');

describe('a page in a browser', () => {
  const from = (origin: string, url = `${edge.wsUrl}/v1`) => WsClient.refusal(url, { origin });

  it('comes in from this machine, and from nowhere else unless it is listed', async () => {
    await begin({ allowedOrigins: ['https://app.example'] });
    for (const origin of [
      'http://localhost:3000',
      'http://127.0.0.1',
      edge.wsUrl.replace('ws', 'http'),
      'https://app.example',
    ]) {
      const page = await WsClient.open(`${edge.wsUrl}/v1`, { origin });
      expect([origin, page.closed]).toEqual([origin, undefined]);
    }
    for (const origin of ['https://evil.example', 'http://app.example', 'null']) {
      const { status, body } = await from(origin);
      expect([origin, status, body]).toEqual([origin, 403, expect.stringContaining('HOLDFAST_ALLOWED_ORIGINS')]);
    }
    expect(await refusedBy('origin')).toBe(3);
  });

  it('is refused on HTTP and on the operators’ port as well, whatever it asks for', async () => {
    await begin();
    const headers = { origin: 'https://evil.example' };
    expect((await fetch(`${edge.wsUrl.replace('ws', 'http')}/v1`, { headers })).status).toBe(403);
    for (const path of ['/', '/status', '/metrics', '/healthz', '/nowhere'])
      expect([path, (await fetch(edge.opsUrl + path, { headers })).status]).toEqual([path, 403]);
    const command = { method: 'POST', headers: { ...headers, 'content-type': 'application/json' }, body: '{}' };
    expect((await fetch(`${edge.opsUrl}/commands/rotate`, command)).status).toBe(403);
    expect((await fetch(`${edge.opsUrl}/commands/rotate`, { method: 'OPTIONS', headers })).status).toBe(403);
    expect(await metrics()).toContain('ops_refused_total{why="origin"} 7');
  });
});

describe('a name that somebody has pointed at this machine', () => {
  it('opens neither port', async () => {
    await begin();
    expect(await answerTo(upgrade('Host: evil.example:9443'))).toMatch(/^HTTP\/1\.1 403 .*HOLDFAST_ALLOWED_HOSTS/s);
    expect(await answerTo('GET /x HTTP/1.1\r\nHost: evil.example\r\n\r\n')).toMatch(/^HTTP\/1\.1 403 /);
    const ops = Number(new URL(edge.opsUrl).port);
    const asked = 'GET /status HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n';
    expect(await answerTo(asked, ops)).toMatch(/^HTTP\/1\.1 403 /);
    expect(await refusedBy('host')).toBe(2);
    for (const host of ['localhost', '127.0.0.1:1', '[::1]:9443']) {
      const socket = dial(port(), '127.0.0.1');
      socket.write(upgrade(`Host: ${host}`));
      const [first] = (await once(socket, 'data')) as [Buffer];
      expect([host, String(first)]).toEqual([host, expect.stringMatching(/^HTTP\/1\.1 101 /)]);
      socket.destroy();
    }
  });

  it('opens them where it is ours', async () => {
    await begin({ allowedHosts: ['stream.binance.com'] });
    const client = await WsClient.open(`${edge.wsUrl}/v1`, { headers: { host: 'stream.binance.com:9443' } });
    expect(client.closed).toBeUndefined();
  });
});

describe('one address', () => {
  const behind = (address: string) => ({ headers: { 'x-forwarded-for': address } });

  it('has as many connections as it may, and they count by whom a trusted proxy names', async () => {
    await begin({ maxConnectionsPerAddress: 2, trustedProxies: ['127.0.0.0/8'] });
    const url = `${edge.wsUrl}/v1`;
    const first = await WsClient.open(url, behind('9.9.9.9'));
    await WsClient.open(url, behind('6.6.6.6, 9.9.9.9'));
    const { status, headers } = await WsClient.refusal(url, behind('9.9.9.9'));
    expect([status, headers['retry-after']]).toEqual([429, '5']);
    await WsClient.open(url, behind('8.8.8.8'));
    await WsClient.open(url, behind('2001:db8::1'));
    await WsClient.open(url, behind('2001:db8::2'));
    expect((await WsClient.refusal(url, behind('2001:db8::3'))).status).toBe(429);
    await first.close();
    await until(() => WsClient.open(url, behind('9.9.9.9')).catch(() => undefined));
    const twice = upgrade('Host: localhost', 'X-Forwarded-For: 1.1.1.1', 'X-Forwarded-For: 9.9.9.9');
    expect(await answerTo(twice)).toMatch(/^HTTP\/1\.1 429 /);
    const status2 = (await (await fetch(`${edge.opsUrl}/status`)).json()) as {
      clients: { clients: { address: string }[] };
    };
    expect(new Set(status2.clients.clients.map(({ address }) => address))).toEqual(
      new Set(['9.9.9.9', '8.8.8.8', '2001:db8::1', '2001:db8::2']),
    );
    expect(await refusedBy('address')).toBe(3);
  });

  it('is its own where it names others without being trusted', async () => {
    await begin({ maxConnectionsPerAddress: 1 });
    await WsClient.open(`${edge.wsUrl}/v1`, behind('9.9.9.9'));
    expect((await WsClient.refusal(`${edge.wsUrl}/v1`, behind('8.8.8.8'))).status).toBe(429);
  });

  /** Version 2, a proxied TCP connection over IPv4. */
  const proxyHeader = (address: string): Buffer =>
    Buffer.concat([
      Buffer.from('0d0a0d0a000d0a515549540a', 'hex'),
      Buffer.from([0x21, 0x11, 0, 12, ...address.split('.').map(Number), 127, 0, 0, 1, 0x30, 0x39, 0x24, 0xe3]),
    ]);

  it.each([
    ['trusted', ['127.0.0.1'], '9.9.9.9'],
    ['not trusted', [], '127.0.0.1'],
  ])(
    'is what the PROXY protocol says where that comes from a proxy that is %s',
    async (_, trustedProxies, expected) => {
      await begin({ trustedProxies });
      const socket = dial(port(), '127.0.0.1');
      socket.write(Buffer.concat([proxyHeader('9.9.9.9'), Buffer.from(upgrade('Host: localhost'))]));
      await once(socket, 'data');
      const { clients } = (await (await fetch(`${edge.opsUrl}/status`)).json()) as { clients: { clients: unknown[] } };
      expect(clients.clients).toMatchObject([{ address: expected }]);
      socket.destroy();
    },
  );
});

describe('strangers who come faster than they may', () => {
  it('are told to come back in a second, and then come in', async () => {
    await begin({ maxNewConnectionsPerSecond: 10 });
    const answers = await Promise.all(
      Array.from({ length: 30 }, () => answerTo('GET /v1 HTTP/1.1\r\nHost: localhost\r\n\r\n')),
    );
    const slowed = answers.filter((answer) => answer.startsWith('HTTP/1.1 503 '));
    expect(slowed.length).toBeGreaterThanOrEqual(20);
    expect(slowed[0]).toMatch(/^retry-after: 1$/im);
    expect(await refusedBy('rate')).toBe(slowed.length);
    const client = await until(() => WsClient.open(`${edge.wsUrl}/v1`).catch(() => undefined));
    expect(await client.ask({ event: 'list' })).toMatchObject({ event: 'list' });
  });

  it(
    'and say nothing are at most half of those there may be, and are cut off in the end',
    { timeout: 60_000 },
    async () => {
      await begin({ maxHandshakes: 20 });
      const silent: Socket[] = Array.from({ length: 30 }, () => dial(port(), '127.0.0.1'));
      let closed = 0;
      for (const socket of silent) socket.on('close', () => (closed += 1)).on('error', () => undefined);
      await until(() => closed === 20);
      expect(await refusedBy('handshakes')).toBe(20);
      expect(await metrics()).toContain('holdfast_edge_handshakes{of="all"} 10');
      // A header that never ends gains nothing.
      for (const socket of silent) socket.write('GET /v1 HTTP/1.1\r\nHost: localhost\r\nX: ');
      await until(
        () => {
          for (const socket of silent) if (!socket.destroyed) socket.write('x');
          return closed === 30;
        },
        { deadlineMs: 20_000 },
      );
      expect(await metrics()).toContain('holdfast_edge_handshakes{of="all"} 0');
      const client = await WsClient.open(`${edge.wsUrl}/v1`);
      expect(await client.ask({ event: 'list' })).toMatchObject({ event: 'list' });
      expect(await metrics()).toContain('holdfast_edge_handshakes{of="all"} 0');
    },
  );
});
