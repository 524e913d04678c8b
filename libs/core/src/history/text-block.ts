/**
 * Texts one behind the other, as bytes outside of the heap. What is kept for minutes costs garbage collection nothing there; as strings each
 * would be moved twice and then looked at again and again, which was a fifth of an edge's time. Its history writes into it in line.
 */
export class TextBlock {
  /** Where each of them ends. */
  readonly ends: number[] = [];

  /** @param first which text of its history comes first here. */
  constructor(
    readonly first: number,
    readonly bytes: Buffer,
  ) {}

  get size(): number {
    return this.bytes.length;
  }

  /** Which text would come next. */
  get end(): number {
    return this.first + this.ends.length;
  }

  /** The text with this number. */
  at(number: number): string {
    return this.bytes.toString('utf8', this.startOf(number), this.ends[number - this.first]);
  }

  sizeOf(number: number): number {
    return (this.ends[number - this.first] ?? 0) - this.startOf(number);
  }

  private startOf(number: number): number {
    return this.ends[number - this.first - 1] ?? 0;
  }
}
