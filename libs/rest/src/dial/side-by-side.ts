import { lookup as systemLookup } from 'node:dns';
import type { LookupAddress, LookupOptions } from 'node:dns';
import { Socket, isIP } from 'node:net';
import type { Cancel, Clock, Millis } from '#libs/core';

/** How a name becomes addresses; `dns.lookup` but in tests. */
export type Lookup = (
  name: string,
  options: LookupOptions & { all: true },
  done: (error: Error | null, addresses: LookupAddress[]) => void,
) => void;

/** Whom to reach. */
export interface Peer {
  host: string;
  port: number;
}

/** How a connection is made. */
export interface ConnectParts {
  clock: Clock;
  /** Ends everything that is under way. */
  signal: AbortSignal;
  lookup?: Lookup;
}

/**
 * So long the last address has for itself before the next one is tried beside it.
 *
 * @see https://www.rfc-editor.org/rfc/rfc8305#section-5
 */
const STAGGER_MS: Millis = 250;

/**
 * Opens a TCP connection to whichever address of a host answers first. Node would give each address 250 ms and then cut it,
 * so that a slow path never connects; here an attempt goes on until another has won or the signal ends them all.
 */
export async function connectSideBySide({ host, port }: Peer, parts: ConnectParts): Promise<Socket> {
  const addresses = isIP(host) ? [host] : interleaved(await resolve(host, parts));
  return new Promise((found, failed) => new AddressRace(addresses, port, parts, { found, failed }).start());
}

function resolve(host: string, { lookup = systemLookup }: ConnectParts): Promise<LookupAddress[]> {
  return new Promise((resolve, reject) =>
    lookup(host, { all: true }, (error, addresses) => (error ? reject(error) : resolve(addresses))),
  );
}

/** The families take turns, the resolver's favourite first: a family without a way out costs one stagger, not one per address. */
function interleaved(addresses: readonly LookupAddress[]): string[] {
  const [first] = addresses;
  const some = addresses.filter(({ family }) => family === first?.family);
  const others = addresses.filter(({ family }) => family !== first?.family);
  return some
    .flatMap((one, at) => [one, others[at]])
    .concat(others.slice(some.length))
    .flatMap((one) => one?.address ?? []);
}

/** The addresses of one host on their way; over when one is connected, all have failed, or it is given up. */
class AddressRace {
  private readonly running = new Set<Socket>();
  private readonly waiting: string[];
  private cancelNext: Cancel | undefined;
  private lastError = new Error('the name has no address');

  constructor(
    addresses: readonly string[],
    private readonly port: number,
    private readonly parts: ConnectParts,
    private readonly tell: { found: (socket: Socket) => void; failed: (error: Error) => void },
  ) {
    this.waiting = [...addresses];
  }

  start(): void {
    const { signal } = this.parts;
    if (signal.aborted) return this.aborted();
    signal.addEventListener('abort', this.aborted);
    this.next();
  }

  private readonly aborted = (): void => {
    this.finish();
    this.tell.failed(this.parts.signal.reason as Error);
  };

  private next(): void {
    this.cancelNext?.();
    const address = this.waiting.shift();
    if (address !== undefined) {
      this.cancelNext = this.parts.clock.after(STAGGER_MS, () => this.next());
      return this.tryAddress(address);
    }
    if (this.running.size > 0) return;
    this.finish();
    this.tell.failed(this.lastError);
  }

  private tryAddress(address: string): void {
    const socket = new Socket();
    const lost = (error: Error): void => {
      this.lastError = error;
      if (this.running.delete(socket)) this.next();
    };
    this.running.add(socket);
    socket.once('error', lost);
    socket.once('connect', () => {
      socket.off('error', lost);
      this.finish(socket);
      this.tell.found(socket);
    });
    socket.connect({ host: address, port: this.port, noDelay: true });
  }

  private finish(winner?: Socket): void {
    this.cancelNext?.();
    this.parts.signal.removeEventListener('abort', this.aborted);
    const losers = [...this.running].filter((socket) => socket !== winner);
    this.running.clear();
    for (const socket of losers) socket.destroy();
  }
}
