import type { Ask, Messages } from '#libs/bus';
import type { ParsedStream } from '#libs/binance';
import {
  type Cancel,
  type Clock,
  type ListMark,
  type Millis,
  type SymbolsQuestion,
  type Topic,
  readSymbolsAnswer,
} from '#libs/core';

/** How often the upstream is asked whether there are others now; an answer that nothing has changed is a few letters. */
const ASK_EVERY_MS: Millis = 2_000;
const ANSWER_WITHIN_MS: Millis = 1_000;

/** A symbol that is missed again within this is no new one, and so many are remembered: clients come again with the names that they have. */
const SAME_FOR_MS: Millis = 600_000;
const MOST_MISSED = 1_000;

/** Who was refused one counts as waiting for so long: he may ask again, and the upstream asks Binance within a minute. */
const WAITS_FOR_MS: Millis = 120_000;

interface KnownSymbolsParts {
  ask: Ask;
  messages: Pick<Messages, 'state'>;
  clock: Clock;
  channel: Topic;
}

/** Which symbols a market has, as its upstream says. While that knows nothing any will do; while none answers, what the last one said holds. */
export class KnownSymbols {
  /** Told when others are known. */
  readonly watchers = new Set<() => void>();
  /** Whether a client waits for a symbol that is not there; asked before each question. */
  isAwaited: () => boolean = () => false;
  /** Symbols that clients wanted and that are not there, and since when. */
  private readonly missed = new Map<string, Millis>();
  /** When the newest of them was first missed, and when one was missed last. */
  private newestAt: Millis = 0;
  private missedAt: Millis = -Infinity;
  private symbols: ReadonlySet<string> | undefined;
  private mark: ListMark | null = null;
  private cancelQuestion: Cancel = () => undefined;
  private cancelRepeat: Cancel = () => undefined;

  constructor(private readonly parts: KnownSymbolsParts) {}

  start(): void {
    const { clock, messages, ask, channel } = this.parts;
    this.cancelRepeat = clock.after(ASK_EVERY_MS, () => this.start());
    if (messages.state === 'down') return;
    const now = clock.now();
    const isMissed = this.isAwaited() || now - this.missedAt < WAITS_FOR_MS;
    const missedMs = Math.round(now - this.newestAt);
    const question: SymbolsQuestion = { mark: this.mark, ...(isMissed && { missedMs }) };
    this.cancelQuestion = ask.ask(channel, question, ANSWER_WITHIN_MS, (answer) => this.answered(answer));
  }

  stop(): void {
    this.cancelRepeat();
    this.cancelQuestion();
  }

  /** How many are known; 0 where nobody knows. */
  get size(): number {
    return this.symbols?.size ?? 0;
  }

  /** Whether there is no such symbol. */
  lacks({ symbol }: Pick<ParsedStream, 'symbol'>): boolean {
    return symbol !== undefined && this.symbols !== undefined && !this.symbols.has(symbol);
  }

  /** A client wants streams of one that is not there: it may be listed by now, so the upstream is told that somebody misses one. */
  miss(symbol: string): void {
    const { missed } = this;
    const now = this.parts.clock.now();
    this.missedAt = now;
    if (now - (missed.get(symbol) ?? -Infinity) < SAME_FOR_MS) return;
    missed.delete(symbol);
    missed.set(symbol, now);
    const [oldest = ''] = missed.keys();
    if (missed.size > MOST_MISSED) missed.delete(oldest);
    this.newestAt = now;
  }

  private answered(value: unknown): void {
    const answer = readSymbolsAnswer(value);
    // Without symbols it says that these are the ones; an answer to a question that was asked before is of no use.
    if (!answer || answer.mark === this.mark || (answer.mark !== null && !answer.symbols)) return;
    this.mark = answer.mark;
    this.symbols = answer.symbols && answer.mark !== null ? new Set(answer.symbols) : undefined;
    for (const watcher of this.watchers) watcher();
  }
}
