import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { type WebSocket, WebSocketServer } from 'ws';
import { stamp } from '#libs/core';
import { systemClock } from '#libs/runtime';
import { obey } from '../fanout/child.js';
import type { FeedDrive, FeedOrders } from './orders.js';

interface Request {
  method: string;
  params?: string[];
  id: number;
}

/** Binance as far as a benchmark needs it: streams of the URL and SUBSCRIBE, trades with ids that follow each other. */
class Feed implements FeedOrders {
  private readonly server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false });
  /** Who gets each stream. */
  private readonly takers = new Map<string, WebSocket>();
  private readonly ids = new Map<string, number>();
  private next = 0;

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

  async drive({ eventsPerSecond, seconds }: FeedDrive): Promise<number> {
    const [streams, from, all] = [[...this.takers.keys()], performance.now(), eventsPerSecond * seconds];
    let sent = 0;
    while (sent < all) {
      const due = Math.min(all, Math.floor(((performance.now() - from) * eventsPerSecond) / 1_000));
      for (; sent < due; sent += 1) this.send(streams[this.next++ % streams.length] ?? '');
      await pause(1);
    }
    return sent;
  }

  private obey(socket: WebSocket, { method, params = [], id }: Request): void {
    if (method === 'SUBSCRIBE') for (const stream of params) this.takers.set(stream, socket);
    if (method === 'UNSUBSCRIBE') for (const stream of params) this.takers.delete(stream);
    socket.send(JSON.stringify({ result: method === 'LIST_SUBSCRIPTIONS' ? [...this.takers.keys()] : null, id }));
  }

  private send(stream: string): void {
    const id = (this.ids.get(stream) ?? 1_000) + 1;
    this.ids.set(stream, id);
    const symbol = stream.slice(0, stream.indexOf('@')).toUpperCase();
    const at = stamp(systemClock);
    const price = `${60_000 + (id % 1_000)}.01000000`;
    this.takers
      .get(stream)
      ?.send(
        `{"stream":"${stream}","data":{"e":"trade","E":${at},"s":"${symbol}","t":${id},"p":"${price}","q":"0.00120000","T":${at},"m":${id % 2 === 0},"M":true}}`,
      );
  }
}

const feed = new Feed();
obey<FeedOrders>({
  listen: () => feed.listen(),
  subscribed: () => feed.subscribed(),
  drive: (drive) => feed.drive(drive),
});
