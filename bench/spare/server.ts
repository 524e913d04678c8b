import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import { samples } from '../ingest/frames.js';
import type { SpareOrder } from './orders.js';

/** The benchmark's Binance, in a process of its own: sends so many frames of the recorded mix to whoever connected last, when told to. */
const frames = samples()[0]?.frames ?? [];
let newest: Duplex | undefined;

const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false });
server.on('connection', (socket, request) => {
  socket.on('error', () => undefined);
  newest = request.socket;
});
await once(server, 'listening');
process.on('disconnect', () => process.exit(0));
process.on('message', ({ send }: SpareOrder) => void feed(send));
process.send?.({ port: (server.address() as AddressInfo).port });

async function feed(count: number): Promise<void> {
  const socket = newest;
  if (!socket) return;
  for (let sent = 0; sent < count;) {
    // As much as one read of a socket brings: nobody is measured at waiting for the next system call.
    const some: Buffer[] = [];
    for (let bytes = 0; bytes < 65_536 && sent < count; sent += 1) {
      const frame = framed(frames[sent % frames.length] ?? Buffer.alloc(0));
      some.push(frame);
      bytes += frame.length;
    }
    if (!socket.write(Buffer.concat(some))) await once(socket, 'drain');
  }
}

/** A text frame of a server: not masked, not compressed. */
function framed(payload: Buffer): Buffer {
  const { length } = payload;
  const isShort = length < 126;
  const head = Buffer.alloc(isShort ? 2 : length < 65_536 ? 4 : 10);
  head[0] = 0x81;
  head[1] = isShort ? length : head.length === 4 ? 126 : 127;
  if (head.length === 4) head.writeUInt16BE(length, 2);
  if (head.length === 10) head.writeBigUInt64BE(BigInt(length), 2);
  return Buffer.concat([head, payload]);
}
