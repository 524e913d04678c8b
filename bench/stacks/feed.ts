import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { type WebSocket, WebSocketServer } from 'ws';
import { seeded } from '../../test/support/seeded.js';
import { obey } from '../processes/child.js';
import { Frames } from './frames.js';
import type { FeedDrive, FeedOrders, Sent } from './orders.js';
import { type Due, recordedPace } from './pace.js';

interface Request {
  method: string;
  params?: string[];
  id: number;
}

/** Binance as far as a benchmark needs it: streams of the URL and SUBSCRIBE, frames whose ids follow each other. */
class Feed implements FeedOrders {
  private readonly server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false });
  /** Who gets each stream. */
  private readonly takers = new Map<string, WebSocket>();
  private readonly frames = new Frames();

  async listen(): Promise<number> {
    this.server.on('connection', (socket, { url = '' }) => {
      const named = new URL(url, 'ws://feed').searchParams.get('streams');
      for (const stream of named?.split('/') ?? []) this.takers.set(stream, socket);
      socket.on('message', (bytes: Buffer) => this.obey(socket, JSON.parse(bytes.toString()) as Request));
      socket.on('close', () => {
        for (const [stream, taker] of this.takers) if (taker === socket) this.takers.delete(stream);
      });
      socket.on('error', () => undefined);
    });
    if (this.server.address() === null) await once(this.server, 'listening');
    return (this.server.address() as AddressInfo).port;
  }

  subscribed(): Promise<number> {
    return Promise.resolve(this.takers.size);
  }

  async drive({ seconds, eventsPerSecond }: FeedDrive): Promise<Sent> {
    const streams = [...this.takers.keys()];
    const sent: Sent = { all: 0, each: Object.fromEntries(streams.map((stream) => [stream, 0])) };
    const due = eventsPerSecond === undefined ? recorded(streams, seconds) : evenly(streams, seconds, eventsPerSecond);
    const from = performance.now();
    for (const { at, stream, frames } of due) {
      while (performance.now() - from < at) await pause(1);
      for (let left = frames; left > 0; left -= 1) this.takers.get(stream)?.send(this.frames.next(stream));
      sent.all += frames;
      sent.each[stream] = (sent.each[stream] ?? 0) + frames;
    }
    return sent;
  }

  private obey(socket: WebSocket, { method, params = [], id }: Request): void {
    if (method === 'SUBSCRIBE') for (const stream of params) this.takers.set(stream, socket);
    const own = [...this.takers].flatMap(([stream, taker]) => (taker === socket ? [stream] : []));
    if (method === 'UNSUBSCRIBE') for (const stream of params) if (own.includes(stream)) this.takers.delete(stream);
    socket.send(JSON.stringify({ result: method === 'LIST_SUBSCRIPTIONS' ? own : null, id }));
  }
}

const recorded = (streams: readonly string[], seconds: number): Iterable<Due> =>
  recordedPace(streams, seconds, seeded(1));

/** All streams in turns, again and again. */
function* evenly(streams: readonly string[], seconds: number, eventsPerSecond: number): Iterable<Due> {
  for (let event = 0; event < eventsPerSecond * seconds; event += 1)
    yield { at: (event * 1_000) / eventsPerSecond, stream: streams[event % streams.length] ?? '', frames: 1 };
}

const feed = new Feed();
obey<FeedOrders>({
  listen: () => feed.listen(),
  subscribed: () => feed.subscribed(),
  drive: (drive) => feed.drive(drive),
});
