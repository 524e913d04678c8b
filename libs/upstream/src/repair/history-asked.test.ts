import { describe, expect, it } from 'vitest';
import { ok } from '#libs/core';
import { streamOf } from '../../../../test/support/series-rig.js';
import { AGGREGATES, HISTORY, Scene, aggregateRow, rows, settled } from './history-scene.rig.js';

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
