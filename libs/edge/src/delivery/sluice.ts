import type { EdgeCounts } from '../metrics/edge-counts.js';

/** With so many letters held back it opens, whatever clients can take. */
const MOST_HELD = 67_108_864;

interface HeldText {
  take: (text: string) => void;
  text: string;
}

/**
 * Between the bus and the streams of an edge: shut as soon as so much has gone out that clients may have to read first, until the
 * loop has had a turn in which sockets are written to. Else what a bus brings at once, or an upstream that has caught up, would be
 * more than may wait for any client, however well that reads. What is held back is taken in its order.
 */
export class Sluice {
  isShut = false;
  private held: HeldText[] = [];
  private bytes = 0;

  constructor(private readonly counts: Pick<EdgeCounts, 'heldBack'>) {}

  shut(): void {
    this.isShut = true;
  }

  /** Takes this when it is open. */
  hold(take: (text: string) => void, text: string): void {
    this.counts.heldBack += 1;
    this.held.push({ take, text });
    this.bytes += text.length;
    if (this.bytes <= MOST_HELD) return;
    while (this.held.length > 0) this.open();
  }

  /** Takes what has been held back, until it is shut again; one at least. */
  open(): void {
    const { held } = this;
    this.isShut = false;
    this.held = [];
    this.bytes = 0;
    for (const [at, { take, text }] of held.entries()) {
      if (this.isShut) return this.restore(held.slice(at));
      take(text);
    }
  }

  private restore(left: HeldText[]): void {
    this.held = left;
    for (const { text } of left) this.bytes += text.length;
  }
}
