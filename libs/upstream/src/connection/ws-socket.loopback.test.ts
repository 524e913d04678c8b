import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SocketEvents } from '#libs/link';
import { systemClock } from '#libs/runtime';
import { until } from '../../../../test/support/until.js';
import { wsDial } from './ws-socket.js';

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

const textFrame = (text: string): Buffer => Buffer.concat([Buffer.from([0x81, text.length]), Buffer.from(text)]);
const closeFrame = (code: number): Buffer => Buffer.from([0x88, 2, code >> 8, code & 0xff]);

describe('a socket to Binance', () => {
  let server: Server;
  let seen: string[];
  const sockets: Duplex[] = [];

  beforeEach(() => {
    seen = [];
  });

  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    server.close();
    await once(server, 'close');
  });

  /** A server whose handshake and first bytes leave in one packet. */
  const dialTo = async (firstBytes: Buffer): Promise<void> => {
    server = createServer();
    server.on('upgrade', (request, socket) => {
      sockets.push(socket);
      const accept = createHash('sha1').update(`${request.headers['sec-websocket-key']}${GUID}`).digest('base64');
      const head = `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`;
      socket.write(Buffer.concat([Buffer.from(head), firstBytes]));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const ignore = (): void => undefined;
    const events: SocketEvents = {
      opened: () => seen.push('opened'),
      message: (bytes) => seen.push(Buffer.from(bytes).toString()),
      heartbeat: ignore,
      refused: ignore,
      failed: ({ bytes = Buffer.alloc(0) }) => seen.push(`failed after ${Buffer.from(bytes).toString('hex')}`),
      closed: ({ code }) => seen.push(`closed ${code}`),
    };
    const { port } = server.address() as AddressInfo;
    wsDial(systemClock, { connectTimeoutMs: 1_000 })(`ws://127.0.0.1:${port}`, events);
  };

  it('loses nothing that came in one packet with the handshake', async () => {
    await dialTo(Buffer.concat([textFrame('first'), textFrame('second'), closeFrame(1007)]));
    await until(() => seen.length === 4);
    expect(seen).toEqual(['opened', 'first', 'second', 'closed 1007']);
  });

  it('shows the bytes that broke the protocol, also when they came with the handshake', async () => {
    await dialTo(Buffer.from([0xf1, 0x00]));
    await until(() => seen.length === 2);
    expect(seen).toEqual(['opened', 'failed after f100']);
  });
});
