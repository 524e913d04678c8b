import type { MarketFrame, Drift, UnknownFrame } from '#libs/binance';
import type { Millis } from '#libs/core';

/** One kind of thing that Binance sends and its documentation does not know. */
export interface DriftRecord {
  what: Drift['what'];
  where: string;
  count: number;
  firstAt: Millis;
  lastAt: Millis;
  /** The payload in which it was first seen, as JSON, cut to a length. */
  sample: string;
}

/** Kinds that are told apart; further ones are only counted. */
const MOST_KINDS = 200;
const LONGEST_SAMPLE = 2_000;

/** What has drifted from the documentation: counted, and sampled once per kind. */
export class DriftLog {
  /** All sightings, those of kinds beyond the limit included. */
  count = 0;
  private readonly kinds = new Map<string, DriftRecord>();

  constructor(private readonly onNew: (record: DriftRecord) => void = () => undefined) {}

  note(seen: readonly Drift[], frame: MarketFrame | UnknownFrame, now: Millis): void {
    for (const one of seen) this.noteOne(one, frame, now);
  }

  read(): DriftRecord[] {
    return [...this.kinds.values()];
  }

  private noteOne({ what, where }: Drift, frame: MarketFrame | UnknownFrame, now: Millis): void {
    this.count += 1;
    const type = frame.kind === 'market' ? frame.name.type : '';
    const key = `${what} ${type} ${where}`;
    const known = this.kinds.get(key);
    if (known) {
      known.count += 1;
      known.lastAt = now;
      return;
    }
    if (this.kinds.size >= MOST_KINDS) return;
    const sample = JSON.stringify(frame.data).slice(0, LONGEST_SAMPLE);
    const record = {
      what,
      where: type === '' ? where : `${type}: ${where}`,
      count: 1,
      firstAt: now,
      lastAt: now,
      sample,
    };
    this.kinds.set(key, record);
    this.onNew(record);
  }
}
