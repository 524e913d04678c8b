import type { Clock, Millis } from '#libs/core';
import type { RestAnswer } from './answer.js';

interface KeptAnswer {
  answer: RestAnswer;
  until: Millis;
  bytes: number;
}

/** What an entry costs beside its body and its key. */
const ENTRY_BYTES = 500;

/** Answers that are given again for a while. Of more bytes than there may be the oldest are dropped. */
export class KeptAnswers {
  /** What all of them take. */
  bytes = 0;
  private readonly entries = new Map<string, KeptAnswer>();

  constructor(
    private readonly mostBytes: number,
    private readonly clock: Clock,
  ) {}

  get size(): number {
    return this.entries.size;
  }

  /** The answer that this question got not too long ago. */
  find(key: string): RestAnswer | undefined {
    const kept = this.entries.get(key);
    if (kept && kept.until > this.clock.now()) return kept.answer;
    if (kept) this.drop(key, kept);
    return undefined;
  }

  keep(key: string, answer: RestAnswer, forMs: Millis): void {
    const before = this.entries.get(key);
    if (before) this.drop(key, before);
    const bytes = answer.body.byteLength + 2 * key.length + ENTRY_BYTES;
    if (forMs <= 0 || bytes > this.mostBytes) return;
    const now = this.clock.now();
    this.entries.set(key, { answer, until: now + forMs, bytes });
    this.bytes += bytes;
    for (const [oldest, kept] of this.entries) {
      if (this.bytes <= this.mostBytes && kept.until > now) break;
      this.drop(oldest, kept);
    }
  }

  private drop(key: string, { bytes }: KeptAnswer): void {
    this.entries.delete(key);
    this.bytes -= bytes;
  }
}
