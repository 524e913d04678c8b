import type { Cancel, Clock, Millis } from '#libs/core';
import { HeldBodies } from './held-bodies.js';

/** Somebody who has not taken the whole of an answer yet. */
export interface AnswerReader {
  readonly who: string;
  readonly body: Buffer;
  /** Ends the connection; calls nothing back. */
  cut(): void;
}

/** One of these, and how it goes. */
interface Reading {
  since: Millis;
  taken: number;
  movedAt: Millis;
}

/** What becomes of who reads slowly: there is no room for the answer; it is cut off for not moving where there must be room; it is too slow. */
export type SlowReading = 'refused' | 'stuck' | 'too-slow';

interface UntakenParts {
  mostBytes: number;
  clock: Clock;
  count: (how: SlowReading) => void;
}

/** An answer of so many bytes finds room whatever is read: a socket takes it whole, and who is told to wait must be told. */
const SMALL_BYTES = 16 * 1024;

/** What has not moved for so long gives way where somebody else's answer needs room. */
const STUCK_MS: Millis = 5_000;

/** Taken on average, from so long on: an answer of 15 MB takes no longer than eight minutes. */
const LEAST_BYTES_PER_MS = 32;
const PATIENCE_MS: Millis = 10_000;

const LOOK_EVERY_MS: Millis = 1_000;

/** Answers that wait because they are not read: so many bytes at most, in fair parts, and none for ever. */
export class UntakenAnswers {
  private readonly all = new HeldBodies();
  private readonly byReader = new Map<string, HeldBodies>();
  private readonly readings = new Map<AnswerReader, Reading>();
  private cancel: Cancel = () => undefined;

  constructor(private readonly parts: UntakenParts) {}

  /** What they take. */
  get bytes(): number {
    return this.all.bytes;
  }

  get size(): number {
    return this.readings.size;
  }

  /** Whether an answer may be sent that might not be taken at once. Who does not move goes, where there is no room otherwise. */
  admits(who: string, body: Buffer): boolean {
    if (body.byteLength <= SMALL_BYTES || this.hasRoom(who, body)) return true;
    const { clock, count } = this.parts;
    const stuck = [...this.readings].filter(([, { movedAt }]) => movedAt <= clock.now() - STUCK_MS);
    for (const [reader] of stuck.toSorted(([, one], [, other]) => one.movedAt - other.movedAt)) {
      this.cut(reader, 'stuck');
      if (this.hasRoom(who, body)) return true;
    }
    count('refused');
    return false;
  }

  add(reader: AnswerReader): void {
    const now = this.parts.clock.now();
    if (this.readings.size === 0) this.lookLater();
    this.readings.set(reader, { since: now, taken: 0, movedAt: now });
    const own = this.byReader.get(reader.who) ?? new HeldBodies();
    this.byReader.set(reader.who, own);
    for (const held of [this.all, own]) held.add(reader.body);
  }

  /** So much of it has been taken. */
  moved(reader: AnswerReader, taken: number): void {
    const reading = this.readings.get(reader);
    if (reading && taken > reading.taken) Object.assign(reading, { taken, movedAt: this.parts.clock.now() });
  }

  /** It has been taken whole, or the reader has gone; more than once does no harm. */
  over(reader: AnswerReader): void {
    if (!this.readings.delete(reader)) return;
    const own = this.byReader.get(reader.who);
    for (const held of [this.all, own]) held?.remove(reader.body);
    if (own?.bytes === 0) this.byReader.delete(reader.who);
    if (this.readings.size === 0) this.cancel();
  }

  /**
   * The largest answer there is may be read by one, however little the room is. Beyond that nobody takes more than he leaves to the others; of
   * a body that is held already, that is its readers.
   */
  private hasRoom(who: string, body: Buffer): boolean {
    if (this.all.bytes === 0) return true;
    const left = this.parts.mostBytes - this.all.bytes - this.all.costOf(body);
    const own = this.byReader.get(who);
    if (left < 0 || !own) return left >= 0;
    return (this.all.has(body) ? own.readerBytes : own.bytes + own.costOf(body)) <= left;
  }

  private lookLater(): void {
    this.cancel = this.parts.clock.after(LOOK_EVERY_MS, () => this.look());
  }

  private look(): void {
    const now = this.parts.clock.now();
    for (const [reader, { since, taken }] of this.readings)
      if (taken < LEAST_BYTES_PER_MS * (now - since - PATIENCE_MS)) this.cut(reader, 'too-slow');
    if (this.readings.size > 0) this.lookLater();
  }

  private cut(reader: AnswerReader, how: SlowReading): void {
    this.over(reader);
    this.parts.count(how);
    reader.cut();
  }
}
