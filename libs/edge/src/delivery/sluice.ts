import type { EdgeCounts } from '../metrics/edge-counts.js';

/** With so many letters held back it opens, whatever clients can take. */
const MOST_HELD = 67_108_864;

/** A text and who takes it. */
interface HeldText {
  take: (text: string) => void;
  text: string;
  /** So many wait with it. */
  letters: number;
}

/**
 * Between the bus and the streams of an edge: shut as soon as so much has gone out that clients may have to read first, until the
 * loop has had a turn in which sockets are written to. Else what a bus brings at once, or an upstream that has caught up, would be
 * more than may wait for any client, however well that reads. What is held back is taken in its order.
 */
export class Sluice {
  isShut = false;
  private held: HeldText[] = [];
  /** Where in `held` the next one is. */
  private at = 0;
  private letters = 0;
  private isForced = false;

  constructor(private readonly counts: Pick<EdgeCounts, 'heldBack'>) {}

  /** Whether something waits that comes before what is said now. */
  get isHolding(): boolean {
    return this.isShut || this.at < this.held.length;
  }

  shut(): void {
    this.isShut = true;
  }

  /** Takes this when it is open. */
  hold(take: (text: string) => void, text: string): void {
    this.counts.heldBack += 1;
    this.put({ take, text, letters: text.length });
  }

  /** Does this when it is open: whoever calls has so many letters that wait for it. */
  wait(goOn: () => void, letters: number): void {
    this.put({ take: goOn, text: '', letters });
  }

  /** Takes what has been held back, until it is shut again; one at least. What comes meanwhile stays behind that. */
  open(): void {
    this.isShut = false;
    while (!this.isShut) {
      const next = this.held[this.at];
      if (!next) break;
      this.at += 1;
      this.letters -= next.letters;
      next.take(next.text);
    }
    if (this.at * 2 < this.held.length) return;
    this.held = this.held.slice(this.at);
    this.at = 0;
  }

  private put(text: HeldText): void {
    this.held.push(text);
    this.letters += text.letters;
    if (this.letters <= MOST_HELD || this.isForced) return;
    this.isForced = true;
    while (this.at < this.held.length) this.open();
    this.isForced = false;
  }
}
