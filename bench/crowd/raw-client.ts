import { once } from 'node:events';
import { type Socket, connect } from 'node:net';
import { FrameCounter } from './frame-counter.js';
import { NatsCounter } from './nats-counter.js';
import type { Door } from './orders.js';

/** Who answers no ping is taken for dead. Masked with zeros, which is a mask too. */
const pong = (payload: Buffer): Buffer =>
  Buffer.concat([Buffer.from([0x8a, 0x80 | payload.length, 0, 0, 0, 0]), payload]);

const HANDSHAKE_END = '\r\n\r\n';

/** All sockets read into this one: its bytes are counted before the next socket reads. */
const shared = Buffer.allocUnsafe(256 * 1024);

/** Told after each read how many data frames it brought; false stops the reading until `resume`. */
type HearFrames = (frames: number, client: RawClient, length: number) => boolean;

interface Dialled {
  port: number;
  door: Door;
  hear: HearFrames;
  /** Its own, where what came is read later than the next socket is. */
  buffer?: Buffer;
  /** The address that it comes from. */
  from?: string | undefined;
}

/** One subscriber: a TCP socket that has learnt just enough WebSocket to be let in and to count what comes. */
export class RawClient {
  readonly counter: FrameCounter;
  isOpen = false;
  /** What ended this client before its time; its missing messages then count as lost. */
  problem: string | undefined;
  private handshake = '';

  private constructor(
    readonly socket: Socket,
    private readonly door: Door,
    readonly bytes: Buffer,
    private readonly hear: HearFrames,
  ) {
    this.counter = new FrameCounter(door.speaks === 'nats' ? new NatsCounter() : undefined);
  }

  /** Resolves when TCP is there; `isIn` says when it is on the stream. */
  static async dial({ port, door, hear, buffer = shared, from }: Dialled): Promise<RawClient> {
    const box: { client?: RawClient } = {};
    const onread = { buffer, callback: (length: number) => box.client?.read(length) ?? true };
    const socket = connect({
      port,
      host: '127.0.0.1',
      noDelay: true,
      onread,
      ...(from !== undefined && { localAddress: from }),
    });
    const client = new RawClient(socket, door, buffer, hear);
    box.client = client;
    socket.on('error', (error) => (client.problem ??= error.message));
    await once(socket, 'connect');
    socket.write(handshake(door.path));
    return client;
  }

  /** Whether it has been let in and, where it had to ask, answered. */
  get isIn(): boolean {
    const { hello, greetings = 0 } = this.door;
    return this.isOpen && (hello === undefined || this.counter.everything > greetings);
  }

  private read(length: number): boolean {
    const from = this.isOpen ? 0 : this.readHandshake(length);
    const { data: before, pings } = this.counter;
    if (this.isOpen) this.counter.take(this.bytes, from, length);
    if (this.counter.pings > pings) this.socket.write(pong(this.counter.lastPing));
    return this.hear(this.counter.data - before, this, length);
  }

  private readHandshake(length: number): number {
    const known = this.handshake.length;
    this.handshake += this.bytes.toString('latin1', 0, length);
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
