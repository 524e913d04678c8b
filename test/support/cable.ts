import { type AddressInfo, type Server, type Socket, connect, createServer } from 'node:net';

/** A TCP path to a port of this machine that can be cut like a cable: nothing passes, nobody is told. */
export class Cable {
  private isCut = false;
  private readonly ends = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    private readonly port: number,
  ) {
    server.on('connection', (near) => this.join(near));
  }

  static async lay(port: number): Promise<Cable> {
    const server = createServer({ allowHalfOpen: true });
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    return new Cable(server, port);
  }

  /** The port of our end. */
  get nearPort(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** From now on no byte passes in either direction, and new connections hear nothing. */
  cut(): void {
    this.isCut = true;
    for (const end of this.ends) end.pause();
  }

  /** New connections pass again; those that were cut stay dead, as they do behind a NAT that forgot them. */
  mend(): void {
    this.isCut = false;
  }

  async remove(): Promise<void> {
    for (const end of this.ends) end.destroy();
    await new Promise<void>((resolve) => {
      this.server.close(() => resolve());
    });
  }

  private join(near: Socket): void {
    this.hold(near);
    if (this.isCut) return;
    const far = connect(this.port, '127.0.0.1');
    this.hold(far);
    near.on('data', (bytes) => far.write(bytes));
    far.on('data', (bytes) => near.write(bytes));
    near.on('end', () => far.end());
    far.on('end', () => near.end());
  }

  private hold(end: Socket): void {
    this.ends.add(end);
    end.on('error', () => end.destroy());
    end.on('close', () => this.ends.delete(end));
  }
}
