import { setTimeout as pause } from 'node:timers/promises';
import { obey } from './child.js';
import type { Crowd, LoadOrders, Tally } from './orders.js';
import { RawClient } from './raw-client.js';
import { dialAll, hangUp } from './waves.js';

const QUIET_MS = 100;
const PATIENCE_MS = 10_000;

const counters = { frames: 0, reads: 0, lastReadAt: 0 };

function count(frames: number): true {
  counters.lastReadAt = performance.now();
  if (frames > 0) {
    counters.frames += frames;
    counters.reads += 1;
  }
  return true;
}

class Load implements LoadOrders {
  private clients: RawClient[] = [];

  async connect({ port, door, clients }: Crowd): Promise<void> {
    this.clients = await dialAll(clients, door, () => RawClient.dial(port, door, count));
  }

  async settle(): Promise<void> {
    while (performance.now() - counters.lastReadAt < QUIET_MS) await pause(10);
    for (const { counter } of this.clients) counter.data = 0;
    Object.assign(counters, { frames: 0, reads: 0 });
  }

  async tally(expected: number): Promise<Tally> {
    await this.patiently(() => counters.frames >= expected * this.clients.length);
    await pause(QUIET_MS);
    const off = this.clients.map(({ counter }) => expected - counter.data);
    const sum = (numbers: number[]): number => numbers.reduce((total, n) => total + n, 0);
    return {
      frames: counters.frames,
      reads: counters.reads,
      lost: sum(off.filter((n) => n > 0)),
      surplus: -sum(off.filter((n) => n < 0)),
    };
  }

  async disconnect(): Promise<void> {
    const { clients } = this;
    this.clients = [];
    await hangUp(clients);
  }

  /** Waits for `condition`, for as long as anything still comes. */
  private async patiently(condition: () => boolean): Promise<void> {
    counters.lastReadAt = performance.now();
    while (!condition() && performance.now() - counters.lastReadAt < PATIENCE_MS) await pause(5);
  }
}

const load = new Load();
obey<LoadOrders>({
  connect: (crowd) => load.connect(crowd),
  settle: () => load.settle(),
  tally: (expected) => load.tally(expected),
  disconnect: () => load.disconnect(),
});
