import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises';
import { stamp } from '#libs/core';
import { systemClock } from '#libs/runtime';
import { monotonicMs } from '../crowd/orders.js';
import { obey } from '../processes/child.js';
import { cpuMicrosOf } from '../processes/usage.js';
import { tradeText } from './peers/message.js';
import type { Drive, ServerOrders, Spent } from './orders.js';
import { makePeer } from './peers/index.js';
import type { Peer } from './peers/peer.js';

/** Publishes on a schedule that does not wait for anybody; a burst that is late goes out in a turn of its own. */
class Publisher {
  private seq = 0;
  private before = 0;
  private start = performance.now();
  /** When each burst of the last drive went out. */
  publishedAt: number[] = [];

  constructor(private readonly peer: Peer) {}

  async drive({ bursts, burst, periodMs }: Drive): Promise<void> {
    this.before = this.cpuMicros();
    this.start = performance.now();
    this.publishedAt = [];
    for (let turn = 0; turn < bursts; turn += 1) {
      const early = this.start + turn * periodMs - performance.now();
      await (early > 0 ? pause(early) : nextTurn());
      this.publishedAt.push(monotonicMs());
      for (let i = 0; i < burst; i += 1) this.publishOne();
    }
  }

  spent(): Spent {
    return { cpuMicros: this.cpuMicros() - this.before, elapsedMs: performance.now() - this.start };
  }

  private cpuMicros(): number {
    return (this.peer.pids?.() ?? [process.pid]).reduce((sum, pid) => sum + cpuMicrosOf(pid), 0);
  }

  private publishOne(): void {
    this.seq += 1;
    this.peer.publish(tradeText(this.seq, stamp(systemClock)), this.seq);
  }
}

const peer = await makePeer(process.argv[2] ?? '');
const publisher = new Publisher(peer);

process.on('exit', () => peer.end?.());
obey<ServerOrders>({
  listen: () => peer.listen(),
  drive: (drive) => publisher.drive(drive),
  spent: () => Promise.resolve(publisher.spent()),
  published: () => Promise.resolve(publisher.publishedAt),
});
