import { lookup as systemLookup } from 'node:dns';
import type { LookupAddress, LookupOptions } from 'node:dns';
import { Socket, isIP } from 'node:net';
import type { Clock, Millis } from '#libs/core';

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
  return new Promise((found, failed) => race(addresses, port, parts, found, failed));
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

function race(
  addresses: readonly string[],
  port: number,
  { clock, signal }: ConnectParts,
  found: (socket: Socket) => void,
  failed: (error: Error) => void,
): void {
  const open = new Set<Socket>();
  const waiting = [...addresses];
  let cancelNext = (): void => undefined;
  let lastError = new Error('the name has no address');

  const finish = (winner?: Socket): void => {
    cancelNext();
    signal.removeEventListener('abort', aborted);
    for (const socket of open) if (socket !== winner) socket.destroy();
  };
  const aborted = (): void => {
    finish();
    failed(signal.reason as Error);
  };
  const next = (): void => {
    cancelNext();
    const address = waiting.shift();
    if (address === undefined) {
      if (open.size > 0) return;
      finish();
      return failed(lastError);
    }
    const socket = new Socket().connect({ host: address, port, noDelay: true });
    open.add(socket);
    const lost = (error: Error): void => {
      lastError = error;
      if (open.delete(socket)) next();
    };
    socket.once('error', lost);
    socket.once('connect', () => {
      socket.off('error', lost);
      finish(socket);
      found(socket);
    });
    cancelNext = clock.after(STAGGER_MS, next);
  };

  if (signal.aborted) return aborted();
  signal.addEventListener('abort', aborted);
  next();
}
