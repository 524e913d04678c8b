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
  private symbols: ReadonlySet<string> | undefined;
  private mark: ListMark | null = null;
  private cancelQuestion: Cancel = () => undefined;
  private cancelRepeat: Cancel = () => undefined;

  constructor(private readonly parts: KnownSymbolsParts) {}

  start(): void {
    const { clock, messages, ask, channel } = this.parts;
    this.cancelRepeat = clock.after(ASK_EVERY_MS, () => this.start());
    if (messages.state === 'down') return;
    const question: SymbolsQuestion = { mark: this.mark };
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

  private answered(value: unknown): void {
    const answer = readSymbolsAnswer(value);
    // Without symbols it says that these are the ones; an answer to a question that was asked before is of no use.
    if (!answer || answer.mark === this.mark || (answer.mark !== null && !answer.symbols)) return;
    this.mark = answer.mark;
    this.symbols = answer.symbols && answer.mark !== null ? new Set(answer.symbols) : undefined;
    for (const watcher of this.watchers) watcher();
  }
}
