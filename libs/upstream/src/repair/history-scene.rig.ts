import type { ParsedStream } from '#libs/binance';
import { type MarketEvent, type Result, notOk, ok } from '#libs/core';
import type { RestFailure, RestRequest } from '#libs/rest';
import { FakeClock } from '../../../../test/support/fake-clock.js';
import { streamOf, trade } from '../../../../test/support/series-rig.js';
import type { Hole } from '../streams/order/order.js';
import { HistoryDesk } from './history-desk.js';

export const TRADES = '/api/v3/trades';
export const HISTORY = '/api/v3/historicalTrades';
export const AGGREGATES = '/api/v3/aggTrades';

/** A question, and what the test answers. */
export interface Asked {
  request: RestRequest;
  signal: AbortSignal;
  answer(result: Result<unknown, RestFailure>): void;
}

export const tradeRow = (id: number): object => ({
  id,
  price: '1',
  qty: '1',
  quoteQty: '1',
  time: 1,
  isBuyerMaker: true,
});
export const aggregateRow = (a: number): object => ({ a, p: '1', q: '1', f: a, l: a, T: 1, m: true, M: true });
export const rows = (from: number, to: number, row = tradeRow): unknown[] =>
  Array.from({ length: to - from + 1 }, (_, at) => row(from + at));

/** A desk whose questions a test answers, and one stream that has passed on the trade 10. */
export class Scene {
  readonly clock = new FakeClock(1_000_000);
  readonly asked: Asked[] = [];
  /** Streams that no client wants. */
  readonly unheard = new Set<string>();
  readonly desk = new HistoryDesk(
    {
      get: (request, signal) => new Promise((answer) => void this.asked.push({ request, signal, answer })),
    },
    this.clock,
    (stream) => !this.unheard.has(stream),
  );

  /** Begins to fill `from` to `to`; what is brought in order is taken. */
  fill(from: number, to: number | undefined, stream = streamOf('btcusdt@trade')): Filling {
    return new Filling(this, stream, from, to);
  }

  get paths(): string[] {
    return this.asked.map(({ request: { path, query } }) => `${path} ${query['fromId'] ?? ''}`.trim());
  }

  async answer(at: number, ...given: unknown[]): Promise<void> {
    this.asked[at]?.answer(ok(given));
    await settled();
  }

  async refuse(at: number, isFinal = false): Promise<void> {
    this.asked[at]?.answer(notOk({ why: '503', retryInMs: 1_000, isFinal }));
    await settled();
  }

  /** Lets time pass until so many questions were asked, and says how long that took. */
  async untilAsked(count: number): Promise<number> {
    await settled();
    let ms = 0;
    for (; this.asked.length < count && ms < 60_000; ms += 10) await this.wait(10);
    return ms;
  }

  async wait(ms: number): Promise<void> {
    this.clock.advance(ms);
    await settled();
  }
}

/** Everything that follows from what has happened, short of time passing. */
export const settled = async (): Promise<void> => {
  for (let turn = 0; turn < 50; turn += 1) await Promise.resolve();
};

export class Filling {
  readonly brought: number[] = [];
  readonly events: MarketEvent[] = [];
  readonly lost: string[] = [];
  passed: string | undefined;
  isWhole = false;
  readonly end: () => void;
  private before: MarketEvent | undefined;

  constructor(
    { desk, clock }: Scene,
    stream: ParsedStream,
    private from: number,
    private readonly to: number | undefined,
  ) {
    const since = clock.now();
    this.before = trade(from - 1);
    this.end = desk.begin(stream, this.holeAt(since), {
      bring: (events) => {
        for (const event of events) this.take(event);
        return this.left(since);
      },
      lost: (upTo) => {
        this.lose(Math.min(upTo, to ?? Infinity));
        return this.left(since);
      },
      whole: () => (this.isWhole = true),
      bridge: () => false,
      pass: (why) => (this.passed = why),
    });
  }

  private take(event: MarketEvent): void {
    const id = (event as { id: number }).id;
    if (id !== this.from) return;
    this.brought.push(id);
    this.events.push(event);
    this.from += 1;
    this.before = event;
  }

  private lose(to: number): void {
    this.lost.push(`${this.from}-${to}`);
    this.from = to + 1;
    this.before = undefined;
  }

  private left(since: number): Hole | undefined {
    const left = this.to !== undefined && this.from > this.to ? undefined : this.holeAt(since);
    if (!left) this.end();
    return left;
  }

  private holeAt(since: number): Hole {
    const { from, to, before } = this;
    const common = { from, ...(before && { before }), since };
    if (to === undefined) return { ...common, upTo: Infinity, reason: 'interrupted' };
    return { ...common, to, count: to - from + 1, next: trade(to + 1), upTo: to + 1, reason: 'skipped' };
  }
}

export const upTo = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, at) => from + at);
