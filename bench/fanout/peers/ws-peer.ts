import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { WebSocket, WebSocketServer } from 'ws';
import type { Listening, Peer } from './peer.js';

/** The package ws, broadcasting as its documentation shows: a loop over the clients. */
export class WsPeer implements Peer {
  private readonly server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false });

  async listen(): Promise<Listening> {
    if (this.server.address() === null) await once(this.server, 'listening');
    return { port: (this.server.address() as AddressInfo).port, doors: { ws: { path: '/' } } };
  }

  publish(text: string): void {
    for (const client of this.server.clients) if (client.readyState === WebSocket.OPEN) client.send(text);
  }
}
