import { setTimeout as pause } from 'node:timers/promises';
import { obey } from '../processes/child.js';
import { type Crowd, monotonicMs } from '../crowd/orders.js';
import { RawClient } from '../crowd/raw-client.js';
import { dialAll } from '../crowd/waves.js';
import { Arrivals } from './arrivals.js';
import type { Latencies, SlowOnes, SlowOrders, SlowTale } from './orders.js';
import { SlowReader } from './slow-reader.js';

const QUIET_MS = 100;
const PATIENCE_MS = 10_000;

/** Everybody who listens: many who are measured, and two who are slow. */
class SlowCrowd implements SlowOrders {
  private clients: RawClient[] = [];
  private readers: SlowReader[] = [];
  private arrivals = new Arrivals(0, 0, 1);
  private expected = 0;
  private lastReadAt = 0;

  async connect({ port, doors, clients }: Crowd): Promise<void> {
    const hear = (at: number) => (_frames: number, client: RawClient) => {
      this.lastReadAt = monotonicMs();
      this.arrivals.note(at, client.counter.data, this.lastReadAt);
      return true;
    };
    this.clients = await dialAll(clients, doors, (door, at) => RawClient.dial({ port, door, hear: hear(at) }));
  }

  async slow({ port, door, bytesPerSecond }: SlowOnes): Promise<void> {
    this.readers = await Promise.all(bytesPerSecond.map((pace) => SlowReader.dial(port, door, pace)));
    await this.patiently(() => this.readers.every(({ isOn }) => isOn));
    if (!this.readers.every(({ isOn }) => isOn)) throw new Error('the slow clients did not get onto the stream');
  }

  async expect({ bursts, burst }: { bursts: number; burst: number }): Promise<void> {
    while (monotonicMs() - this.lastReadAt < QUIET_MS) await pause(10);
    for (const { counter } of this.clients) counter.data = 0;
    this.arrivals = new Arrivals(this.clients.length, bursts, burst);
    this.expected = bursts * burst;
  }

  async latencies(publishedAt: number[]): Promise<Latencies> {
    await this.patiently(() => this.arrivals.isWhole);
    const lost = this.clients.reduce((sum, { counter }) => sum + Math.max(0, this.expected - counter.data), 0);
    return this.arrivals.latencies(publishedAt, lost);
  }

  leave(): Promise<SlowTale[]> {
    const tales = this.readers.map((reader) => reader.leave());
    this.readers = [];
    return Promise.resolve(tales);
  }

  /** Waits for `condition`, for as long as anything still comes. */
  private async patiently(condition: () => boolean): Promise<void> {
    this.lastReadAt = monotonicMs();
    while (!condition() && monotonicMs() - this.lastReadAt < PATIENCE_MS) await pause(5);
  }
}

const crowd = new SlowCrowd();
obey<SlowOrders>({
  connect: (asked) => crowd.connect(asked),
  slow: (ones) => crowd.slow(ones),
  expect: (drive) => crowd.expect(drive),
  latencies: (publishedAt) => crowd.latencies(publishedAt),
  leave: () => crowd.leave(),
});
