import type { Millis } from '#libs/core';
import { Chunk, FRAMES_PER_CHUNK } from './chunk.js';

/** How much of the past is kept. */
export interface RingLimits {
  keepMs: Millis;
  mostBytes: number;
}

/** One message as it came, and when. The bytes are the ring's own: whoever keeps them longer than this turn must copy them. */
export interface KeptFrame {
  bytes: Buffer;
  at: Millis;
}

const NO_PLACE = -1;

/**
 * The newest frames of a connection as bytes, copied so that no buffer of the socket stays alive for them, oldest dropped first. Each
 * frame knows the place of the one before it with the same key, so what is asked of one stream touches no frame of another.
 */
export class Ring {
  private readonly chunks: Chunk[] = [];
  /** The number of the oldest chunk; numbers rise for ever. */
  private oldest = 0;
  /** By key, the place of its newest frame: the chunk's number and the frame's in it, as one number. */
  private readonly newest = new Map<string, number>();
  private held = 0;
  /** The chunk dropped last, to be filled again. */
  private free: Chunk | undefined;

  constructor(private readonly limits: RingLimits) {}

  /** Memory taken by frames. */
  get bytes(): number {
    return this.held;
  }

  keep(key: string, bytes: Buffer, at: Millis): void {
    const chunk = this.chunkFor(bytes.length, at);
    const place = (this.oldest + this.chunks.length - 1) * FRAMES_PER_CHUNK + chunk.frames;
    chunk.add(bytes, at, this.newest.get(key) ?? NO_PLACE);
    this.newest.set(key, place);
  }

  /** What was kept under a key, the newest first, as long as it is young enough. */
  *backwards(key: string, now: Millis): Generator<KeptFrame> {
    const since = now - this.limits.keepMs;
    for (let place = this.newest.get(key) ?? NO_PLACE; place !== NO_PLACE;) {
      const index = place % FRAMES_PER_CHUNK;
      const chunk = this.chunks[(place - index) / FRAMES_PER_CHUNK - this.oldest];
      const at = chunk?.at(index);
      if (!chunk || at === undefined || at < since) return;
      yield { bytes: chunk.read(index), at };
      place = chunk.before(index);
    }
  }

  /** Forgets what is too old. */
  expire(now: Millis): void {
    const since = now - this.limits.keepMs;
    while ((this.chunks[0]?.newestAt ?? Infinity) < since) this.drop();
  }

  /** Forgets all keys but these. */
  retain(keys: ReadonlySet<string>): void {
    for (const key of this.newest.keys()) if (!keys.has(key)) this.newest.delete(key);
  }

  private chunkFor(bytes: number, now: Millis): Chunk {
    const last = this.chunks.at(-1);
    if (last?.hasRoomFor(bytes)) return last;
    this.expire(now);
    const chunk = this.free?.hasRoomFor(bytes) ? this.free : new Chunk(bytes);
    this.free = undefined;
    this.chunks.push(chunk);
    this.held += chunk.size;
    while (this.held > this.limits.mostBytes && this.chunks.length > 1) this.drop();
    return chunk;
  }

  private drop(): void {
    const chunk = this.chunks.shift();
    if (!chunk) return;
    this.oldest += 1;
    this.held -= chunk.size;
    chunk.clear();
    this.free = chunk;
  }
}
