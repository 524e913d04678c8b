import { createHash } from 'node:crypto';
import { createServer as createHttp } from 'node:http';
import { createServer as createHttps } from 'node:https';
import { type AddressInfo, type Server, type Socket as TcpSocket, createServer } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { Closing, SocketFailure, UpgradeRefusal } from '#libs/link';
import { systemClock } from '#libs/runtime';
import { ConnectProxy } from '../../../../test/support/connect-proxy.js';
import { selfSigned } from '../../../../test/support/self-signed.js';
import { until } from '../../../../test/support/until.js';
import { type WsOptions, wsDial } from './ws-socket.js';

const closers: (() => void)[] = [];
afterEach(() => closers.splice(0).forEach((close) => close()));

/** Dials and writes down all that happens; an attempt must end exactly once. */
function attempt(url: string, options: Partial<WsOptions> = {}) {
  const dial = wsDial(systemClock, { connectTimeoutMs: 300, ...options });
  const seen = {
    opened: 0,
    ways: [] as (string | undefined)[],
    messages: [] as string[],
    heartbeats: [] as string[],
    endings: [] as (({ refused: UpgradeRefusal } | { failed: SocketFailure }) | { closed: Closing })[],
  };
  const socket = dial(url, {
    opened: ({ to }) => {
      seen.opened += 1;
      seen.ways.push(to);
    },
    message: (bytes) => void seen.messages.push(Buffer.from(bytes).toString('hex')),
    heartbeat: (kind) => void seen.heartbeats.push(kind),
    refused: (refused) => void seen.endings.push({ refused }),
    failed: (failed) => void seen.endings.push({ failed }),
    closed: (closed) => void seen.endings.push({ closed }),
  });
  closers.push(() => socket.terminate());
  return { seen, socket, ended: () => until(() => seen.endings[0]) };
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  closers.push(() => void server.close());
  return (server.address() as AddressInfo).port;
}

/** A server that shakes hands properly and then hands the raw socket over. */
async function raw(then: (socket: TcpSocket) => void): Promise<string> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    closers.push(() => void socket.destroy());
    socket.once('data', (request) => {
      const key = /sec-websocket-key: (.+)\r\n/i.exec(request.toString())?.[1] ?? '';
      const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
      const head = [
        'HTTP/1.1 101 Switching Protocols',
        'Upgrade: websocket',
        'Connection: Upgrade',
        `Sec-WebSocket-Accept: ${accept}`,
      ];
      socket.write(`${head.join('\r\n')}\r\n\r\n`);
      then(socket);
    });
  });
  return `ws://127.0.0.1:${await listen(server)}`;
}

/** Writes a text one byte after the other. */
function drip(socket: TcpSocket, text: string, everyMs: number): void {
  if (text === '' || socket.destroyed) return;
  socket.write(text.slice(0, 1));
  systemClock.after(everyMs, () => drip(socket, text.slice(1), everyMs));
}

async function answering(status: number, headers: Record<string, string> = {}): Promise<string> {
  const server = createHttp().on('upgrade', (_, socket) => {
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
    socket.end([`HTTP/1.1 ${status} No`, 'Connection: close', ...lines, '', '<html>no</html>'].join('\r\n'));
  });
  return `ws://127.0.0.1:${await listen(server)}`;
}

describe('a socket that never opens says why', () => {
  const failure = async (url: string): Promise<string> => {
    const { seen, ended } = attempt(url);
    const ending = await ended();
    expect([seen.opened, seen.endings.length]).toEqual([0, 1]);
    return 'failed' in ending ? ending.failed.class : JSON.stringify(ending);
  };

  it('no such name', async () => {
    expect(await failure('ws://nothing.invalid')).toBe('dns');
  });

  it('nobody listens', async () => {
    expect(await failure('ws://127.0.0.1:1')).toBe('tcp');
  });

  it('the other side does not speak TLS', async () => {
    const port = await listen(createServer((socket) => socket.on('error', () => undefined).end('what?')));
    expect(await failure(`wss://127.0.0.1:${port}`)).toBe('tls');
  });

  it('the certificate is nobody’s', async () => {
    const port = await listen(createHttps(selfSigned()));
    expect(await failure(`wss://127.0.0.1:${port}`)).toBe('tls');
  });

  it('no answer in time', async () => {
    const port = await listen(createServer((socket) => socket.on('error', () => undefined)));
    expect(await failure(`ws://127.0.0.1:${port}`)).toBe('timeout');
  });

  it('an answer that comes one byte at a time does not come in time', async () => {
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      closers.push(() => void socket.destroy());
      drip(socket, `HTTP/1.1 101 Switching Protocols\r\nX-Filler: ${'x'.repeat(500)}`, 20);
    });
    const port = await listen(server);
    const at = performance.now();
    const ending = await attempt(`ws://127.0.0.1:${port}`).ended();
    expect(ending).toEqual({
      failed: { class: 'timeout', message: 'not open after 300 ms: no whole answer to the upgrade' },
    });
    expect(performance.now() - at).toBeLessThan(1_500);
  });

  it('TLS that is not spoken in time', async () => {
    const port = await listen(createServer((socket) => socket.on('error', () => undefined)));
    expect(await attempt(`wss://127.0.0.1:${port}`).ended()).toEqual({
      failed: { class: 'timeout', message: 'not open after 300 ms: no TLS handshake' },
    });
  });

  it('a name that is looked up for ever', async () => {
    const { seen, ended } = attempt('ws://slow.example', { lookup: () => undefined });
    expect(await ended()).toEqual({
      failed: { class: 'timeout', message: 'not open after 300 ms: no TCP connection' },
    });
    expect(seen.endings).toHaveLength(1);
  });

  it('headers without end', async () => {
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.write(`HTTP/1.1 101 Switching Protocols\r\nX-Filler: ${'x'.repeat(40_000)}`);
    });
    expect(await failure(`ws://127.0.0.1:${await listen(server)}`)).toBe('handshake');
  });

  it('the connection is dropped before the answer', async () => {
    const port = await listen(createServer((socket) => socket.on('error', () => undefined).destroy()));
    expect(await failure(`ws://127.0.0.1:${port}`)).toBe('handshake');
  });

  it('an HTTP status, with the time to wait', async () => {
    expect(await attempt(await answering(429, { 'Retry-After': '7' })).ended()).toEqual({
      refused: { status: 429, retryAfterMs: 7_000 },
    });
    expect(await attempt(await answering(403)).ended()).toEqual({ refused: { status: 403 } });
  });
});

describe('a socket that opened', () => {
  it('passes a text on that is not UTF-8 and lives on: judging it is not its business', async () => {
    const url = await raw((socket) => socket.write(Buffer.from([0x81, 0x02, 0xff, 0xfe, 0x81, 0x01, 0x61])));
    const { seen } = attempt(url);
    await until(() => seen.messages.length === 2);
    expect([seen.messages, seen.endings]).toEqual([['fffe', '61'], []]);
  });

  it('shows the bytes that broke the protocol', async () => {
    const url = await raw((socket) => socket.write(Buffer.from([0x81, 0x01, 0x61, 0xf1, 0x02, 0xde, 0xad])));
    const ending = await attempt(url).ended();
    expect(ending).toMatchObject({ failed: { class: 'protocol' } });
    const bytes = 'failed' in ending ? ending.failed.bytes : undefined;
    expect(Buffer.from(bytes ?? []).toString('hex')).toMatch(/810161f102dead$/);
  });

  it('answers a ping once, with its payload', async () => {
    let got = Buffer.alloc(0);
    const url = await raw((socket) => {
      socket.on('data', (bytes: Buffer) => {
        got = Buffer.concat([got, bytes]);
      });
      socket.write(Buffer.from([0x89, 0x02, 0x68, 0x69]));
    });
    const { seen } = attempt(url);
    await until(() => got.length >= 8);
    expect(seen.heartbeats).toEqual(['ping']);
    const [first, length, ...rest] = got;
    expect([first, length]).toEqual([0x8a, 0x82]);
    expect(Buffer.from([(rest[4] ?? 0) ^ (rest[0] ?? 0), (rest[5] ?? 0) ^ (rest[1] ?? 0)]).toString()).toBe('hi');
    expect(got).toHaveLength(8);
  });

  it('tells a close frame from a connection that just went away', async () => {
    const closing = await raw((socket) => socket.write(Buffer.from([0x88, 0x05, 0x03, 0xf0, 0x62, 0x79, 0x65])));
    expect(await attempt(closing).ended()).toEqual({ closed: { code: 1008, reason: 'bye' } });
    const vanishing = await raw((socket) => socket.end(Buffer.from([0x81, 0x7e, 0x00])));
    expect(await attempt(vanishing).ended()).toEqual({ closed: { code: 1006, reason: '' } });
    const resetting = await raw((socket) => socket.resetAndDestroy());
    expect(await attempt(resetting).ended()).toMatchObject({ closed: { code: 1006 } });
  });

  it('is gone within a bounded time when the peer does not answer its close', async () => {
    const { seen, socket, ended } = attempt(await raw(() => undefined));
    await until(() => seen.opened === 1);
    socket.close(1000, '');
    const at = performance.now();
    await ended();
    expect(performance.now() - at).toBeLessThan(2_500);
  });
});

describe('through a proxy', () => {
  const through = async (target: number, answer?: string, user = '') => {
    const proxy = await ConnectProxy.start(target, answer);
    closers.push(() => proxy.stop());
    const url = new URL(`http://${user}127.0.0.1:${proxy.port}`);
    return { proxy, proxyFor: (): URL => url };
  };

  it('a socket opens, with the credentials that the proxy wants, and says which way it took', async () => {
    const url = new URL(await raw((socket) => socket.write(Buffer.from([0x81, 0x01, 0x61]))));
    const { proxy, proxyFor } = await through(Number(url.port), undefined, 'some%40one:p%3Ass@');
    const { seen } = attempt('ws://binance.example:9443/stream', { proxyFor });
    await until(() => seen.messages.length === 1);
    const authorization = `Basic ${Buffer.from('some@one:p:ss').toString('base64')}`;
    expect(proxy.asked).toEqual([{ authority: 'binance.example:9443', authorization }]);
    expect(seen.ways).toEqual([`binance.example:9443 through 127.0.0.1:${proxy.port}`]);
  });

  it('TLS is spoken with Binance and not with the proxy', async () => {
    const { proxyFor } = await through(await listen(createHttps(selfSigned())));
    const ending = await attempt('wss://binance.example', { proxyFor }).ended();
    expect(ending).toMatchObject({ failed: { class: 'tls' } });
  });

  it('a refusal of the proxy is told with its words', async () => {
    const { proxyFor } = await through(1, '407 Proxy Authentication Required');
    expect(await attempt('wss://binance.example', { proxyFor }).ended()).toMatchObject({
      failed: {
        message: expect.stringMatching(/^the proxy 127.0.0.1:\d+ answered 407 Proxy Authentication Required$/),
      },
    });
  });

  it('a proxy that says nothing does not do so for ever', async () => {
    const port = await listen(createServer((socket) => socket.on('error', () => undefined)));
    const proxyFor = (): URL => new URL(`http://127.0.0.1:${port}`);
    expect(await attempt('wss://binance.example', { proxyFor }).ended()).toEqual({
      failed: { class: 'timeout', message: 'not open after 300 ms: no answer of the proxy' },
    });
  });
});
