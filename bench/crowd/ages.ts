import type { Buffer } from 'node:buffer';
import { type RecordableHistogram, createHistogram } from 'node:perf_hooks';
import type { Latency } from './orders.js';

/**
 * Quantities of frames say when they were sent: microseconds of `monotonicMs` as a number of twelve digits, then these decimals, which
 * no other number has. Every wire passes a quantity on as it is.
 */
const MARK = '.31415926"';
const DIGITS = 12;
const FIRST = 10 ** (DIGITS - 1);
const RANGE = 8 * FIRST;
const ZERO = 0x30;

/** The quantity of a frame that is sent at this moment. */
export const sentAt = (ms: number): string => FIRST + (Math.floor(ms * 1_000) % RANGE) + MARK.slice(0, -1);

/** How old messages are when they are read. A time that lies across the end of a read is left out. */
export class Ages {
  private readonly recent = histogram();
  private readonly all = histogram();

  /** Looks through bytes that were read at this moment. */
  take(bytes: Buffer, nowMs: number): void {
    const now = Number(sentAt(nowMs).slice(0, DIGITS));
    for (let at = bytes.indexOf(MARK); at >= 0; at = bytes.indexOf(MARK, at + MARK.length)) {
      if (at < DIGITS) continue;
      let sent = 0;
      for (let digit = at - DIGITS; digit < at; digit += 1) sent = sent * 10 + (bytes[digit] ?? ZERO) - ZERO;
      this.recent.record(Math.max(1, (now - sent + RANGE) % RANGE));
    }
  }

  /** What has been taken and not asked for is not to be measured. */
  forget(): void {
    this.recent.reset();
  }

  /** What was taken since it was last asked for: since anything was, or since all was. */
  latency(of: 'recent' | 'all'): Latency {
    const micros = this[of];
    const at = (share: number): number => micros.percentile(share) / 1_000;
    const latency = { p50: at(50), p99: at(99), most: micros.max / 1_000, messages: micros.count };
    if (of === 'recent' && micros.count > 0) this.all.add(this.recent);
    micros.reset();
    return latency;
  }
}

const histogram = (): RecordableHistogram => createHistogram({ lowest: 1, highest: 3_600_000_000, figures: 3 });
