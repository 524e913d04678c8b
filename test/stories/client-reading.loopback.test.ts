import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HoldfastClient, type Level, type OrderBook, compareDecimals } from '#libs/client';
import { type Gateway, HURRIED_LIMITS, startStandalone } from '#libs/drill';
import { systemClock as clock } from '#libs/runtime';
import { Simulator } from '#libs/simulator';
import { TcpPath } from '../support/tcp-path.js';
import { until } from '../support/until.js';

const LEVELS = 20;

describe('what a client reads while connections drop on both sides of the gateway', () => {
  let simulator: Simulator;
  let gateway: Gateway;
  let path: TcpPath;
  let client: HoldfastClient;

  beforeEach(async () => {
    simulator = await Simulator.start({ clock, pace: 5, limits: HURRIED_LIMITS });
    gateway = await startStandalone(simulator);
    path = await TcpPath.lay(Number(new URL(gateway.url).port));
    client = new HoldfastClient({ url: `ws://127.0.0.1:${path.nearPort}`, random: () => 0 });
    client.start();
  });
  afterEach(async () => {
    await client.stop();
    await path.remove();
    await gateway.stop();
    await simulator.stop();
  });

  it('is the book of the exchange, to the letter, whenever it is said to be live', async () => {
    const untrue: string[] = [];
    const why: string[] = [];
    let compared = 0;
    const compare = (book: OrderBook): void => {
      if (book.why !== why.at(-1)) why.push(book.why ?? 'live');
      if (!book.isLive) return;
      const { bids, asks } = book.top(LEVELS);
      const was = simulator.truth.book('BTCUSDT', book.lastUpdateId);
      if (!was) return void untrue.push(`the exchange never was at ${book.lastUpdateId}`);
      compared += 1;
      const isSame = isBest(bids, was.bids, -1) && isBest(asks, was.asks, 1);
      if (!isSame) untrue.push(`at ${book.lastUpdateId}`);
    };
    const book = client.book('btcusdt@depth@100ms', { changed: compare });
    const happens: (() => unknown)[] = [() => simulator.strike({ name: 'reset' }), () => path.reset()];
    for (const happen of [...happens, ...happens]) {
      await until(() => book.isLive, { deadlineMs: 15_000 });
      const before = compared;
      await until(() => compared > before + 10, { deadlineMs: 15_000 });
      const said = why.length;
      happen();
      // Not by a look at the book: it may be live again before the next one.
      await until(() => why.length > said);
    }
    await until(() => book.isLive, { deadlineMs: 15_000 });
    expect(untrue).toEqual([]);
    expect(why).toEqual(expect.arrayContaining(['connecting', 'live', 'connection-lost', 'gateway-lost']));
  });

  it('is every trade once, in a loop that notices no drop of the exchange', async () => {
    const ids: number[] = [];
    for await (const { id } of client.stream('btcusdt@trade')) {
      ids.push(id);
      if (ids.length % 30 === 0) simulator.strike({ name: 'reset' });
      if (ids.length === 100) break;
    }
    expect(ids).toEqual(ids.map((_, at) => (ids[0] ?? 0) + at));
  });
});

/** Whether these are the best levels of a side, and in order; `sign` is 1 where a lower price is better. */
function isBest(levels: readonly Level[], side: ReadonlyMap<string, string>, sign: 1 | -1): boolean {
  const best = [...side].sort(([one], [other]) => sign * compareDecimals(one, other)).slice(0, LEVELS);
  return (
    levels.length === best.length &&
    levels.every(([price, quantity], at) => {
      const [bestPrice, bestQuantity] = best[at] ?? [];
      return price === bestPrice && quantity === bestQuantity;
    })
  );
}
