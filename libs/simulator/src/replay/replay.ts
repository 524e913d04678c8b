import type { Cancel, Clock } from '#libs/core';
import type { StreamChannels } from '../wire/channels.js';
import type { RecordedFrame } from './recording.js';

export interface ReplayPorts {
  clock: Clock;
  channels: StreamChannels;
  /** 1 is the original speed. */
  speed: number;
  loop: boolean;
  /** Numbers of frames that are sent to nobody. */
  cut: ReadonlySet<number>;
  /** Whether this frame may be sent; while it may not, the time of the recording stands still. */
  mayPlay: (frame: number) => boolean;
  /** Told each frame before it is sent: it has happened, whoever hears it. */
  played: (frame: RecordedFrame) => void;
}

/**
 * Sends recorded frames to whoever is subscribed to their streams: byte for byte to combined connections, the payload
 * byte for byte to raw ones. Starts once every stream of the recording has somebody on it.
 */
export class Replay {
  /** The streams of the recording. */
  readonly streams: ReadonlySet<string>;
  /** Resolves with the number of frames when the last one was sent; never with `loop`. */
  readonly finished: Promise<number>;
  private next = 0;
  private startedAt: number | undefined;
  private cancel: Cancel = () => undefined;
  private resolve: (count: number) => void = () => undefined;

  constructor(
    private readonly frames: readonly RecordedFrame[],
    private readonly ports: ReplayPorts,
  ) {
    this.streams = new Set(frames.map((frame) => frame.stream));
    this.finished = new Promise((resolve) => (this.resolve = resolve));
  }

  /** How many frames were sent in this round. */
  get sent(): number {
    return this.next;
  }

  /** Waits for the subscribers, then plays. */
  start(): void {
    this.turn();
  }

  stop(): void {
    this.cancel();
  }

  private turn(): void {
    const { clock, loop } = this.ports;
    if (this.startedAt === undefined && this.isAwaited()) this.startedAt = clock.now();
    if (this.startedAt !== undefined) this.sendDue((clock.now() - this.startedAt) * this.ports.speed);
    if (this.next === this.frames.length) {
      if (!loop) return this.resolve(this.next);
      this.next = 0;
      this.startedAt = clock.now();
    }
    this.cancel = clock.after(this.startedAt === undefined ? 20 : this.waitMs(clock.now() - this.startedAt), () =>
      this.turn(),
    );
  }

  /** This frame's time is now, whenever it is asked. */
  private standStill({ afterMs }: RecordedFrame): void {
    this.startedAt = this.ports.clock.now() - afterMs / this.ports.speed;
  }

  private isAwaited(): boolean {
    return [...this.streams].every((name) => (this.ports.channels.find(name)?.members.size ?? 0) > 0);
  }

  private waitMs(elapsed: number): number {
    const due = (this.frames[this.next]?.afterMs ?? 0) / this.ports.speed;
    return Math.max(1, due - elapsed);
  }

  private sendDue(position: number): void {
    for (; this.next < this.frames.length; this.next += 1) {
      const frame = this.frames[this.next]!;
      if (frame.afterMs > position) return;
      if (!this.ports.mayPlay(this.next)) return this.standStill(frame);
      this.ports.played(frame);
      if (this.ports.cut.has(this.next)) continue;
      this.ports.channels.find(frame.stream)?.publishTexts(
        () => frame.payload,
        () => frame.line,
      );
    }
  }
}
