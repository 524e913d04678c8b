import type { Socket } from 'node:net';
import type { Cancel, Millis } from '#libs/core';
import { systemClock as clock } from '#libs/runtime';

/** How fast bytes go on. */
export interface Pace {
  /** What the far end says arrives so much later, in order. */
  delayMs?: Millis | undefined;
  /** What the far end says arrives in pieces: so many bytes, so often. */
  drip?: { bytes: number; everyMs: Millis } | undefined;
  /** What both ends say is not taken from their sockets for now: a reader that is too slow. */
  isUnread?: true;
}

/** One direction of a TCP path: bytes and the end go on in order. */
export class Way {
  private waiting: { bytes: Buffer; at: Millis }[] = [];
  private cancel: Cancel | undefined;
  private hasEnded = false;
  private isDead = false;

  constructor(
    private readonly from: Socket,
    private readonly to: Socket,
    private readonly pace: () => Pace,
    private readonly touch: () => void,
    change: (bytes: Buffer) => Buffer = (bytes) => bytes,
  ) {
    from.on('data', (bytes) => {
      this.waiting.push({ bytes: change(bytes), at: clock.now() });
      this.flow();
    });
    from.on('end', () => {
      this.hasEnded = true;
      this.flow();
    });
    from.on('error', () => this.isDead || to.resetAndDestroy());
    to.on('close', () => this.die());
    if (pace().isUnread) from.pause();
  }

  /** The path behaves in another way from now on. */
  goOn(): void {
    this.touch();
    this.cancel?.();
    this.cancel = undefined;
    this.flow();
  }

  /** Nothing goes on any more, and nobody is told. */
  die(): void {
    this.cancel?.();
    this.isDead = true;
    this.waiting = [];
    this.from.pause();
  }

  private flow(): void {
    if (this.isDead || this.cancel) return;
    const { isUnread, delayMs = 0, drip } = this.pace();
    if (isUnread) return void this.from.pause();
    this.from.resume();
    for (let first = this.waiting[0]; first; first = this.waiting[0]) {
      const waitMs = drip?.everyMs ?? first.at + delayMs - clock.now();
      if (waitMs > 0) return this.flowIn(waitMs);
      this.send(first.bytes.length);
    }
    if (this.hasEnded) this.to.end();
  }

  private flowIn(waitMs: Millis): void {
    this.cancel = clock.after(waitMs, () => {
      this.cancel = undefined;
      const [first] = this.waiting;
      if (first) this.send(this.pace().drip?.bytes ?? first.bytes.length);
      this.flow();
    });
  }

  /** Sends so many bytes of the first piece that waits. */
  private send(length: number): void {
    const [first] = this.waiting;
    if (!first) return;
    this.touch();
    this.to.write(first.bytes.subarray(0, length));
    first.bytes = first.bytes.subarray(length);
    if (first.bytes.length === 0) this.waiting.shift();
  }
}
