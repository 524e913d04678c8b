import type { Server } from 'node:http';
import { type INestApplication, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { WsAdapter } from '@nestjs/platform-ws';
import { WebSocketGateway, WebSocketServer } from '@nestjs/websockets';
import { WebSocket, type WebSocketServer as WsServer } from 'ws';
import type { Listening, Peer } from './peer.js';

@WebSocketGateway({ path: '/' })
class BroadcastGateway {
  @WebSocketServer() private readonly server!: WsServer;

  broadcast(text: string): void {
    for (const client of this.server.clients) {
      if (client.readyState === WebSocket.OPEN) client.send(text);
    }
  }
}

@Module({ providers: [BroadcastGateway] })
class BroadcastModule {}

/** Nest's own WebSocket adapter, broadcasting as its users do: a loop over the clients. */
export class NestPeer implements Peer {
  private gateway: BroadcastGateway | undefined;

  async listen(): Promise<Listening> {
    const app = await NestFactory.create<INestApplication<Server>>(BroadcastModule, { logger: ['error'] });
    app.useWebSocketAdapter(new WsAdapter(app));
    await app.listen(0, '127.0.0.1');
    this.gateway = app.get(BroadcastGateway);
    const address = app.getHttpServer().address();
    if (address === null || typeof address === 'string') throw new Error('Nest is not listening on a port');
    return { port: address.port, doors: { nest: { path: '/' } } };
  }

  publish(text: string): void {
    this.gateway?.broadcast(text);
  }
}
