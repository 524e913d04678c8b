import { isDeepStrictEqual } from 'node:util';
import type { StreamName } from '#libs/core';

/** How the frames that a client got compare with those that were sent. */
export interface FrameCount {
  sent: number;
  /** Equal to the letter. */
  identical: number;
  /** Equal as JSON, with all keys, but written differently. */
  equal: number;
  different: number;
  /** Never came. */
  missing: number;
  /** The first few differences, in words. */
  examples: string[];
}

const MOST_EXAMPLES = 3;

/**
 * Compares the combined frames a client of Binance's wire gets with those that were sent, one by one and in the order of
 * each stream.
 */
export class FrameCheck {
  private readonly expected = new Map<StreamName, string[]>();
  private readonly next = new Map<StreamName, number>();
  private readonly counts: Omit<FrameCount, 'missing'> = {
    sent: 0,
    identical: 0,
    equal: 0,
    different: 0,
    examples: [],
  };

  constructor(frames: readonly { stream: StreamName; line: string }[]) {
    this.counts.sent = frames.length;
    for (const { stream, line } of frames) {
      const lines = this.expected.get(stream) ?? [];
      lines.push(line);
      this.expected.set(stream, lines);
    }
  }

  get streams(): StreamName[] {
    return [...this.expected.keys()];
  }

  /** Events that the frames of one stream make: one each, and of an array one for each of its parts. */
  eventsOn(stream: StreamName): number {
    return (this.expected.get(stream) ?? []).reduce((sum, line) => sum + eventsIn(line), 0);
  }

  /** Enters one frame as the client got it. */
  enter(text: string): void {
    const frame = JSON.parse(text) as { stream: StreamName };
    const index = this.next.get(frame.stream) ?? 0;
    this.next.set(frame.stream, index + 1);
    const expected = this.expected.get(frame.stream)?.[index];
    if (expected === text) this.counts.identical += 1;
    else if (expected !== undefined && isDeepStrictEqual(JSON.parse(expected), frame)) this.counts.equal += 1;
    else this.differ(expected, text);
  }

  count(): FrameCount {
    const { sent, identical, equal, different } = this.counts;
    return { ...this.counts, missing: Math.max(0, sent - identical - equal - different) };
  }

  private differ(expected: string | undefined, text: string): void {
    this.counts.different += 1;
    if (this.counts.examples.length === MOST_EXAMPLES) return;
    this.counts.examples.push(`expected ${expected ?? 'nothing more on this stream'}, got ${text}`);
  }
}

function eventsIn(line: string): number {
  const { data } = JSON.parse(line) as { data: unknown };
  return Array.isArray(data) ? data.length : 1;
}
