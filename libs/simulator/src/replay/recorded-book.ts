type RecordedLevel = readonly [price: string, quantity: string];

/** A book or a diff as recorded, in the words of the wire. */
export interface RecordedSnapshot {
  lastUpdateId: number;
  bids: readonly RecordedLevel[];
  asks: readonly RecordedLevel[];
}

export interface RecordedDiff {
  U: number;
  u: number;
  b: readonly RecordedLevel[];
  a: readonly RecordedLevel[];
}

/** The book of a recording: the recorded snapshot, and the diffs that were played since. Without a snapshot only what diffs have told. */
export class RecordedBook {
  private readonly bids = new Map<string, string>();
  private readonly asks = new Map<string, string>();
  private id: number | undefined;

  constructor(snapshot?: RecordedSnapshot) {
    if (!snapshot) return;
    this.id = snapshot.lastUpdateId;
    set(this.bids, snapshot.bids);
    set(this.asks, snapshot.asks);
  }

  /** Takes a diff; one that the snapshot has already is nothing new. */
  apply({ u, b, a }: RecordedDiff): void {
    if (this.id !== undefined && u <= this.id) return;
    this.id = u;
    set(this.bids, b);
    set(this.asks, a);
  }

  /** As REST gives it; undefined while nothing is known. */
  top(limit: number): RecordedSnapshot | undefined {
    if (this.id === undefined) return undefined;
    const sorted = (side: Map<string, string>, sign: 1 | -1): RecordedLevel[] =>
      [...side].sort(([one], [other]) => sign * (Number(one) - Number(other))).slice(0, limit);
    return { lastUpdateId: this.id, bids: sorted(this.bids, -1), asks: sorted(this.asks, 1) };
  }
}

function set(side: Map<string, string>, levels: readonly RecordedLevel[]): void {
  for (const [price, quantity] of levels)
    if (Number(quantity) === 0) side.delete(price);
    else side.set(price, quantity);
}
