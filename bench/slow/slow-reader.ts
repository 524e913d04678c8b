import { stamp } from '#libs/core';
import { systemClock } from '#libs/runtime';
import type { Door } from '../crowd/orders.js';
import { RawClient } from '../crowd/raw-client.js';
import type { SlowTale } from './orders.js';

/** Small, so that a slow reader reads often and little. */
const READ_BYTES = 8 * 1024;

/** Whole: one that lies across the end of a read is left out. */
const RECEIVED_AT = /"receivedAt":(\d{13})/g;
const CONFLATED = /"conflated":(\d+)[,}]/g;

/** A client that reads so many bytes a second of what comes, or nothing any more once it is on the stream. */
export class SlowReader {
  private readonly buffer = Buffer.allocUnsafe(READ_BYTES);
  private readonly ages: number[] = [];
  private conflated = 0;
  private messages = 0;
  private client: RawClient | undefined;

  private constructor(
    private readonly door: Door,
    private readonly bytesPerSecond: number,
  ) {}

  static async dial(port: number, door: Door, bytesPerSecond: number): Promise<SlowReader> {
    const reader = new SlowReader(door, bytesPerSecond);
    const hear = (frames: number, client: RawClient, length: number): boolean => reader.hear(frames, client, length);
    reader.client = await RawClient.dial({ port, door, hear, buffer: reader.buffer });
    return reader;
  }

  /** Whether it has been let in and answered: from then on it is slow. */
  get isOn(): boolean {
    return this.messages > (this.door.greetings ?? 0);
  }

  leave(): SlowTale {
    const { messages, conflated, ages, bytesPerSecond, client } = this;
    const isEnded = client?.socket.closed ?? true;
    client?.socket.resetAndDestroy();
    ages.sort((some, other) => some - other);
    const ageMs = { median: ages[Math.floor(ages.length / 2)] ?? 0, most: ages.at(-1) ?? 0 };
    return { bytesPerSecond, messages, conflated, ageMs, isEnded };
  }

  private hear(frames: number, { socket }: RawClient, length: number): boolean {
    this.messages += frames;
    const text = this.buffer.toString('latin1', 0, length);
    const now = stamp(systemClock);
    for (const [, at] of text.matchAll(RECEIVED_AT)) this.ages.push(now - Number(at));
    for (const [, count] of text.matchAll(CONFLATED)) this.conflated += Number(count);
    if (!this.isOn) return true;
    if (this.bytesPerSecond > 0) systemClock.after((length / this.bytesPerSecond) * 1_000, () => socket.resume());
    return false;
  }
}
