import { setTimeout as pause } from 'node:timers/promises';
import { obey } from '../processes/child.js';
import { Ages } from './ages.js';
import { type Crowd, type LoadOrders, type Tally, monotonicMs } from './orders.js';
import { RawClient } from './raw-client.js';
import { dialAll, hangUp } from './waves.js';

const QUIET_MS = 100;
const QUIET_LOOKS = 10;
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
  private doors = 1;
  private readonly ages = new Ages();

  async connect({ port, doors, clients, isTimed, from }: Crowd): Promise<void> {
    this.doors = doors.length;
    const { ages } = this;
    const hear = isTimed
      ? (frames: number, { bytes }: RawClient, length: number): true => {
          if (frames > 0) ages.take(bytes.subarray(0, length), monotonicMs());
          return count(frames);
        }
      : count;
    this.clients = await dialAll(clients, doors, (door) => RawClient.dial({ port, door, hear, from }));
  }

  async settle(): Promise<void> {
    // By looks, not by time: where this process stood still for a while, what came meanwhile is not read yet.
    for (let quiet = 0; quiet < QUIET_LOOKS;) {
      const { lastReadAt } = counters;
      await pause(QUIET_MS / QUIET_LOOKS);
      quiet = counters.lastReadAt === lastReadAt ? quiet + 1 : 0;
    }
    for (const { counter } of this.clients) counter.data = 0;
    Object.assign(counters, { frames: 0, reads: 0 });
    this.ages.forget();
  }

  async tally(expected: readonly number[]): Promise<Tally> {
    const expectedOf = (at: number): number => expected[at % this.doors] ?? 0;
    const all = sum(this.clients.map((_, at) => expectedOf(at)));
    await this.patiently(() => counters.frames >= all);
    await pause(QUIET_MS);
    const off = this.clients.map(({ counter }, at) => expectedOf(at) - counter.data);
    return {
      frames: counters.frames,
      reads: counters.reads,
      lost: sum(off.filter((n) => n > 0)),
      surplus: -sum(off.filter((n) => n < 0)),
    };
  }

  latency(of: 'recent' | 'all'): ReturnType<LoadOrders['latency']> {
    return Promise.resolve(this.ages.latency(of));
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

const sum = (numbers: readonly number[]): number => numbers.reduce((total, n) => total + n, 0);

const load = new Load();
obey<LoadOrders>({
  connect: (crowd) => load.connect(crowd),
  settle: () => load.settle(),
  tally: (expected) => load.tally(expected),
  latency: (of) => load.latency(of),
  disconnect: () => load.disconnect(),
});
