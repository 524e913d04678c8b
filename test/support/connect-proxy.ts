import { type Server, createServer } from 'node:http';
import { type AddressInfo, type Socket, connect } from 'node:net';

/** What somebody asked the proxy for. */
interface Asked {
  authority: string;
  authorization: string | undefined;
}

/** An HTTP proxy that does CONNECT, and leads every name to one port of this machine. */
export class ConnectProxy {
  readonly asked: Asked[] = [];
  private readonly sockets = new Set<Socket>();

  private constructor(private readonly server: Server) {}

  /** @param answer what it answers with; 200 leads on. */
  static async start(port: number, answer = '200 Connection established'): Promise<ConnectProxy> {
    const server = createServer();
    const proxy = new ConnectProxy(server);
    server.on('connection', (socket) => proxy.sockets.add(socket));
    server.on('connect', ({ url = '', headers }, client: Socket, head: Buffer) => {
      proxy.asked.push({ authority: url, authorization: headers['proxy-authorization'] });
      client.on('error', () => undefined);
      if (!answer.startsWith('200')) return void client.end(`HTTP/1.1 ${answer}\r\n\r\n`);
      const onward = connect(port, '127.0.0.1');
      onward.on('error', () => client.destroy());
      client.on('close', () => onward.destroy());
      client.write(`HTTP/1.1 ${answer}\r\n\r\n`);
      onward.write(head);
      client.pipe(onward).pipe(client);
    });
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  stop(): void {
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
  }
}
