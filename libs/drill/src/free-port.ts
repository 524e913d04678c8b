import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { type Server, createServer } from 'node:net';

/** Below those that the kernel gives to outgoing connections (from 32,768 on): one of them could take a port before it is used. */
const FIRST = 15_000;
const LAST = 32_000;
const BLOCK = 200;

/** The first port of a block that is ours for as long as this process lives. */
let ours: Promise<number> | undefined;
let next = 0;

/**
 * A port of 127.0.0.1 that nobody listens on, for a process that is yet to begin. Of those who ask this, in whatever process, nobody gets the same one
 * before it is used: each process keeps a block of ports to itself by listening on the first of them.
 */
export async function freePort(): Promise<number> {
  const first = await (ours ??= takeBlock());
  for (;;) {
    next = (next % (BLOCK - 1)) + 1;
    const port = first + next;
    const server = await listenOn(port);
    if (!server) continue;
    server.close();
    await once(server, 'close');
    return port;
  }
}

async function takeBlock(): Promise<number> {
  for (;;) {
    const first = FIRST + BLOCK * randomInt(0, (LAST - FIRST) / BLOCK);
    const server = await listenOn(first);
    server?.unref();
    if (server) return first;
  }
}

async function listenOn(port: number): Promise<Server | undefined> {
  const server = createServer().listen(port, '127.0.0.1');
  return once(server, 'listening').then(
    () => server,
    () => undefined,
  );
}
