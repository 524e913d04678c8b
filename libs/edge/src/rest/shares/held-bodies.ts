/** What a reader takes beside the body: its socket's buffers, and what is remembered of it. */
const READER_BYTES = 2_000;

/** Bodies that cannot be let go, each counted once however many read it. */
export class HeldBodies {
  /** What their readers take. */
  readerBytes = 0;
  private bodyBytes = 0;
  private readonly readers = new Map<Buffer, number>();

  /** What all of that takes. */
  get bytes(): number {
    return this.bodyBytes + this.readerBytes;
  }

  has(body: Buffer): boolean {
    return this.readers.has(body);
  }

  /** What one more reader takes. */
  costOf(body: Buffer): number {
    return READER_BYTES + (this.has(body) ? 0 : body.byteLength);
  }

  add(body: Buffer): void {
    if (!this.has(body)) this.bodyBytes += body.byteLength;
    this.readerBytes += READER_BYTES;
    this.readers.set(body, (this.readers.get(body) ?? 0) + 1);
  }

  /** One reader less. */
  remove(body: Buffer): void {
    const left = (this.readers.get(body) ?? 1) - 1;
    this.readerBytes -= READER_BYTES;
    if (left > 0) return void this.readers.set(body, left);
    this.readers.delete(body);
    this.bodyBytes -= body.byteLength;
  }
}
