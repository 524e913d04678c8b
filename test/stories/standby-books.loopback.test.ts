import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { spot } from '#libs/binance';
import { DEMAND_EVERY_MS, encodeDemand } from '#libs/core';
import { RecipeKeeper } from '#libs/drill';
import { systemClock } from '#libs/runtime';
import { Simulator } from '#libs/simulator';
import { MortalUpstream } from '../support/mortal-upstream.js';
import { type TestEdge, startEdge } from '../support/start-edge.js';
import { until } from '../support/until.js';

const DIFFS = ['btcusdt@depth@100ms', 'ethusdt@depth@100ms'];

const QUICK = { lagMs: 100, settleMs: 1_100, answersMs: 100, tickMs: 20 };

/** A REST API that answers nobody, and writes down what it is asked. */
const asked: string[] = [];
const closedRest = createServer((request, response) => {
  asked.push(request.url ?? '');
  response.writeHead(503).end();
});
const closedUrl = (): string => `http://127.0.0.1:${(closedRest.address() as AddressInfo).port}`;

let simulator: Simulator;
let edge: TestEdge;
let keepers: RecipeKeeper[];
let ones: MortalUpstream[];
let cancelDemand: () => void;

beforeEach(async () => {
  asked.length = 0;
  keepers = [];
  ones = [];
  await new Promise<void>((resolve) => void closedRest.listen(0, '127.0.0.1', resolve));
  simulator = await Simulator.start({ symbols: 2, pace: 10 });
  edge = await startEdge({ bookOwnSnapshotMs: 1 });
  demand();
});

afterEach(async () => {
  cancelDemand();
  await Promise.all(keepers.map((keeper) => keeper.stop()));
  await edge.stop();
  await Promise.all(ones.map((one) => one.stop()));
  await simulator.stop();
  closedRest.closeAllConnections();
  await new Promise((resolve) => void closedRest.close(resolve));
});

/** Another edge wants all of it, so that upstreams carry also what no client of ours wants yet. */
function demand(): void {
  edge.bus.messages.publish(spot.channels.demand, encodeDemand({ edge: 'another', streams: DIFFS }));
  cancelDemand = systemClock.after(DEMAND_EVERY_MS / 4, demand);
}

async function begin(restUrl: string): Promise<MortalUpstream> {
  const settings = { wsUrl: simulator.wsUrl, restUrl, symbolsEveryMs: 60_000 };
  const one = new MortalUpstream(edge.bus, { settings, timings: QUICK });
  ones.push(one);
  await one.upstream.start();
  return one;
}

async function keep(symbol: string): Promise<RecipeKeeper> {
  const restUrl = edge.wsUrl.replace('ws:', 'http:');
  const keeper = new RecipeKeeper(symbol, { url: edge.wsUrl, restUrl, symbol, truth: simulator.truth, limit: 100 });
  keepers.push(keeper);
  await keeper.start();
  await until(() => keeper.hasBook && keeper.verdict() === undefined, {
    deadlineMs: 10_000,
    what: `a book of ${symbol}`,
  });
  return keeper;
}

const knowsBooks = ({ upstream }: MortalUpstream): boolean =>
  [...upstream.books.all].filter(({ keeper }) => keeper.known.isKnown).length === DIFFS.length;

const knowsSymbols = ({ ops }: MortalUpstream): boolean =>
  Reflect.get(Object(ops.readStatus()['symbols']), 'symbols') === 2;

it('books outlive who has fetched them: whoever stands by has them, and has asked REST for nothing', async () => {
  const leader = await begin(simulator.restUrl);
  const early = await keep('BTCUSDT');
  const standby = await begin(closedUrl());
  await until(() => standby.isWhole && knowsBooks(standby) && knowsSymbols(standby), {
    deadlineMs: 10_000,
    what: 'a standby with books',
  });
  const snapshots = early.snapshots;
  leader.kill();
  await until(() => standby.role === 'leading');
  // Nobody but this edge has answered it, out of the book that the new one gave.
  const late = await keep('ETHUSDT');
  const { messages } = early;
  await until(() => early.messages > messages + 5 && early.verdict() === undefined);
  expect([early.snapshots - snapshots, early.ledger.disconnects, late.ledger.disconnects]).toEqual([0, 0, 0]);
  expect(simulator.violations).toEqual([]);
  expect(asked).toEqual([]);
  expect(await standby.metric('holdfast_upstream_books_told_total')).toBeGreaterThanOrEqual(DIFFS.length);
});
