import { once } from 'node:events';
import { type Socket, connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { obey } from './child.js';
import { FrameCounter } from './frame-counter.js';
import type { Crowd, LoadOrders, Tally } from './orders.js';
import type { Door } from './peers/peer.js';

const HANDSHAKE_END = '\r\n\r\n';
/** Not many at once, so that no listen queue overflows. */
const DIALS_AT_ONCE = 50;
const QUIET_MS = 100;
const PATIENCE_MS = 10_000;

/** All sockets read into this one: its bytes are counted before the next socket reads. */
const shared = Buffer.allocUnsafe(256 * 1024);
const counters = { frames: 0, reads: 0, lastReadAt: 0 };

/** One subscriber: a TCP socket that has learnt just enough WebSocket to be let in and to count what comes. */
class LoadClient {
  readonly counter = new FrameCounter();
  isOpen = false;
  /** What ended this client before its time; its missing messages then count as lost. */
  problem: string | undefined;
  private handshake = '';

  private constructor(
    readonly socket: Socket,
    private readonly door: Door,
  ) {}

  static async dial(port: number, door: Door): Promise<LoadClient> {
    const box: { client?: LoadClient } = {};
    const onread = { buffer: shared, callback: (length: number) => box.client?.read(length) ?? true };
    const socket = connect({ port, host: '127.0.0.1', noDelay: true, onread });
    const client = new LoadClient(socket, door);
    box.client = client;
    socket.on('error', (error) => (client.problem ??= error.message));
    await once(socket, 'connect');
    socket.write(handshake(door.path));
    return client;
  }

  private read(length: number): boolean {
    counters.lastReadAt = performance.now();
    const from = this.isOpen ? 0 : this.readHandshake(length);
    const before = this.counter.data;
    if (this.isOpen) this.counter.take(shared, from, length);
    if (this.counter.data > before) {
      counters.frames += this.counter.data - before;
      counters.reads += 1;
    }
    return true;
  }

  private readHandshake(length: number): number {
    const known = this.handshake.length;
    this.handshake += shared.toString('latin1', 0, length);
    const end = this.handshake.indexOf(HANDSHAKE_END);
    if (end < 0) return length;
    if (!this.handshake.startsWith('HTTP/1.1 101')) {
      this.problem ??= `refused with ${this.handshake.slice(0, 200)}`;
      return length;
    }
    this.isOpen = true;
    if (this.door.hello !== undefined) this.socket.write(maskedText(this.door.hello));
    return end + HANDSHAKE_END.length - known;
  }
}

const handshake = (path: string): string =>
  [
    `GET ${path} HTTP/1.1`,
    'Host: 127.0.0.1',
    'Upgrade: websocket',
    'Connection: Upgrade',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    '',
    '',
  ].join('\r\n');

/** A client's text frame; the mask is four zeros, which is a mask too. */
function maskedText(text: string): Buffer {
  const payload = Buffer.from(text);
  if (payload.length > 0xffff) throw new Error('The hello is too long for this client');
  const header =
    payload.length < 126 ? Buffer.from([0x81, 0x80 | payload.length]) : Buffer.from([0x81, 0x80 | 126, 0, 0]);
  if (header.length === 4) header.writeUInt16BE(payload.length, 2);
  return Buffer.concat([header, Buffer.alloc(4), payload]);
}

class Load implements LoadOrders {
  private clients: LoadClient[] = [];

  async connect({ port, door, clients }: Crowd): Promise<void> {
    while (this.clients.length < clients) {
      const wave = Math.min(DIALS_AT_ONCE, clients - this.clients.length);
      this.clients.push(...(await Promise.all(Array.from({ length: wave }, () => LoadClient.dial(port, door)))));
    }
    const isIn = ({ isOpen, counter }: LoadClient): boolean =>
      isOpen && (door.hello === undefined || counter.data > (door.greetings ?? 0));
    await this.patiently(() => this.clients.every((client) => isIn(client) || client.problem !== undefined));
    const [out, ...others] = this.clients.filter((client) => !isIn(client));
    if (!out) return;
    const why = out.problem ?? 'nothing came';
    throw new Error(`${others.length + 1} of ${clients} clients did not get onto the stream at ${door.path}: ${why}`);
  }

  async settle(): Promise<void> {
    while (performance.now() - counters.lastReadAt < QUIET_MS) await pause(10);
    for (const { counter } of this.clients) counter.data = 0;
    Object.assign(counters, { frames: 0, reads: 0 });
  }

  async tally(expected: number): Promise<Tally> {
    await this.patiently(() => counters.frames >= expected * this.clients.length);
    await pause(QUIET_MS);
    const off = this.clients.map(({ counter }) => expected - counter.data);
    const sum = (numbers: number[]): number => numbers.reduce((total, n) => total + n, 0);
    return {
      frames: counters.frames,
      reads: counters.reads,
      lost: sum(off.filter((n) => n > 0)),
      surplus: -sum(off.filter((n) => n < 0)),
    };
  }

  async disconnect(): Promise<void> {
    const open = this.clients.filter(({ socket }) => !socket.closed);
    const closed = open.map(({ socket }) => once(socket, 'close'));
    // A reset leaves no TIME_WAIT behind, so that the next thousand clients find a free local port.
    for (const { socket } of this.clients) socket.resetAndDestroy();
    this.clients = [];
    await Promise.all(closed);
  }

  /** Waits for `condition`, for as long as anything still comes. */
  private async patiently(condition: () => boolean): Promise<void> {
    counters.lastReadAt = performance.now();
    while (!condition() && performance.now() - counters.lastReadAt < PATIENCE_MS) await pause(5);
  }
}

const load = new Load();
obey<LoadOrders>({
  connect: (crowd) => load.connect(crowd),
  settle: () => load.settle(),
  tally: (expected) => load.tally(expected),
  disconnect: () => load.disconnect(),
});
