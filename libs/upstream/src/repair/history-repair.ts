import type { History, HistorySource, ParsedStream } from '#libs/binance';
import { type Clock, type MarketEvent, type Millis, type Missing, type Result, doubled, notOk, ok } from '#libs/core';
import { type RestFailure, type RestRequest, pause } from '#libs/rest';
import type { Hole } from '../streams/order/order.js';
import type { RepairTold } from '../streams/repairer.js';
import type { CheapestFirst } from './cheapest-first.js';
import { lacksOf, lostUpTo } from './lacks.js';
import type { Lag } from './lag.js';
import { type HistoryPage, choose } from './pages.js';

/** Asks Binance's REST API; never rejects. See `Rest`. */
export interface HistoryClient {
  get(request: RestRequest, signal: AbortSignal): Promise<Result<unknown, RestFailure>>;
}

/** What all repairs share, and what ends this one. */
export interface HistoryTools {
  rest: HistoryClient;
  clock: Clock;
  turns: CheapestFirst;
  /** Whether it goes before those that nobody listens to. */
  isFirst(): boolean;
  lagOf(path: string): Lag;
  signal: AbortSignal;
}

/** Rows of one page, and when they were asked for. */
interface Rows {
  rows: MarketEvent[];
  askedAt: Millis;
}

/**
 * How much of the limit of weight all of history may reach together. The rest is for books whose diffs wait: a first stage of all
 * of them costs less than a fifth of it, and behind hundreds of trade streams they would wait for minutes.
 */
const SHARE = 0.8;

/** Rows that were not there yet are asked for again after this, and then after twice as long, up to the most. */
const AGAIN_FIRST_MS: Millis = 250;
const AGAIN_MOST_MS: Millis = 5_000;

/** What is refused not in Binance's words is believed after this: an intermediary's trouble passes sooner. */
const BELIEVED_MS: Millis = 30_000;

const LOST = 'it has what came before and after';

/** What nobody listens to costs so much more when it is about whose turn it is: more than any question. */
const LAST = 10_000;

/**
 * Fills one hole with what REST knows: page by page, again and again until it joins what waits, or until it is ended. Ids that an
 * answer passes over are asked for once more; where they are passed over again they are lost, and what is behind them is filled.
 */
export class HistoryRepair {
  /** Sources that do not reach the hole, or refuse for good, and why. */
  private readonly useless = new Map<HistorySource, string>();
  /** Sources that refuse, but not in Binance's words: since when, and how often. */
  private readonly strange = new Map<HistorySource, { since: Millis; times: number }>();
  /** Answers in a row that brought nothing. */
  private inVain = 0;
  /** Whether something of the hole is lost: then what stands behind that joins nothing before it. */
  private hasLost = false;
  /** What the answers before passed over. */
  private doubted: readonly Missing[] = [];

  constructor(
    private readonly stream: ParsedStream,
    private readonly history: History,
    private readonly told: RepairTold,
    private readonly tools: HistoryTools,
  ) {}

  async run(whole: Hole): Promise<void> {
    let hole: Hole | undefined = whole;
    while (hole && !this.tools.signal.aborted) {
      const pages = choose(this.history, hole, (source) => !this.useless.has(source));
      if (pages.length === 0)
        return this.told.pass([...this.useless.values()].at(-1) ?? 'more is missing than is fetched');
      hole = await this.read(hole, pages);
    }
  }

  /** Asks for the pages side by side and takes them in their order; returns what is left of the hole. */
  private async read(hole: Hole, pages: readonly HistoryPage[]): Promise<Hole | undefined> {
    const answers = pages.map((page) => this.ask(hole, page));
    let left: Hole | undefined = hole;
    for (const [at, page] of pages.entries()) {
      const answer = await answers[at];
      if (this.tools.signal.aborted || !left || !answer) return undefined;
      if (!answer.ok) return this.failed(left, page, answer.problem);
      const { from }: Hole = left;
      left = this.take(left, page, answer.value);
      if (!left || left.from >= page.end) continue;
      // The rows do not reach so far yet, or pass something over: what the pages behind this one hold does not join.
      await this.doubt(left, pages.slice(at), answers.slice(at));
      return this.again(left, page, left.from > from);
    }
    return left;
  }

  private async ask(
    { since, count = 0 }: Hole,
    { source, from, isNewest }: HistoryPage,
  ): Promise<Result<Rows, RestFailure>> {
    const { clock, rest, signal, turns } = this.tools;
    const { path, weight, kept } = source;
    const tooEarlyMs = isNewest && kept === 'database' ? this.tools.lagOf(path).askAt(since) - clock.now() : 0;
    if (tooEarlyMs > 0) await pause(clock, tooEarlyMs, signal);
    const done = await turns.take(this.tools.isFirst() ? weight : weight + LAST, count);
    const askedAt = clock.now();
    const query = source.query(this.stream, from);
    const answer = await rest.get({ path, weight, query, share: SHARE }, signal).finally(done);
    if (!answer.ok) return answer;
    const head = { stream: this.stream.name, receivedAt: clock.wallAt(clock.now()) };
    const read = source.read(answer.value, head, this.stream);
    return read.ok ? ok({ rows: read.value, askedAt }) : notOk({ why: read.problem, retryInMs: 0, isFinal: true });
  }

  /** What these rows bring; returns what is missing behind them. */
  private take(hole: Hole, { source, isNewest }: HistoryPage, { rows, askedAt }: Rows): Hole | undefined {
    const { next, from, since } = hole;
    const isMemory = source.kept === 'memory';
    const [oldest] = rows;
    if (isMemory && (!oldest || this.history.at(oldest) > from)) {
      this.useless.set(source, 'the newest rows do not reach back so far');
      return hole;
    }
    const { left, isWhole } = this.bring(hole, rows);
    if (left && this.lacks(rows, this.joinable(left)).length > 0) {
      if (isMemory) this.useless.set(source, 'the newest rows are not all there');
      return left;
    }
    if (isNewest && next && !isMemory) this.tools.lagOf(source.path)[isWhole ? 'found' : 'missed'](since, askedAt);
    const isLast = next !== undefined || isMemory || rows.length < source.mostRows;
    if (!isWhole || !isLast) return left;
    this.told.whole();
    return undefined;
  }

  /** Brings what of these rows joins, and goes on behind what is lost. */
  private bring(hole: Hole, rows: readonly MarketEvent[]): { left: Hole | undefined; isWhole: boolean } {
    for (let at = this.joinable(hole); ;) {
      const { events, isWhole } = this.history.between(this.joining(at, rows), at.before, at.next);
      const left = this.told.bring(events);
      const open = left && this.joinable(left);
      const lost = open && lostUpTo(this.lacks(rows, open), this.doubted);
      if (lost === undefined) return { left, isWhole };
      const behind = this.told.lost(lost, LOST);
      if (!behind) return { left: undefined, isWhole: true };
      this.hasLost = true;
      at = this.joinable(behind);
    }
  }

  /** Where not every position stands for an event, what comes behind a loss cannot be counted on from what came before. */
  private joinable(hole: Hole): Hole {
    const { before: _, ...others } = hole;
    return this.hasLost && this.history.lacks ? others : hole;
  }

  /** Where the event before is not known, its rows may be among them, or those behind it may not be there. */
  private joining(hole: Hole, rows: readonly MarketEvent[]): readonly MarketEvent[] {
    if (hole.before) return rows;
    const [lack] = this.lacks(rows, hole);
    return lack?.from === hole.from ? [] : rows.filter((row) => this.history.at(row) >= hole.from);
  }

  /** What these rows pass over; nothing where nobody can tell what they should have. */
  private lacks(
    rows: readonly MarketEvent[],
    { from, before, next }: Pick<Hole, 'from' | 'before' | 'next'>,
  ): Missing[] {
    const { ordering } = this.stream.known;
    const { history } = this;
    if (history.lacks) return history.lacks(rows, from, before, next);
    if (ordering.rule !== 'chain' || !ordering.isCounted) return [];
    return lacksOf(
      rows.map((row) => history.at(row)),
      from,
    );
  }

  /** Notes what these answers pass over, where the first of them does. Of the newest rows that says nothing: others may have it. */
  private async doubt(
    hole: Hole,
    pages: readonly HistoryPage[],
    answers: readonly Promise<Result<Rows, RestFailure>>[],
  ): Promise<void> {
    const doubted: Missing[] = [];
    for (const [at, page] of pages.entries()) {
      const answer = await answers[at];
      if (answer?.ok && page.source.kept === 'database')
        doubted.push(
          ...this.lacks(answer.value.rows, { ...this.joinable(hole), from: Math.max(hole.from, page.from) }),
        );
      if (doubted.length === 0) break;
    }
    this.doubted = doubted;
  }

  private async failed(hole: Hole, { source }: HistoryPage, failure: RestFailure): Promise<Hole> {
    const { isFinal, isStrange = false, why, retryInMs } = failure;
    const strange = this.strange.get(source) ?? { since: this.tools.clock.now(), times: 0 };
    // The newest rows are a short cut: what they would have said the database says, too.
    const believedMs = source.kept === 'memory' ? 0 : BELIEVED_MS;
    const isBelieved = isStrange && this.tools.clock.now() - strange.since >= believedMs;
    if (isFinal || isBelieved) this.useless.set(source, why);
    else if (isStrange) {
      this.strange.set(source, { ...strange, times: strange.times + 1 });
      await this.pause(Math.max(retryInMs, doubled(AGAIN_FIRST_MS, strange.times, AGAIN_MOST_MS)));
    } else await this.pause(retryInMs);
    return hole;
  }

  private async again(hole: Hole, { source }: HistoryPage, hasBrought: boolean): Promise<Hole> {
    const isAtOnce = this.useless.has(source) || (hasBrought && this.doubted.length === 0);
    this.inVain = isAtOnce ? 0 : this.inVain + 1;
    if (this.inVain > 0) await this.pause(doubled(AGAIN_FIRST_MS, this.inVain - 1, AGAIN_MOST_MS));
    return hole;
  }

  private pause(ms: Millis): Promise<void> {
    return pause(this.tools.clock, ms, this.tools.signal);
  }
}
