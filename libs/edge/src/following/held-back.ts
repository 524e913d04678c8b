/** When it is so much it waits no longer for what was missed before it. */
export const MOST_HELD = 10_000;
const MOST_HELD_LETTERS = 4_000_000;

/** A message of the stream, or what is to be done in its turn. */
type HeldPart = string | (() => void);

/**
 * Messages of one stream that wait until what was missed before them has come, or cannot be had; and then until clients have read
 * what went out before.
 */
export class HeldBack {
  /** There while what was missed before them is asked for. */
  question: symbol | undefined;
  /** They wait for clients to read. */
  isPaused = false;
  /** They have waited so already. */
  hasPaused = false;
  /** One of them is being taken: what is said of the stream now does not wait behind them. */
  isLettingGo = false;
  /** How many messages, and letters of them. */
  count = 0;
  letters = 0;
  private waiting: HeldPart[] = [];
  /** Where in `waiting` the next one is. */
  private at = 0;

  get isEmpty(): boolean {
    return this.at === this.waiting.length;
  }

  get isTooMuch(): boolean {
    return this.count >= MOST_HELD || this.letters >= MOST_HELD_LETTERS;
  }

  /** Behind all that wait. */
  put(one: HeldPart): void {
    this.waiting.push(one);
    this.note(one, 1);
  }

  /** Before all that wait, in this order. */
  putFirst(some: readonly HeldPart[]): void {
    this.waiting = [...some, ...this.waiting.slice(this.at)];
    this.at = 0;
    for (const one of some) this.note(one, 1);
  }

  /** The next one; undefined where none waits. */
  shift(): HeldPart | undefined {
    const next = this.waiting[this.at];
    if (next === undefined) return undefined;
    this.waiting[this.at] = '';
    this.at += 1;
    this.note(next, -1);
    return next;
  }

  private note(one: HeldPart, by: 1 | -1): void {
    if (typeof one !== 'string') return;
    this.count += by;
    this.letters += by * one.length;
  }
}
