import type { Cancel, Topic } from '#libs/core';

/** `waiting`: not asked for on this connection yet. `refused`: Redis said no, and will be asked again. */
type ChannelState = 'waiting' | 'asked' | 'standing' | 'refused';

/** Another shard has it by now. */
const IS_MOVED = /^(MOVED|ASK|TRYAGAIN)\b/;

export const saysMoved = (words: string): boolean => IS_MOVED.test(words);

type RefusalListener = (why: string | undefined) => void;

/** One channel that somebody wants to hear, and how far it is. It lives for as long as it is wanted, over all connections. */
export class WantedChannel {
  state: ChannelState = 'waiting';
  /** Redis's words; absent while it is not refused. */
  why: string | undefined;
  /** Refusals in a row. */
  refusals = 0;
  private stands!: () => void;
  private promise = this.promiseAnew();
  private readonly listeners = new Set<RefusalListener>();

  constructor(
    readonly name: Topic,
    /** Whether the bus itself needs it: such a channel is asked for first, and apart from others. */
    readonly isOwn: boolean,
  ) {}

  /** Resolves once the channel is heard; renewed for every connection. */
  get ready(): Promise<void> {
    return this.promise;
  }

  /** Whether Redis has not said yet whether it delivers it, or said that another shard does, which is not known here yet. */
  get isAwaited(): boolean {
    return this.state === 'waiting' || this.state === 'asked' || (this.why !== undefined && saysMoved(this.why));
  }

  /** Told when Redis refuses, with its words, and with undefined when the channel is heard after all. */
  onRefused(listener: RefusalListener): Cancel {
    this.listeners.add(listener);
    if (this.why !== undefined) listener(this.why);
    return () => this.listeners.delete(listener);
  }

  /** Redis delivers it. */
  stand(): void {
    this.state = 'standing';
    this.refusals = 0;
    this.tell(undefined);
    this.stands();
  }

  /** Returns whether that is news. */
  refuse(why: string): boolean {
    this.state = 'refused';
    this.refusals += 1;
    return this.tell(why);
  }

  /** The connection is gone: what stood must stand anew, and what was refused may be allowed on the next. */
  lose(): void {
    if (this.state === 'standing') this.promise = this.promiseAnew();
    this.state = 'waiting';
    this.refusals = 0;
    this.why = undefined;
  }

  private tell(why: string | undefined): boolean {
    if (why === this.why) return false;
    this.why = why;
    for (const listener of this.listeners) listener(why);
    return true;
  }

  private promiseAnew(): Promise<void> {
    return new Promise((resolve) => {
      this.stands = resolve;
    });
  }
}
