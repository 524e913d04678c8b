import { beforeEach, expect, it } from 'vitest';
import type { StreamName } from '#libs/core';
import { FakeClock } from '../../../../test/support/fake-clock.js';
import { parsedStream } from '../../../../test/support/parsed-stream.js';
import type { MarketStreams } from '../streams/market-streams.js';
import { newStreams } from '../streams/market-streams.rig.js';
import { CarriedStreams } from './carried-streams.js';

let clock: FakeClock;
let market: MarketStreams;
let carried: CarriedStreams;
let told: (readonly StreamName[])[];
let acts: (() => void)[];
beforeEach(() => {
  clock = new FakeClock();
  market = newStreams({ clock });
  told = [];
  acts = [];
  const endOfTurn = (act: () => void): void => void acts.push(act);
  carried = new CarriedStreams(market, { clock, endOfTurn }, (names) => told.push(names));
});
const turn = (): void => {
  for (const act of acts.splice(0)) act();
};

it('tells what has come to be carried once, at the end of the turn, and nothing while nobody wants to know', () => {
  market.carried(['a@trade']);
  turn();
  carried.listen();
  market.carried(['a@trade', 'b@trade']);
  market.wanted.want(parsedStream('c@trade'), 'native');
  market.carried(['b@trade']);
  expect(told).toEqual([]);
  turn();
  market.carried(['a@trade', 'b@trade', 'c@trade']);
  turn();
  expect(told).toEqual([['a@trade', 'b@trade', 'c@trade']]);
  carried.rest();
  market.carried(['d@trade']);
  turn();
  expect(told.length).toBe(1);
});

it('knows those that clients here have, and those that were named within ten seconds', () => {
  carried.listen();
  market.wanted.want(parsedStream('c@trade'), 'native');
  market.carried(['a@trade', 'b@trade']);
  clock.advance(6_000);
  market.carried(['b@trade']);
  clock.advance(6_000);
  expect(carried.names()).toEqual(['c@trade', 'b@trade']);
  market.carried(['a@trade']);
  turn();
  expect(told.flat().filter((name) => name === 'a@trade').length).toBe(1);
});

it('remembers so many names and no more', () => {
  carried.listen();
  market.carried(Array.from({ length: 30_000 }, (_, at) => `s${at}@trade`));
  expect(carried.names().length).toBe(20_000);
});
