import type { Millis } from '#libs/core';

/** Memory is taken in pieces of this size; a longer frame gets a piece of its own. */
const CHUNK_BYTES = 256 * 1_024;

/** More frames are not put into one chunk, however short they are. */
export const FRAMES_PER_CHUNK = 4_096;

/** A piece of memory, filled with frames from the front and emptied as a whole. */
export class Chunk {
  private readonly memory: Buffer;
  private readonly ends: number[] = [];
  private readonly times: Millis[] = [];
  private readonly befores: number[] = [];

  /** @param least It must hold a frame of so many bytes. */
  constructor(least: number) {
    // Not from Node's pool: that would keep other buffers alive, and others this one.
    this.memory = Buffer.allocUnsafeSlow(Math.max(CHUNK_BYTES, least));
  }

  get size(): number {
    return this.memory.length;
  }

  get frames(): number {
    return this.ends.length;
  }

  get newestAt(): Millis | undefined {
    return this.times.at(-1);
  }

  hasRoomFor(bytes: number): boolean {
    return this.frames < FRAMES_PER_CHUNK && (this.ends.at(-1) ?? 0) + bytes <= this.size;
  }

  /** @param before Where the frame before it with the same key is. */
  add(bytes: Buffer, at: Millis, before: number): void {
    const start = this.ends.at(-1) ?? 0;
    bytes.copy(this.memory, start);
    this.ends.push(start + bytes.length);
    this.times.push(at);
    this.befores.push(before);
  }

  at(index: number): Millis | undefined {
    return this.times[index];
  }

  before(index: number): number {
    return this.befores[index] ?? -1;
  }

  read(index: number): Buffer {
    return this.memory.subarray(this.ends[index - 1] ?? 0, this.ends[index] ?? 0);
  }

  clear(): void {
    this.ends.length = 0;
    this.times.length = 0;
    this.befores.length = 0;
  }
}
