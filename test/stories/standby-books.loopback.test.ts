import { afterEach, beforeEach, expect, it } from 'vitest';
import { RecipeKeeper } from '#libs/drill';
import type { MortalUpstream } from '../support/mortal-upstream.js';
import { StandbyStage } from '../support/standby-stage.js';
import { until } from '../support/until.js';

const DIFFS = ['btcusdt@depth@100ms', 'ethusdt@depth@100ms'];

let stage: StandbyStage;
let keepers: RecipeKeeper[];

beforeEach(async () => {
  keepers = [];
  stage = await StandbyStage.start(DIFFS);
});

afterEach(async () => {
  await Promise.all(keepers.map((keeper) => keeper.stop()));
  await stage.stop();
});

/** A program that keeps a book by the recipe of Binance, and has its snapshots from the edge. */
async function keep(symbol: string): Promise<RecipeKeeper> {
  const { wsUrl: url } = stage.edge;
  const { truth } = stage.simulator;
  const keeper = new RecipeKeeper(symbol, { url, restUrl: url.replace('ws:', 'http:'), symbol, truth, limit: 100 });
  keepers.push(keeper);
  await keeper.start();
  const isRight = (): boolean => keeper.hasBook && keeper.verdict() === undefined;
  await until(isRight, { deadlineMs: 10_000, what: `a book of ${symbol}` });
  return keeper;
}

const knowsBooks = ({ upstream }: MortalUpstream): boolean =>
  [...upstream.books.all].filter(({ keeper }) => keeper.known.isKnown).length === DIFFS.length;

const knowsSymbols = ({ ops }: MortalUpstream): boolean =>
  Reflect.get(Object(ops.readStatus()['symbols']), 'symbols') === 2;

it('books outlive who has fetched them: whoever stands by has them, and has asked REST for nothing', async () => {
  const { simulator } = stage;
  const leader = await stage.begin(simulator.restUrl);
  const early = await keep('BTCUSDT');
  const standby = await stage.begin(stage.closedUrl);
  const isReady = (): boolean => standby.isWhole && knowsBooks(standby) && knowsSymbols(standby);
  await until(isReady, { deadlineMs: 10_000, what: 'a standby with books' });
  const { snapshots } = early;
  leader.kill();
  await until(() => standby.role === 'leading');
  // Nobody but this edge answers it, out of the book that the new one gave.
  const late = await keep('ETHUSDT');
  const { messages } = early;
  await until(() => early.messages > messages + 5 && early.verdict() === undefined);
  expect([early.snapshots - snapshots, early.ledger.disconnects, late.ledger.disconnects]).toEqual([0, 0, 0]);
  expect(simulator.violations).toEqual([]);
  expect(stage.asked).toEqual([]);
  expect(await standby.metric('holdfast_upstream_books_told_total')).toBeGreaterThanOrEqual(DIFFS.length);
});
