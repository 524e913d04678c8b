import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import type { Door } from './orders.js';
import type { RawClient } from './raw-client.js';

/** Not many at once, so that no listen queue overflows. */
const DIALS_AT_ONCE = 50;
const PATIENCE_MS = 10_000;

/** Connects a crowd and waits until all are on the stream; rejects where one is not let in, saying why. */
export async function dialAll(
  clients: number,
  doors: readonly Door[],
  dial: (door: Door, at: number) => Promise<RawClient>,
): Promise<RawClient[]> {
  const [first = { path: '/' }] = doors;
  const doorOf = (at: number): Door => doors[at % doors.length] ?? first;
  const all: RawClient[] = [];
  while (all.length < clients) {
    const wave = Math.min(DIALS_AT_ONCE, clients - all.length);
    all.push(
      ...(await Promise.all(Array.from({ length: wave }, (_, at) => dial(doorOf(all.length + at), all.length + at)))),
    );
  }
  const from = performance.now();
  while (!all.every((one) => one.isIn || one.problem !== undefined) && performance.now() - from < PATIENCE_MS)
    await pause(5);
  const [out, ...others] = all.filter((client) => !client.isIn);
  if (!out) return all;
  const why = out.problem ?? 'nothing came';
  throw new Error(`${others.length + 1} of ${clients} clients did not get onto the stream at ${first.path}: ${why}`);
}

/** Resolves when all sockets are closed. A reset leaves no TIME_WAIT behind, so that the next thousand clients find a free local port. */
export async function hangUp(clients: readonly RawClient[]): Promise<void> {
  const open = clients.filter(({ socket }) => !socket.closed);
  const closed = open.map(({ socket }) => once(socket, 'close'));
  for (const { socket } of clients) socket.resetAndDestroy();
  await Promise.all(closed);
}
