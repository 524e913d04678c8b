import type { Duplex } from 'node:stream';
import { isIP } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import { type ConnectParts, type Peer, connectSideBySide, hostOf, portOf, tunnel } from '#libs/rest';

/** What an attempt was waiting for, for the sentence about its end. */
export type ConnectStage =
  'no TCP connection' | 'no answer of the proxy' | 'no TLS handshake' | 'no whole answer to the upgrade';

/** Makes the connections that a WebSocket is spoken over. */
export class Dialing {
  stage: ConnectStage = 'no TCP connection';

  /** @param proxy through which the peer is reached; absent where it is reached directly. */
  constructor(
    private readonly parts: ConnectParts,
    readonly proxy?: URL,
  ) {}

  /** Resolves as soon as there is something to write to: over TLS what is written waits for the handshake. */
  async connect(peer: Peer, tls: ConnectionOptions | undefined): Promise<Duplex> {
    const socket = await this.reach(peer);
    if (this.parts.signal.aborted) {
      socket.destroy();
      throw this.parts.signal.reason;
    }
    if (!tls) {
      this.stage = 'no whole answer to the upgrade';
      return socket;
    }
    this.stage = 'no TLS handshake';
    return connectTls({ ...tls, socket, host: peer.host, servername: serverName(peer) }, () => {
      this.stage = 'no whole answer to the upgrade';
    });
  }

  private async reach(peer: Peer): Promise<Duplex> {
    const { proxy, parts } = this;
    if (!proxy) return connectSideBySide(peer, parts);
    const itself = { host: hostOf(proxy), port: portOf(proxy) };
    const socket = await connectSideBySide(itself, parts);
    this.stage = 'no answer of the proxy';
    const over =
      proxy.protocol === 'https:' ? connectTls({ socket, host: itself.host, servername: serverName(itself) }) : socket;
    return tunnel(proxy, over, peer, parts.signal);
  }
}

const serverName = ({ host }: Peer): string => (isIP(host) > 0 ? '' : host);
