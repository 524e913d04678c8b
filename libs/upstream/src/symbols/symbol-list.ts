import { createHash } from 'node:crypto';
import type { Market, ParsedStream } from '#libs/binance';
import type { Bus, Subscription } from '#libs/bus';
import {
  type Cancel,
  type Clock,
  type ListMark,
  type Millis,
  type SymbolsAnswer,
  doubled,
  readSymbolsQuestion,
} from '#libs/core';
import type { Rest } from '#libs/rest';
import type { Log } from '#libs/runtime';

/** A list that cannot be had anew is believed for so many times as long as it is usually kept: symbols are added every day. */
const BELIEVED_FOR = 3;

/** Where it could not be had, it is asked for again after so long, doubling up to the most. */
const RETRY_MS: Millis = 5_000;
const RETRY_MOST_MS: Millis = 300_000;

interface SymbolListParts {
  market: Pick<Market, 'symbols' | 'channels'>;
  /** Undefined where there is nobody to ask whose symbols would be those of the streams. */
  rest: Pick<Rest, 'get'> | undefined;
  bus: Pick<Bus, 'ask'>;
  clock: Clock;
  log: Log;
  /** How often it is asked for; 0: never. */
  everyMs: Millis;
  /** Whether another upstream answers now. */
  isOvertaken(): boolean;
  /** Another list is known now, or none any more. */
  changed(): void;
}

interface KnownList {
  symbols: ReadonlySet<string>;
  mark: ListMark;
  fetchedAt: Millis;
}

/** Which symbols there are, as Binance says, and tells edges. While nobody knows, any will do. */
export class SymbolList {
  /** Why it could not be had the last time. */
  private why: string | undefined;
  private list: KnownList | undefined;
  /** The mark that others were told. */
  private told: ListMark | undefined;
  private failures = 0;
  private cancel: Cancel = () => undefined;
  private answers: Subscription | undefined;
  private readonly ending = new AbortController();

  constructor(private readonly parts: SymbolListParts) {}

  start(): void {
    const { bus, market, everyMs } = this.parts;
    this.answers = bus.ask.answer(market.channels.symbols, (question) => this.answer(question));
    if (everyMs > 0) void this.fetch();
  }

  stop(): void {
    this.ending.abort();
    this.cancel();
    this.answers?.end();
  }

  /** Whether there is no such symbol. */
  lacks({ symbol }: Pick<ParsedStream, 'symbol'>): boolean {
    const { known } = this;
    return known !== undefined && symbol !== undefined && !known.symbols.has(symbol);
  }

  /** What operators see. */
  describe(): { symbols: number; ageMs: Millis | null; why: string | null } {
    const { known, why = null } = this;
    const ageMs = known ? Math.round(this.parts.clock.now() - known.fetchedAt) : null;
    return { symbols: known?.symbols.size ?? 0, ageMs, why };
  }

  private get known(): KnownList | undefined {
    const { list } = this;
    const { clock, everyMs } = this.parts;
    return list && clock.now() - list.fetchedAt <= BELIEVED_FOR * everyMs ? list : undefined;
  }

  private async fetch(): Promise<void> {
    const { rest, market, clock, log, everyMs } = this.parts;
    const { symbols: source } = market;
    if (!rest || !source) return;
    const answer = await rest.get(source, this.ending.signal);
    if (this.ending.signal.aborted) return;
    const read = answer.ok ? source.read(answer.value) : answer;
    if (read.ok) this.take(read.value);
    else {
      this.why = typeof read.problem === 'string' ? read.problem : read.problem.why;
      log.warn({ code: 'symbols.unknown', why: this.why }, 'the list of symbols could not be had');
      this.failures += 1;
    }
    this.tell();
    const retryMs = Math.min(everyMs, doubled(RETRY_MS, this.failures - 1, RETRY_MOST_MS));
    this.cancel = clock.after(read.ok ? everyMs : retryMs, () => void this.fetch());
  }

  private take(symbols: readonly string[]): void {
    const mark = createHash('sha256').update(symbols.toSorted().join('\n')).digest('base64url');
    this.list = { symbols: new Set(symbols), mark, fetchedAt: this.parts.clock.now() };
    this.failures = 0;
    this.why = undefined;
  }

  private tell(): void {
    const { known } = this;
    if (known?.mark === this.told) return;
    this.told = known?.mark;
    this.parts.log.info({ code: 'symbols', symbols: known?.symbols.size ?? 0 }, 'which symbols there are');
    this.parts.changed();
  }

  private answer(question: unknown): SymbolsAnswer | undefined {
    const asked = readSymbolsQuestion(question);
    if (!asked || this.parts.isOvertaken()) return undefined;
    const { known } = this;
    if (!known) return { mark: null };
    const { mark, symbols } = known;
    return asked.mark === mark ? { mark } : { mark, symbols: [...symbols] };
  }
}
