import type { WebSocketAdapter, WsMessageHandler } from '@nestjs/common';
import { type Observable, lastValueFrom } from 'rxjs';
import { HoldfastError, notOk } from '#libs/core';
import type { Arrival } from './cold-starts.js';
import type { DoorEntry } from './request-path.js';
import type { Session } from './session.js';
import type { Outcome } from './wire/wire.js';

/** One gateway's path; Nest binds to it as to a server. */
interface GatewayPath {
  path: string;
  connected: ((session: Session) => void)[];
}

/**
 * Nest's WebSocket adapter: takes clients that `UwsServer` has let in to their gateway, and their commands to its handlers,
 * with their pipes and interceptors. Data does not come this way.
 */
export class UwsAdapter implements WebSocketAdapter<GatewayPath, Session, { path: string }> {
  /** Set by Nest from the application's options; sockets are always closed. */
  forceCloseConnections = true;
  /** Says whether a request has to wait before it comes in, and whose streams count as whose; set once the streams are there. */
  arrive: (entry: DoorEntry, holder: string) => Arrival | undefined = () => undefined;
  /** Says why what it names cannot be had; set at the same time. */
  lackOf: (entry: DoorEntry, holder: string) => HoldfastError | undefined = () => undefined;
  private readonly paths: GatewayPath[] = [];
  private readonly disconnected = new Map<Session, () => void>();

  create(_port: number, { path }: { path: string }): GatewayPath {
    const gateway: GatewayPath = { path, connected: [] };
    this.paths.push(gateway);
    return gateway;
  }

  bindClientConnect(gateway: GatewayPath, connected: (session: Session) => void): void {
    gateway.connected.push(connected);
  }

  bindClientDisconnect(session: Session, disconnected: () => void): void {
    if (session.isOpen) this.disconnected.set(session, disconnected);
    else disconnected();
  }

  bindMessageHandlers(
    session: Session,
    handlers: WsMessageHandler[],
    transform: (result: unknown) => Observable<Outcome>,
  ): void {
    session.run = async (command) => {
      const handler = handlers.find(({ message }) => message === command.handler);
      if (!handler) return notOk(new HoldfastError('unknown-command', `no ${command.handler} here`));
      return lastValueFrom(transform(handler.callback(command)));
    };
  }

  /** A client has come in. */
  came(session: Session): void {
    const gateway = this.paths.find(({ path }) => path === session.entry.path);
    for (const connected of gateway?.connected ?? []) connected(session);
  }

  /** A client has gone. */
  left(session: Session): void {
    const disconnected = this.disconnected.get(session);
    this.disconnected.delete(session);
    disconnected?.();
  }

  /** The sockets are the edge's to close, in its order. */
  close(): void {
    this.dispose();
  }

  dispose(): void {
    this.paths.length = 0;
  }
}
