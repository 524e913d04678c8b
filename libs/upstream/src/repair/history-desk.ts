import type { History, HistorySource, ParsedStream } from '#libs/binance';
import { type Cancel, type Clock, type MarketEvent, type Millis, type Result, doubled, notOk, ok } from '#libs/core';
import type { RestFailure, RestRequest } from '../rest/request.js';
import type { Hole } from '../streams/order/order.js';
import type { RepairTold, Repairer } from '../streams/repairer.js';
import { type Page, choose } from './pages.js';
import { Turns } from './turns.js';

/** Asks for history; see `Rest`. */
export interface HistoryClient {
  get(request: RestRequest, signal: AbortSignal): Promise<Result<unknown, RestFailure>>;
}

export interface HistoryDeskParts {
  rest: HistoryClient;
  clock: Clock;
  /** How far what is kept so is behind the streams. */
  lagMs(kept: HistorySource['kept']): Millis;
}

/** So many questions are under way at once. */
const MOST_AT_ONCE = 8;

/** Rows that were not there yet are asked for again after this, and then after twice as long, up to the most. */
const AGAIN_FIRST_MS: Millis = 250;
const AGAIN_MOST_MS: Millis = 5_000;

/** What one repair works on. */
interface Job {
  stream: ParsedStream;
  history: History;
  told: RepairTold;
  signal: AbortSignal;
  /** Sources that did not reach the hole, or refuse for good, and why. */
  useless: Map<HistorySource, string>;
  /** Answers in a row that brought nothing. */
  inVain: number;
}

/**
 * Brings what was missed from Binance's REST API. Holes that are filled at once share a bounded number of questions, the
 * cheapest first. Nothing that is answered after a repair has ended is read.
 */
export class HistoryDesk implements Repairer {
  readonly name = 'history';
  readonly isTireless = false;
  private readonly turns = new Turns(MOST_AT_ONCE);

  constructor(private readonly parts: HistoryDeskParts) {}

  repairs({ known: { history }, isArray }: ParsedStream): boolean {
    return history !== undefined && !isArray;
  }

  begin(stream: ParsedStream, hole: Hole, told: RepairTold): Cancel {
    const { history } = stream.known;
    const end = new AbortController();
    const job = { stream, history, told, signal: end.signal, useless: new Map(), inVain: 0 };
    if (history) void this.fill({ ...job, history }, hole);
    return () => end.abort();
  }

  private async fill(job: Job, whole: Hole): Promise<void> {
    const { signal, told } = job;
    for (let hole: Hole | undefined = whole; hole && !signal.aborted;) {
      const pages = choose(job.history, hole, (source) => !job.useless.has(source));
      if (pages.length === 0) return told.pass([...job.useless.values()].at(-1) ?? 'it reaches too far');
      hole = await this.read(job, hole, pages);
    }
  }

  /** Asks for the pages side by side and takes them in their order; returns what is left of the hole. */
  private async read(job: Job, hole: Hole, pages: readonly Page[]): Promise<Hole | undefined> {
    const answers = pages.map((page) => this.ask(job, hole, page));
    let left: Hole | undefined = hole;
    for (const [at, page] of pages.entries()) {
      const answer = await answers[at];
      if (job.signal.aborted || !left || !answer) return undefined;
      if (!answer.ok) return this.failed(job, left, page, answer.problem);
      const { from }: Hole = left;
      left = this.take(job, left, page, answer.value);
      // The rows do not reach so far yet: what the pages behind this one hold does not join.
      if (left && left.from < page.end) return this.again(job, left, page, left.from > from);
    }
    return left;
  }

  private async ask(
    { stream, signal }: Job,
    { since }: Hole,
    { source, from, isNewest }: Page,
  ): Promise<Result<MarketEvent[], RestFailure>> {
    const { clock, rest, lagMs } = this.parts;
    const lagLeftMs = isNewest ? since + lagMs(source.kept) - clock.now() : 0;
    if (lagLeftMs > 0) await this.wait(lagLeftMs, signal);
    const done = await this.turns.take(source.weight);
    const { path, weight } = source;
    const answer = signal.aborted
      ? notOk({ why: 'ended', retryInMs: 0, isFinal: false })
      : await rest.get({ path, weight, query: source.query(stream, from) }, signal);
    done();
    if (!answer.ok || signal.aborted) return answer.ok ? ok([]) : answer;
    const rows = source.read(answer.value, { stream: stream.name, receivedAt: clock.wallAt(clock.now()) }, stream);
    return rows.ok ? rows : notOk({ why: rows.problem, retryInMs: 0, isFinal: true });
  }

  /** What these rows bring; returns what is missing behind them. */
  private take({ history, told, useless }: Job, hole: Hole, { source }: Page, rows: MarketEvent[]): Hole | undefined {
    const { before, next, from } = hole;
    const isNewest = source.kept === 'memory';
    const [oldest] = rows;
    if (isNewest && (!oldest || history.at(oldest) > from)) {
      useless.set(source, 'the newest rows do not reach back so far');
      return hole;
    }
    const { events, isWhole } = history.between(before ? rows : fromOn(history, rows, from), before, next);
    const left = told.bring(events);
    const isLast = next !== undefined || isNewest || rows.length < source.mostRows;
    if (!isWhole || !isLast) return left;
    told.whole();
    return undefined;
  }

  private async failed(
    { useless, signal }: Job,
    hole: Hole,
    { source }: Page,
    { isFinal, why, retryInMs }: RestFailure,
  ): Promise<Hole | undefined> {
    if (isFinal) useless.set(source, why);
    else await this.wait(retryInMs, signal);
    return hole;
  }

  private async again(job: Job, hole: Hole, { source }: Page, hasBrought: boolean): Promise<Hole> {
    job.inVain = hasBrought || job.useless.has(source) ? 0 : job.inVain + 1;
    if (job.inVain > 0) await this.wait(doubled(AGAIN_FIRST_MS, job.inVain - 1, AGAIN_MOST_MS), job.signal);
    return hole;
  }

  private wait(ms: Millis, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const cancel = this.parts.clock.after(ms, resolve);
      signal.addEventListener('abort', () => {
        cancel();
        resolve();
      });
    });
  }
}

const fromOn = ({ at }: History, rows: readonly MarketEvent[], from: number): MarketEvent[] =>
  rows.filter((row) => at(row) >= from);
