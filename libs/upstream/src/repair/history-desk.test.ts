import { describe, expect, it } from 'vitest';
import type { ParsedStream } from '#libs/binance';
import { type MarketEvent, type Result, notOk, ok } from '#libs/core';
import { FakeClock } from '../../../../test/support/fake-clock.js';
import { streamOf, trade } from '../../../../test/support/series-rig.js';
import type { RestFailure, RestRequest } from '../rest/request.js';
import type { Hole } from '../streams/order/order.js';
import { HistoryDesk } from './history-desk.js';

const TRADES = '/api/v3/trades';
const HISTORY = '/api/v3/historicalTrades';
const AGGREGATES = '/api/v3/aggTrades';

/** A question, and what the test answers. */
interface Asked {
  request: RestRequest;
  signal: AbortSignal;
  answer(result: Result<unknown, RestFailure>): void;
}

const tradeRow = (id: number): object => ({ id, price: '1', qty: '1', quoteQty: '1', time: 1, isBuyerMaker: true });
const aggregateRow = (a: number): object => ({ a, p: '1', q: '1', f: a, l: a, T: 1, m: true, M: true });
const rows = (from: number, to: number, row = tradeRow): unknown[] =>
  Array.from({ length: to - from + 1 }, (_, at) => row(from + at));

/** A desk whose questions a test answers, and one stream that has passed on the trade 10. */
class Scene {
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
const settled = async (): Promise<void> => {
  for (let turn = 0; turn < 50; turn += 1) await Promise.resolve();
};

class Filling {
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

const upTo = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, at) => from + at);

describe('history', () => {
  it('of a short hole in trades is had from the newest ones, at once', async () => {
    const scene = new Scene();
    const filling = scene.fill(11, 13);
    await settled();
    expect(scene.paths).toEqual([TRADES]);
    await scene.answer(0, ...rows(5, 20));
    expect(filling.brought).toEqual([11, 12, 13]);
  });

  it('is had from the database where the newest trades begin behind the hole', async () => {
    const scene = new Scene();
    const filling = scene.fill(11, 13);
    await settled();
    await scene.answer(0, ...rows(12, 20));
    await scene.wait(5_000);
    expect(scene.paths).toEqual([TRADES, `${HISTORY} 11`]);
    await scene.answer(1, ...rows(11, 20));
    expect(filling.brought).toEqual([11, 12, 13]);
  });

  it('of a long hole is asked for page by page side by side, and the newest page when the database has it', async () => {
    const scene = new Scene();
    const filling = scene.fill(11, 2_510);
    await settled();
    expect(scene.paths).toEqual([`${HISTORY} 11`, `${HISTORY} 1011`]);
    await scene.wait(5_000);
    expect(scene.paths).toEqual([`${HISTORY} 11`, `${HISTORY} 1011`, `${HISTORY} 2011`]);
    await scene.answer(2, ...rows(2_011, 3_010));
    await scene.answer(1, ...rows(1_011, 2_010));
    expect(filling.brought).toEqual([]);
    await scene.answer(0, ...rows(11, 1_010));
    expect(filling.brought).toEqual(upTo(11, 2_510));
  });

  it('is asked for again, each time later, until it joins what has come', async () => {
    const scene = new Scene();
    const filling = scene.fill(11, 13, streamOf('btcusdt@aggTrade'));
    const waits = [await scene.untilAsked(1)];
    await scene.answer(0, ...rows(11, 12, aggregateRow));
    for (const at of [1, 2, 3, 4]) {
      waits.push(await scene.untilAsked(at + 1));
      expect(scene.paths.at(-1)).toBe(`${AGGREGATES} 13`);
      await scene.answer(at, ...rows(13, at < 4 ? 12 : 15, aggregateRow));
    }
    expect(filling.brought).toEqual([11, 12, 13]);
    expect(waits.slice(1)).toEqual(waits.slice(1).toSorted((one, other) => one - other));
    expect(waits.at(-1)).toBeGreaterThanOrEqual(500);
  });

  it('that is refused for now is asked for again when it may be; for good, it is left to others', async () => {
    const scene = new Scene();
    const filling = scene.fill(11, 13, streamOf('btcusdt@aggTrade'));
    await scene.wait(5_000);
    await scene.refuse(0);
    expect(scene.asked).toHaveLength(1);
    await scene.wait(1_000);
    expect(scene.asked).toHaveLength(2);
    await scene.refuse(1, true);
    expect(filling.passed).toBe('503');
  });

  it('that cannot be read is left to others, with what is wrong', async () => {
    const scene = new Scene();
    const filling = scene.fill(11, 13, streamOf('btcusdt@aggTrade'));
    await scene.wait(5_000);
    await scene.answer(0, { a: 'eleven' });
    expect(filling.passed).toMatch(/row 0/);
  });

  it('is not read any more, and not asked for again, when the hole is over', async () => {
    const scene = new Scene();
    const filling = scene.fill(11, 13);
    await settled();
    filling.end();
    expect(scene.asked[0]?.signal.aborted).toBe(true);
    await scene.answer(0, ...rows(11, 12));
    await scene.wait(60_000);
    expect(filling.brought).toEqual([]);
    expect(scene.asked).toHaveLength(1);
    expect(scene.clock.pending).toBe(0);
  });

  it('of a quiet stream ends where the newest trades end', async () => {
    const scene = new Scene();
    const filling = scene.fill(11, undefined);
    await settled();
    await scene.answer(0, ...rows(5, 14));
    expect(filling.brought).toEqual([11, 12, 13, 14]);
    expect(filling.isWhole).toBe(true);
  });

  it('of more events than anybody waits for is not asked for', async () => {
    const scene = new Scene();
    const filling = scene.fill(11, 200_000);
    await settled();
    expect(scene.asked).toEqual([]);
    expect(filling.passed).toBeDefined();
  });

  it('that is behind at its end has lost nothing, however often it says the same', async () => {
    const scene = new Scene();
    const filling = scene.fill(11, 13, streamOf('btcusdt@aggTrade'));
    for (const at of [0, 1, 2, 3]) {
      await scene.untilAsked(at + 1);
      await scene.answer(at, ...rows(11, 12, aggregateRow));
    }
    expect(filling.lost).toEqual([]);
  });

  it('of many streams at once is bounded, and what costs least goes first', async () => {
    const scene = new Scene();
    for (let stream = 0; stream < 9; stream += 1) scene.fill(11, 13);
    const cheap = scene.fill(11, 13, streamOf('btcusdt@aggTrade'));
    await scene.wait(5_000);
    expect(scene.asked).toHaveLength(8);
    await scene.answer(0, ...rows(5, 20));
    expect(scene.paths.at(-1)).toBe(`${AGGREGATES} 11`);
    await scene.answer(8, ...rows(11, 20, aggregateRow));
    expect(cheap.brought).toEqual([11, 12, 13]);
    expect(scene.paths.at(-1)).toBe(TRADES);
  });

  it('of equal price is asked first for the largest hole: behind it the most waits', async () => {
    const scene = new Scene();
    for (let stream = 0; stream < 9; stream += 1) scene.fill(11, 13);
    scene.fill(11, 90, streamOf('ethusdt@trade'));
    scene.fill(11, 20, streamOf('bnbusdt@trade'));
    await settled();
    for (const at of [0, 1, 2]) await scene.answer(at, ...rows(5, 20));
    expect(scene.asked.slice(8).map(({ request }) => request.query['symbol'])).toEqual([
      'ETHUSDT',
      'BNBUSDT',
      'BTCUSDT',
    ]);
  });

  it('leaves weight for books, whose diffs wait meanwhile', async () => {
    const scene = new Scene();
    scene.fill(11, 13);
    await settled();
    expect(scene.asked[0]?.request.share).toBeLessThanOrEqual(0.8);
  });

  it('of streams that clients want goes before that of others, whatever it costs', async () => {
    const scene = new Scene();
    scene.unheard.add('btcusdt@aggTrade');
    for (let stream = 0; stream < 8; stream += 1) scene.fill(11, 13);
    await settled();
    scene.fill(11, 13, streamOf('btcusdt@aggTrade'));
    await scene.wait(5_000);
    scene.fill(11, 13, streamOf('ethusdt@trade'));
    await settled();
    await scene.answer(0, ...rows(5, 20));
    expect(scene.asked.at(-1)?.request.query['symbol']).toBe('ETHUSDT');
  });
});

describe('what history is asked for', () => {
  const AGGREGATES_OF = streamOf('btcusdt@aggTrade');

  it('is streams that have one, and a hole that it does not fill is left to others', () => {
    const { desk } = new Scene();
    const names = ['btcusdt@trade', 'btcusdt@kline_1m', 'btcusdt@depth', 'btcusdt@bookTicker', '!miniTicker@arr'];
    expect(names.map((name) => desk.repairs(streamOf(name)))).toEqual([true, true, false, false, false]);
    expect([desk.name, desk.isTireless]).toEqual(['history', false]);
  });

  it('is told as received when the answer came', async () => {
    const scene = new Scene();
    scene.clock.setWall(50);
    const filling = scene.fill(11, 13);
    await settled();
    scene.clock.advance(25);
    await scene.answer(0, ...rows(11, 20));
    expect(filling.events).toMatchObject([11, 12, 13].map((id) => ({ id, receivedAt: 1_000_075, backfilled: true })));
  });

  it('is the database where the newest trades are none', async () => {
    const scene = new Scene();
    const filling = scene.fill(11, 13);
    await settled();
    await scene.answer(0);
    await scene.untilAsked(2);
    expect(scene.paths.at(-1)).toBe(`${HISTORY} 11`);
    await scene.refuse(1, true);
    expect(filling.passed).toBe('503');
  });

  it('is asked on where an answer was full, and whole where it was not', async () => {
    const scene = new Scene();
    const filling = scene.fill(11, undefined, AGGREGATES_OF);
    await scene.untilAsked(1);
    await scene.answer(0, ...rows(11, 1_010, aggregateRow));
    expect([filling.brought.length, filling.isWhole]).toEqual([1_000, false]);
    await scene.untilAsked(2);
    expect(scene.paths.at(-1)).toBe(`${AGGREGATES} 1011`);
    await scene.answer(1, ...rows(1_011, 1_012, aggregateRow));
    expect([filling.brought.length, filling.isWhole]).toEqual([1_002, true]);
  });

  it('is asked on at once while answers bring something, and after a wait that doubles while they bring nothing', async () => {
    const scene = new Scene();
    scene.fill(11, 2_510, AGGREGATES_OF);
    await scene.untilAsked(3);
    await scene.answer(2, ...rows(2_011, 2_600, aggregateRow));
    await scene.answer(1);
    await scene.answer(0, ...rows(11, 500, aggregateRow));
    expect(scene.paths.slice(3)).toContain(`${AGGREGATES} 501`);
    const waits: number[] = [];
    for (let time = 0; time < 3; time += 1) {
      const before = scene.asked.length;
      for (let at = before - 1; at >= before - 3; at -= 1) await scene.answer(at);
      waits.push(await scene.untilAsked(before + 1));
      await scene.untilAsked(before + 3);
    }
    expect(waits).toEqual([250, 500, 1_000]);
  });

  it('is not asked for as early again as when it was not there, for any hole of the kind', async () => {
    const scene = new Scene();
    scene.fill(11, 13, AGGREGATES_OF);
    expect(await scene.untilAsked(1)).toBe(1_000);
    await scene.wait(1_000);
    scene.asked[0]?.answer(ok(rows(11, 12, aggregateRow)));
    const other = streamOf('ethusdt@aggTrade');
    await settled();
    scene.fill(11, 13, other);
    let waitedMs = 0;
    for (
      ;
      waitedMs < 10_000 && !scene.asked.some(({ request }) => request.query['symbol'] === other.symbol);
      waitedMs += 10
    )
      await scene.wait(10);
    expect(waitedMs).toBe(1_250);
  });

  it('says of a hole that is too large that nobody fetches so much', async () => {
    const filling = new Scene().fill(11, 200_000);
    await settled();
    expect(filling.passed).toBe('more is missing than is fetched');
  });

  it('is not asked for where its newest rows are not enough and the database is refused: the last reason is told', async () => {
    const scene = new Scene();
    const filling = scene.fill(11, 13);
    await settled();
    await scene.answer(0, ...rows(12, 20));
    await scene.untilAsked(2);
    await scene.refuse(1, true);
    expect(filling.passed).toBe('503');
  });
});

describe('history that has lost rows', () => {
  const AGGREGATES_OF = streamOf('btcusdt@aggTrade');

  it('is asked once more for what is missing between its rows, and then that is lost and the rest is not', async () => {
    const scene = new Scene();
    const filling = scene.fill(11, 20, AGGREGATES_OF);
    const given = [...rows(11, 13, aggregateRow), ...rows(17, 21, aggregateRow)];
    await scene.untilAsked(1);
    await scene.answer(0, ...given);
    expect([filling.brought, filling.lost]).toEqual([[11, 12, 13], []]);
    expect(await scene.untilAsked(2)).toBeGreaterThanOrEqual(250);
    expect(scene.paths.at(-1)).toBe(`${AGGREGATES} 14`);
    await scene.answer(1, ...given.slice(3));
    expect([filling.brought, filling.lost]).toEqual([[...upTo(11, 13), ...upTo(17, 20)], ['14-16']]);
  });

  it('has lost only what it has not the second time either', async () => {
    const scene = new Scene();
    const filling = scene.fill(11, 20, AGGREGATES_OF);
    await scene.untilAsked(1);
    await scene.answer(0, ...rows(17, 25, aggregateRow));
    await scene.untilAsked(2);
    await scene.answer(1, ...rows(13, 15, aggregateRow), ...rows(17, 25, aggregateRow));
    expect([filling.brought, filling.lost]).toEqual([upTo(13, 15), ['11-12']]);
    await scene.untilAsked(3);
    await scene.answer(2, ...rows(16, 25, aggregateRow));
    expect([filling.brought, filling.lost]).toEqual([upTo(13, 20), ['11-12']]);
  });

  it('has lost only what it had not the first time either', async () => {
    const scene = new Scene();
    const filling = scene.fill(11, 20, AGGREGATES_OF);
    await scene.untilAsked(1);
    await scene.answer(0, ...rows(13, 25, aggregateRow));
    await scene.untilAsked(2);
    await scene.answer(1, ...rows(17, 25, aggregateRow));
    expect([filling.brought, filling.lost]).toEqual([[], ['11-12']]);
    await scene.untilAsked(3);
    await scene.answer(2, ...rows(13, 25, aggregateRow));
    expect([filling.brought, filling.lost]).toEqual([upTo(13, 20), ['11-12']]);
  });

  it('is asked once more for all that is missing, in whatever page, and no oftener', async () => {
    const scene = new Scene();
    const filling = scene.fill(11, 2_510, AGGREGATES_OF);
    const answer = async (at: number): Promise<void> => {
      const from = Number(scene.asked[at]?.request.query['fromId']);
      const kept = upTo(from, 2_600).filter((id) => id > 14 && id !== 1_010 && id !== 1_500 && id < 2_505);
      await scene.answer(at, ...kept.slice(0, 1_000).map(aggregateRow), ...(from > 1_500 ? [aggregateRow(2_600)] : []));
    };
    await scene.untilAsked(3);
    for (const at of [2, 1, 0]) await answer(at);
    expect(filling.lost).toEqual([]);
    await scene.untilAsked(6);
    for (const at of [3, 4, 5]) await answer(at);
    expect(filling.lost).toEqual(['11-14', '1010-1010', '1500-1500', '2505-2510']);
    expect(filling.brought).toEqual(upTo(15, 2_504).filter((id) => id !== 1_010 && id !== 1_500));
    expect(scene.asked).toHaveLength(6);
  });

  it('in its newest rows is left to the database', async () => {
    const scene = new Scene();
    const filling = scene.fill(11, 15);
    await scene.untilAsked(1);
    await scene.answer(0, ...rows(5, 12), ...rows(14, 20));
    await scene.untilAsked(2);
    expect(scene.paths).toEqual([TRADES, `${HISTORY} 13`]);
    await scene.answer(1, ...rows(14, 20));
    expect(filling.lost).toEqual([]);
    await scene.untilAsked(3);
    await scene.answer(2, ...rows(13, 20));
    expect([filling.brought, filling.lost]).toEqual([upTo(11, 15), []]);
  });

  it('of a quiet stream gives what is behind them', async () => {
    const scene = new Scene();
    const filling = scene.fill(11, undefined, AGGREGATES_OF);
    for (const at of [0, 1]) {
      await scene.untilAsked(at + 1);
      await scene.answer(at, ...rows(13, 14, aggregateRow));
    }
    expect([filling.brought, filling.lost, filling.isWhole]).toEqual([[13, 14], ['11-12'], true]);
    expect(scene.clock.pending).toBe(0);
  });
});
