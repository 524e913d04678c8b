import type { Redis } from 'ioredis';
import type { Topic } from '#libs/core';
import type { BusCounts } from '../bus-metrics.js';

/**
 * Publishes what one turn of the event loop brought as one pipeline: a publish alone costs 10 µs here, in a pipeline of
 * sixteen 4 µs. Bytes that Redis has not answered for are bounded; above the bound newer messages are dropped.
 */
export class RedisPublisher {
  private channels: Topic[] = [];
  private texts: string[] = [];
  private bytes = 0;

  constructor(
    private readonly redis: Redis,
    private readonly queueBytes: number,
    private readonly counts: BusCounts,
  ) {}

  publish(channel: Topic, text: string): void {
    if (this.redis.status !== 'ready') {
      this.counts.droppedDown += 1;
      return;
    }
    if (this.counts.queuedBytes + text.length > this.queueBytes) {
      this.counts.droppedFull += 1;
      return;
    }
    this.counts.published += 1;
    this.counts.queuedBytes += text.length;
    this.bytes += text.length;
    this.channels.push(channel);
    this.texts.push(text);
    if (this.channels.length === 1) setImmediate(() => this.flush());
  }

  /** Hands what has gathered to the connection now. */
  flush(): void {
    if (this.channels.length === 0) return;
    const { channels, texts, bytes } = this;
    this.channels = [];
    this.texts = [];
    this.bytes = 0;
    const pipeline = this.redis.pipeline();
    for (const [index, channel] of channels.entries()) pipeline.publish(channel, texts[index] ?? '');
    const answered = (failed: number): void => {
      this.counts.queuedBytes -= bytes;
      this.counts.droppedFailed += failed;
    };
    pipeline.exec().then(
      (results) => answered(results?.filter(([error]) => error !== null).length ?? channels.length),
      () => answered(channels.length),
    );
  }
}
