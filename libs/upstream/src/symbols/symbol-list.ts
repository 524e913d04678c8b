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
import type { Timings } from '../timings.js';
import { MissedSymbols } from './missed-symbols.js';
import type { SymbolsByAsk } from './symbols-by-ask.js';

/** A list that cannot be had anew is believed for so many times as long as it is usually kept: symbols are added every day. */
const BELIEVED_FOR = 3;

/** Where it could not be had, it is asked for again after so long, doubling up to the most. */
const RETRY_MS: Millis = 5_000;
const RETRY_MOST_MS: Millis = 300_000;

interface SymbolListParts {
  market: Pick<Market, 'symbols' | 'channels'>;
  /** Undefined where there is nobody to ask whose symbols would be those of the streams. */
  rest: Pick<Rest, 'get'> | undefined;
  /** Asks the upstream that answers instead, where there are several; absent where there is one, which asks for itself whatever happens. */
  byAsk?: SymbolsByAsk | undefined;
  bus: Pick<Bus, 'ask'>;
  clock: Clock;
  log: Log;
  /** How often it is asked for; 0: never. */
  everyMs: Millis;
  timings: Pick<Timings, 'symbolsSoonMs' | 'symbolsSoonMostMs'>;
  /** Whether another upstream answers now. */
  isOvertaken(): boolean;
  /** A list has come, be it the same as before, or none is believed in any more. */
  judged(): void;
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
  /** The one before. */
  private before: KnownList | undefined;
  /** The mark that others were told. */
  private told: ListMark | undefined;
  private failures = 0;
  private readonly missed: MissedSymbols;
  private cancel: Cancel = () => undefined;
  /** When it is asked for next; -Infinity while it is. */
  private askAt: Millis = -Infinity;
  private answers: Subscription | undefined;
  private readonly ending = new AbortController();

  constructor(private readonly parts: SymbolListParts) {
    this.missed = new MissedSymbols(parts.timings);
  }

  start(): void {
    const { bus, market, everyMs } = this.parts;
    this.answers = bus.ask.answer(market.channels.symbols, (question) => this.answer(question));
    if (everyMs > 0) void this.fetch();
  }

  stop(): void {
    this.ending.abort();
    this.cancel();
    this.parts.byAsk?.stop();
    this.answers?.end();
  }

  /** Whether there is no such symbol. */
  lacks({ symbol }: Pick<ParsedStream, 'symbol'>): boolean {
    const { known } = this;
    return known !== undefined && symbol !== undefined && !known.symbols.has(symbol);
  }

  /** Since when nothing may come of a symbol that two lists in a row lack; undefined where they do not. */
  lacksSince(stream: Pick<ParsedStream, 'symbol'>): Millis | undefined {
    const { before } = this;
    const isGone = this.lacks(stream) && before && !before.symbols.has(stream.symbol ?? '');
    return isGone ? before.fetchedAt : undefined;
  }

  /**
   * Somebody wants streams of symbols that it lacks: it may have been asked for before they were listed.
   *
   * @param newestMs how long ago the newest of them was first wanted.
   */
  miss(newestMs: Millis): void {
    if (!this.known || this.parts.isOvertaken()) return;
    const now = this.parts.clock.now();
    this.missed.miss(now - newestMs, now);
    const dueAt = this.missed.dueAt(now) ?? Infinity;
    if (dueAt < this.askAt && this.failures === 0) this.plan(dueAt);
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

  private plan(at: Millis): void {
    const { clock } = this.parts;
    this.cancel();
    this.askAt = at;
    this.cancel = clock.after(Math.max(0, at - clock.now()), () => void this.fetch());
  }

  private async fetch(): Promise<void> {
    const { rest, market, clock, log, everyMs, byAsk } = this.parts;
    const { symbols: source } = market;
    if (!rest || !source) return;
    this.askAt = -Infinity;
    if (byAsk && this.parts.isOvertaken())
      return byAsk.ask(this.list?.mark, (symbols, againMs) => this.follow(symbols, againMs));
    this.missed.asked(clock.now());
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
    this.plan(clock.now() + (read.ok ? everyMs : retryMs));
  }

  /** Somebody else has this list, or the same as before. */
  private follow(symbols: readonly string[] | 'same' | undefined, againMs: Millis): void {
    const now = this.parts.clock.now();
    if (symbols === 'same' && this.list) this.list.fetchedAt = now;
    else if (typeof symbols === 'object') this.take(symbols);
    this.tell();
    this.plan(now + Math.min(againMs, this.parts.everyMs));
  }

  private take(symbols: readonly string[]): void {
    const mark = createHash('sha256').update(symbols.toSorted().join('\n')).digest('base64url');
    if (mark !== this.list?.mark) this.missed.changed();
    this.before = this.list;
    this.list = { symbols: new Set(symbols), mark, fetchedAt: this.parts.clock.now() };
    this.failures = 0;
    this.why = undefined;
  }

  private tell(): void {
    const { known, parts } = this;
    if (known?.mark !== this.told)
      parts.log.info({ code: 'symbols', symbols: known?.symbols.size ?? 0 }, 'which symbols there are');
    this.told = known?.mark;
    parts.judged();
  }

  private answer(question: unknown): SymbolsAnswer | undefined {
    const asked = readSymbolsQuestion(question);
    if (!asked || this.parts.isOvertaken()) return undefined;
    const { known } = this;
    if (!known) return { mark: null };
    const { mark, symbols } = known;
    if (asked.mark !== mark) return { mark, symbols: [...symbols] };
    // What is missed in another list than this one may be in this one.
    if (asked.missedMs !== undefined) this.miss(asked.missedMs);
    return { mark };
  }
}
