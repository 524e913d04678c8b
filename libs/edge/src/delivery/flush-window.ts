import type { Cancel, Clock } from '#libs/core';
import type { EdgeSettings } from '#libs/runtime';
import type { ClientSocket } from './client-socket.js';
import type { Publish } from './rendition.js';

/** More is not gathered: it would wait in memory for nothing, since no write is larger than 16 kB. */
const MOST_BYTES = 1_048_576;

/** And no more than this share of a client's backlog, which it must not fill in one turn. */
const SHARE_OF_BACKLOG = 1 / 4;

/**
 * Gathers what is published and publishes it all in one turn, in its order, for then each client gets it in one write. A window begins with
 * the first message. What concerns one client alone goes by `guard`.
 */
export class FlushWindow {
  private readonly mostBytes: number;
  private readonly windowMs: number;
  private topics: string[] = [];
  private texts: string[] = [];
  private bytes = 0;
  private cancel: Cancel = () => undefined;

  constructor(
    { flushMs, maxClientBacklogBytes }: Pick<EdgeSettings, 'flushMs' | 'maxClientBacklogBytes'>,
    private readonly clock: Clock,
    private readonly publish: Publish,
  ) {
    this.windowMs = flushMs;
    this.mostBytes = Math.min(MOST_BYTES, maxClientBacklogBytes * SHARE_OF_BACKLOG);
  }

  /** A property, so that it can be handed on as it is. */
  readonly gather: Publish = (topic, text) => {
    this.topics.push(topic);
    this.texts.push(text);
    this.bytes += text.length;
    if (this.bytes >= this.mostBytes) this.flush();
    else if (this.texts.length === 1) this.cancel = this.clock.after(this.windowMs, () => this.flush());
  };

  /** Publishes what was gathered. */
  flush(): void {
    if (this.texts.length === 0) return;
    this.cancel();
    const { topics, texts, publish } = this;
    this.topics = [];
    this.texts = [];
    this.bytes = 0;
    for (const [index, text] of texts.entries()) publish(topics[index] ?? '', text);
  }

  /**
   * The socket of one client. Before something is said to it alone, or it joins or leaves a topic, what was gathered and concerns that is
   * published: it was published before, to those who were subscribed then.
   */
  guard(socket: ClientSocket): ClientSocket {
    const joined = new Set<string>();
    const settle = (topics: { has(topic: string): boolean }): void => {
      if (this.topics.some((topic) => topics.has(topic))) this.flush();
    };
    const alone = <T>(act: () => T): T => {
      settle(joined);
      return act();
    };
    const on = <T>(topic: string, act: () => T): T => {
      settle(new Set([topic]));
      return act();
    };
    return {
      send: (text) => alone(() => socket.send(text)),
      ping: (payload) => socket.ping(payload),
      subscribe: (topic) => on(topic, () => joined.add(topic) && socket.subscribe(topic)),
      unsubscribe: (topic) => on(topic, () => joined.delete(topic) && socket.unsubscribe(topic)),
      cork: (write) => alone(() => socket.cork(write)),
      end: (code, reason) => alone(() => socket.end(code, reason)),
      close: () => socket.close(),
      getBufferedAmount: () => socket.getBufferedAmount(),
    };
  }
}
