/** Rows with ids that rise by one, oldest first, the newest `limit` of them kept. */
export class RowHistory<Row extends { readonly id: number; readonly at: number }> {
  private rows: Row[] = [];

  constructor(private readonly limit: number) {}

  /** Adds the next row; drops the oldest once there are a tenth too many, so that dropping stays cheap. */
  add(row: Row): void {
    this.rows.push(row);
    if (this.rows.length > this.limit * 1.1) this.rows = this.rows.slice(-this.limit);
  }

  get newest(): Row | undefined {
    return this.rows.at(-1);
  }

  /** Up to `count` rows from `id` on; from the oldest kept where that id was pruned. */
  fromId(id: number, count: number): Row[] {
    const index = Math.max(0, id - (this.rows[0]?.id ?? 0));
    return this.rows.slice(index, index + count);
  }

  /** Up to `count` oldest rows with `from <= at <= to` (microseconds). */
  between(from: number, to: number, count: number): Row[] {
    const start = this.firstNotBefore(from);
    return this.rows.slice(start, Math.min(start + count, this.firstNotBefore(to + 1)));
  }

  /** The newest `count` rows that are not younger than `to` (microseconds). */
  latest(count: number, to = Number.MAX_SAFE_INTEGER): Row[] {
    const end = this.firstNotBefore(to + 1);
    return this.rows.slice(Math.max(0, end - count), end);
  }

  private firstNotBefore(at: number): number {
    let low = 0;
    let high = this.rows.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.rows[middle]!.at < at) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
