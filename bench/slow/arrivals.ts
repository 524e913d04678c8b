import { quantile } from '../suite/statistics.js';
import type { Latencies } from './orders.js';

/** When the last message of each burst was at each client. */
export class Arrivals {
  private readonly at: Float64Array;
  private readonly reached: Uint32Array;

  constructor(
    clients: number,
    private readonly bursts: number,
    private readonly burst: number,
  ) {
    this.at = new Float64Array(clients * bursts);
    this.reached = new Uint32Array(clients);
  }

  /** Bursts that are there, over all clients. */
  whole = 0;

  get isWhole(): boolean {
    return this.whole === this.at.length;
  }

  /** A client has so many messages in all, at this moment. */
  note(client: number, messages: number, now: number): void {
    const until = Math.min(this.bursts, Math.floor(messages / this.burst));
    for (let burst = this.reached[client] ?? 0; burst < until; burst += 1) {
      this.at[client * this.bursts + burst] = now;
      this.whole += 1;
    }
    this.reached[client] = Math.max(until, this.reached[client] ?? 0);
  }

  latencies(publishedAt: readonly number[], lost: number): Latencies {
    const all = this.at
      .map((at, index) => (at === 0 ? Number.NaN : at - (publishedAt[index % this.bursts] ?? Number.NaN)))
      .filter((latency) => !Number.isNaN(latency))
      .sort();
    return { p50: quantile(all, 0.5), p99: quantile(all, 0.99), most: all.at(-1) ?? 0, lost };
  }
}
