import { describe, expect, it } from 'vitest';
import { streamOf } from '../../../../test/support/series-rig.js';
import { AGGREGATES, HISTORY, Scene, TRADES, aggregateRow, rows, settled, upTo } from './history-scene.rig.js';

const STRANGE = {
  ok: false as const,
  problem: { why: 'HTTP 404', retryInMs: 250, isFinal: false, isStrange: true as const },
};

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

  it('that is refused, but not in Binance’s words, is asked for again and again, and left to others after half a minute', async () => {
    const scene = new Scene();
    const filling = scene.fill(11, 13, streamOf('btcusdt@aggTrade'));
    const since = scene.clock.now();
    let asked = 0;
    for (; filling.passed === undefined && asked < 100; asked += 1) {
      await scene.untilAsked(asked + 1);
      scene.asked[asked]?.answer(STRANGE);
      await settled();
    }
    expect(filling.passed).toBe('HTTP 404');
    expect(scene.clock.now() - since).toBeGreaterThan(30_000);
    expect(asked).toBeLessThan(15);
  });

  it('of the newest trades that is refused so is had from the database at once', async () => {
    const scene = new Scene();
    const filling = scene.fill(11, 13);
    await settled();
    scene.asked[0]?.answer(STRANGE);
    await scene.wait(1_000);
    expect(scene.paths).toEqual([TRADES, `${HISTORY} 11`]);
    await scene.answer(1, ...rows(11, 20));
    expect(filling.brought).toEqual([11, 12, 13]);
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
