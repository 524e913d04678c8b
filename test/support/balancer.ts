import { once } from 'node:events';
import { type AddressInfo, type Server, type Socket, connect, createServer } from 'node:net';

/**
 * Spreads connections over ports of this machine, as a Service of Kubernetes does over pods: each new one goes to the next that is
 * ready, and stays where it is for good.
 */
export class Balancer {
  private readonly ends = new Set<Socket>();
  private turn = 0;

  private constructor(
    private readonly server: Server,
    private readonly ready: () => readonly number[],
  ) {
    server.on('connection', (near) => this.welcome(near));
  }

  /** @param ready the ports that may be given new connections now. */
  static async start(ready: () => readonly number[]): Promise<Balancer> {
    const server = createServer({ allowHalfOpen: true, noDelay: true }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new Balancer(server, ready);
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    for (const end of this.ends) end.destroy();
    this.server.close();
    await once(this.server, 'close');
  }

  private welcome(near: Socket): void {
    this.hold(near);
    const ports = this.ready();
    const port = ports[this.turn % ports.length];
    this.turn += 1;
    if (port === undefined) return void near.resetAndDestroy();
    const far = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
    this.hold(far);
    near.pipe(far);
    far.pipe(near);
    near.on('close', () => far.destroy());
    far.on('close', () => near.destroy());
  }

  private hold(end: Socket): void {
    this.ends.add(end);
    end.on('error', () => end.destroy());
    end.on('close', () => this.ends.delete(end));
  }
}
