import type { Cancel, Depth, LooseContract } from '#libs/core';
import { DiffPile } from './diff-pile.js';
import type { Flow, FlowSource } from './flow.js';
import { Held, type HeldMessage } from './held.js';

/** A message of a stream, as far as conflation goes. */
export interface Sayable {
  text: string;
  /** Messages of the same key take each other's place; undefined where no other has it. */
  key: string | undefined;
  /** Nothing takes its place. */
  isKept: boolean;
  /** A diff of a book: it is merged with those before it. */
  diff?: Depth;
  /** Whether it follows the diff before it. */
  follows?: boolean;
}

/** What one client of `/v1` is told of one stream under `latest` or `rate`. */
export class ConflatedSeat implements FlowSource {
  private readonly held = new Held<string | DiffPile>();
  private readonly everyMs: number;
  /** How many may go before the next pause. */
  private quota = 0;
  private nextAt = -Infinity;
  private cancel: Cancel | undefined;

  constructor(
    readonly contract: LooseContract,
    private readonly flow: Flow,
  ) {
    this.everyMs = contract.delivery === 'rate' ? 1_000 / contract.perSecond : 0;
  }

  /** One more has come. */
  take(said: Sayable): void {
    if (this.holds(said)) this.flow.left();
    if (!this.cancel) this.flow.ready(this);
  }

  /** What is kept is bound to no pace, but stays behind what came before it. */
  next(): string | undefined {
    const { first } = this.held;
    if (!first || (!first.isKept && !this.mayGo())) return undefined;
    this.held.shift();
    this.quota = Math.min(this.quota, this.held.loose);
    return this.written(first);
  }

  /** All that waits, whatever the pace: the contract ends here, in order. */
  rest(): string[] {
    const texts: string[] = [];
    for (let message = this.held.shift(); message; message = this.held.shift()) texts.push(this.written(message));
    return texts;
  }

  /** The client wants this no more. */
  end(): void {
    this.rest();
    this.cancel?.();
    this.flow.forget(this);
  }

  /** @returns whether another one gave way. */
  private holds({ text, key, isKept, diff, follows }: Sayable): boolean {
    if (diff) return this.piles(diff, text, follows === true);
    if (!isKept) return this.held.put(key ?? '', text);
    this.flow.keptBytes += text.length;
    return this.held.keep(text, key);
  }

  private piles(diff: Depth, text: string, follows: boolean): boolean {
    const open = follows ? this.held.open() : undefined;
    if (!open || typeof open.item === 'string') {
      const pile = new DiffPile(diff, text);
      this.held.begin(pile);
      this.flow.keptBytes += pile.bytes;
      return false;
    }
    const before = open.item.bytes;
    open.item.add(diff, text);
    open.conflated += 1;
    this.flow.keptBytes += open.item.bytes - before;
    return true;
  }

  private mayGo(): boolean {
    if (this.quota === 0) {
      const now = this.flow.clock.now();
      if (now < this.nextAt) {
        this.later(this.nextAt - now);
        return false;
      }
      this.nextAt = now + this.everyMs;
      this.quota = this.held.loose;
    }
    this.quota -= 1;
    return true;
  }

  private later(ms: number): void {
    this.cancel ??= this.flow.clock.after(ms, () => {
      this.cancel = undefined;
      this.flow.ready(this);
    });
  }

  private written({ item, isKept, conflated }: HeldMessage<string | DiffPile>): string {
    if (typeof item !== 'string') {
      this.flow.keptBytes -= item.bytes;
      return told(item.text, conflated);
    }
    if (isKept) this.flow.keptBytes -= item.length;
    return told(item, conflated);
  }
}

/** The text of an event, with how many it stands for. */
const told = (text: string, conflated: number): string =>
  conflated === 0 ? text : `${text.slice(0, -1)},"conflated":${conflated}}`;
