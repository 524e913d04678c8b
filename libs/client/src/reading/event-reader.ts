import type { StreamEvent } from '#libs/core';
import type { StreamListener } from '../streams/listeners.js';

export interface ReadOptions {
  /** So many events may wait to be read: 1,000 unless said otherwise. */
  most?: number;
  /**
   * What becomes of one more. `fail`, unless said otherwise: the stream is left, and the loop ends with an error behind what waits,
   * because nothing is to be missed without a word. `drop-oldest`: the oldest one goes, and `dropped` counts it.
   */
  whenFull?: 'fail' | 'drop-oldest';
  /** Feed states, books and what nobody has a word for come too, each in its place. */
  everything?: boolean;
}

/** Somebody who waits for the next event. */
interface Asking<E> {
  resolve(result: IteratorResult<E, undefined>): void;
  reject(error: Error): void;
}

const MOST_WAITING = 1_000;

/**
 * The events of one stream, to be read one after the other: `for await (const event of reader)`. It listens from the moment it is made, and what comes
 * waits, up to a bound. To leave the loop is to leave the stream. The loop ends when the client is closed, and with
 * an error when the gateway refuses the stream or wants the client back no more.
 */
export class EventReader<out E extends StreamEvent> implements AsyncIterableIterator<E> {
  private readonly waiting: E[] = [];
  private readonly asking: Asking<E>[] = [];
  private readonly most: number;
  private readonly dropsOldest: boolean;
  private readonly leave: () => void;
  private isOver = false;
  /** What is still to be thrown, once. */
  private failure: Error | undefined;
  private lost = 0;

  /** @throws TypeError where `most` is no whole number above 0. */
  constructor(subscribe: (listener: StreamListener) => () => void, options: ReadOptions = {}) {
    const { most = MOST_WAITING, whenFull = 'fail', everything = false } = options;
    if (!Number.isSafeInteger(most) || most < 1)
      throw new TypeError(`most: expected a whole number above 0, not ${most}`);
    this.most = most;
    this.dropsOldest = whenFull === 'drop-oldest';
    // The name of the stream says which events come; nothing at run time can check a type made of a name.
    const take = (event: StreamEvent): void => this.take(event as E);
    this.leave = subscribe({
      event: take,
      ...(everything && { book: take, feed: take, unknown: take }),
      refused: (error, isStillWanted) => {
        if (!isStillWanted) this.finish(error);
      },
      ended: (error) => {
        // Who closes the client wants no more of what waits.
        if (!error) this.waiting.length = 0;
        this.finish(error);
      },
    });
  }

  /** Events that went unread because more waited than may. */
  get dropped(): number {
    return this.lost;
  }

  next(): Promise<IteratorResult<E, undefined>> {
    const event = this.waiting.shift();
    if (event) return Promise.resolve({ done: false, value: event });
    const { failure } = this;
    this.failure = undefined;
    if (failure) return Promise.reject(failure);
    if (this.isOver) return Promise.resolve(DONE);
    return new Promise((resolve, reject) => {
      this.asking.push({ resolve, reject });
    });
  }

  /** Leaves the stream; what waits is not read. A loop that is left calls this. */
  return(): Promise<IteratorResult<E, undefined>> {
    this.waiting.length = 0;
    this.failure = undefined;
    this.finish();
    return Promise.resolve(DONE);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  private take(event: E): void {
    if (this.isOver) return;
    const asking = this.asking.shift();
    if (asking) return asking.resolve({ done: false, value: event });
    if (this.waiting.length === this.most) {
      if (!this.dropsOldest) return this.finish(tooSlow(event, this.most));
      this.waiting.shift();
      this.lost += 1;
    }
    this.waiting.push(event);
  }

  private finish(failure?: Error): void {
    if (this.isOver) return;
    this.isOver = true;
    this.leave();
    const [first, ...others] = this.asking.splice(0);
    if (first && failure) first.reject(failure);
    else first?.resolve(DONE);
    if (!first) this.failure = failure;
    for (const other of others) other.resolve(DONE);
  }
}

const DONE = { done: true, value: undefined } as const;

const tooSlow = ({ stream }: StreamEvent, most: number): Error =>
  new Error(`${stream} was read too slowly: ${most} events waited. Read faster, let more wait, or let the oldest go`);
