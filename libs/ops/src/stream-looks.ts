import type { Millis, StreamName } from '#libs/core';
import { type Rates, fieldsOf, linesOf, numberIn, textIn } from '#libs/page';

/** Of a stream that was just asked for it is normal that nothing has come yet, and of a quiet one for long. */
const NEW = new Set(['subscribing', 'acknowledged']);

/** States in which clients miss something now. What an announced gap has named is missed, but the stream flows. */
const UNWELL = new Set(['recovering', 'stale']);

/** How many of these lines of `/status` are of streams that do not flow as they should. */
export const unwellIn = (lines: unknown): number =>
  linesOf(lines).filter((line) => {
    const fields = fieldsOf(line);
    return UNWELL.has(textIn(fields, 'state') ?? '') && !NEW.has(textIn(fields, 'cause') ?? '');
  }).length;

/** Half of the streams whose newest event says when it was sent were not later than this; null where none does. */
export function medianLagOf(lines: unknown): Millis | null {
  const lags = linesOf(lines).flatMap((line) => numberIn(fieldsOf(line), 'lagMs') ?? []);
  return lags.sort((one, other) => one - other)[Math.floor(lags.length / 2)] ?? null;
}

/** How many events each stream brings in a second, between two looks. */
export class StreamRates {
  private before: ReadonlyMap<StreamName, number> = new Map();
  private beforeAt: Millis | undefined;
  rates: Rates = new Map();

  /** @param counter the field that counts: what was heard from Binance, or how far the places of a stream are. */
  look(lines: unknown, counter: 'heard' | 'seq', now: Millis): void {
    const counts = new Map<StreamName, number>();
    for (const line of linesOf(lines)) {
      const fields = fieldsOf(line);
      const [name, count] = [textIn(fields, 'stream'), numberIn(fields, counter)];
      if (name !== null && count !== null) counts.set(name, count);
    }
    const spanMs = now - (this.beforeAt ?? now);
    if (spanMs > 0) this.rates = ratesOf(this.before, counts, spanMs);
    this.before = counts;
    this.beforeAt = now;
  }
}

function ratesOf(
  before: ReadonlyMap<StreamName, number>,
  counts: ReadonlyMap<StreamName, number>,
  spanMs: Millis,
): Rates {
  const rates = new Map<StreamName, number>();
  for (const [name, count] of counts) {
    const was = before.get(name);
    // In a new term places begin anew.
    if (was !== undefined && count >= was) rates.set(name, Number((((count - was) * 1_000) / spanMs).toPrecision(2)));
  }
  return rates;
}
