import type { Duplex } from 'node:stream';
import { isIP } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import { type ConnectParts, type Peer, connectSideBySide } from './side-by-side.js';

/** What an attempt was waiting for, for the sentence about its end. */
export type Stage = 'no TCP connection' | 'no TLS handshake' | 'no whole answer to the upgrade';

/** Makes the connections that a WebSocket is spoken over. */
export class Dialing {
  stage: Stage = 'no TCP connection';

  constructor(private readonly parts: ConnectParts) {}

  /** Resolves as soon as there is something to write to: over TLS what is written waits for the handshake. */
  async connect(peer: Peer, tls: ConnectionOptions | undefined): Promise<Duplex> {
    const socket = await connectSideBySide(peer, this.parts);
    if (this.parts.signal.aborted) {
      socket.destroy();
      throw this.parts.signal.reason;
    }
    if (!tls) {
      this.stage = 'no whole answer to the upgrade';
      return socket;
    }
    this.stage = 'no TLS handshake';
    const servername = isIP(peer.host) ? '' : peer.host;
    return connectTls({ ...tls, socket, host: peer.host, servername }, () => {
      this.stage = 'no whole answer to the upgrade';
    });
  }
}
