import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { Server } from 'socket.io';
import type { Listening, Peer } from './peer.js';

/** An hour: its pings are messages to a client that only counts. */
const LONG_MS = 3_600_000;

/** socket.io over WebSocket, with its in-memory adapter; everybody is in its default namespace. */
export class SocketIoPeer implements Peer {
  private readonly http = createServer();
  private readonly server = new Server(this.http, {
    transports: ['websocket'],
    pingInterval: LONG_MS,
    pingTimeout: LONG_MS,
  });

  async listen(): Promise<Listening> {
    this.http.listen(0, '127.0.0.1');
    await once(this.http, 'listening');
    // It says hello itself, and answers when a client asks for the namespace.
    const door = { path: '/socket.io/?EIO=4&transport=websocket', hello: '40', greetings: 1 };
    return { port: (this.http.address() as AddressInfo).port, doors: { 'socket.io': door } };
  }

  publish(text: string): void {
    this.server.emit('trade', text);
  }
}
