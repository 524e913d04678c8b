import type { Redis } from 'ioredis';
import type { Topic } from '#libs/core';
import type { BusCounts, QueueCounts } from '../../local/bus-metrics.js';
import { wordsOf } from './connection.js';

/**
 * Publishes what one turn of the event loop brought as one pipeline: a publish alone costs 10 µs here, in a pipeline of
 * sixteen 4 µs. Bytes that Redis has not answered for are bounded, for each kind of message apart; above the bound newer
 * messages of that kind are dropped. All kinds share the pipeline, so that order holds over them.
 */
export class RedisPublisher {
  private channels: Topic[] = [];
  private texts: string[] = [];
  private bytes = { events: 0, asks: 0 };

  constructor(
    private readonly redis: Redis,
    private readonly queueBytes: number,
    private readonly counts: BusCounts,
    /** Told Redis's words when it refuses a message; of one pipeline, the first. */
    private readonly refused: (words: string) => void,
  ) {}

  publish(channel: Topic, text: string): void {
    if (this.add(this.counts.events, channel, text)) this.bytes.events += text.length;
  }

  /** The same for questions and answers: thousands of them at once must not cost anybody a market event. */
  publishAsk(channel: Topic, text: string): void {
    if (this.add(this.counts.asks, channel, text)) this.bytes.asks += text.length;
  }

  /** Hands what has gathered to the connection now. */
  flush(): void {
    if (this.channels.length === 0) return;
    const { channels, texts, bytes } = this;
    this.channels = [];
    this.texts = [];
    this.bytes = { events: 0, asks: 0 };
    const pipeline = this.redis.pipeline();
    for (const [index, channel] of channels.entries()) pipeline.publish(channel, texts[index] ?? '');
    const answered = (errors: Error[], failed = errors.length): void => {
      this.counts.events.bytes -= bytes.events;
      this.counts.asks.bytes -= bytes.asks;
      this.counts.droppedFailed += failed;
      const words = errors[0] && wordsOf(errors[0]);
      if (words !== undefined) this.refused(words);
    };
    pipeline.exec().then(
      (results) =>
        answered(
          (results ?? []).flatMap(([error]) => error ?? []),
          results ? undefined : channels.length,
        ),
      (error: Error) => answered([error], channels.length),
    );
  }

  private add(queue: QueueCounts, channel: Topic, text: string): boolean {
    if (this.redis.status !== 'ready') {
      this.counts.droppedDown += 1;
      return false;
    }
    if (queue.bytes + text.length > this.queueBytes) {
      queue.droppedFull += 1;
      return false;
    }
    this.counts.published += 1;
    queue.bytes += text.length;
    this.channels.push(channel);
    this.texts.push(text);
    if (this.channels.length === 1) setImmediate(() => this.flush());
    return true;
  }
}
