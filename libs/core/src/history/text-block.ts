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

/** One block behind the other. Texts are numbered from the first one that ever was in any of them. */
export class TextBlocks {
  /** The number of the oldest one that is there. */
  from = 0;
  newest: TextBlock | undefined;
  private readonly all: TextBlock[] = [];

  /** The number that the next one will have. */
  get end(): number {
    return this.newest?.end ?? this.from;
  }

  at(number: number): string {
    return this.all.findLast(({ first }) => first <= number)?.at(number) ?? '';
  }

  /** From that number on. */
  after(number: number): string[] {
    return Array.from({ length: this.end - number }, (_, index) => this.at(number + index));
  }

  /** One more block for what comes next. */
  begin(bytes: Buffer): TextBlock {
    this.newest = new TextBlock(this.end, bytes);
    this.all.push(this.newest);
    return this.newest;
  }

  /** @returns how many bytes the oldest text had, and those of its block where no other is in it any more. */
  dropOldest(): { bytes: number; emptied?: Buffer } {
    const [block] = this.all;
    if (!block) return { bytes: 0 };
    const bytes = block.sizeOf(this.from);
    this.from += 1;
    if (this.from < block.end) return { bytes };
    this.all.shift();
    if (this.all.length === 0) this.newest = undefined;
    return { bytes, emptied: block.bytes };
  }
}
