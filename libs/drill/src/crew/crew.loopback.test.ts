import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { systemClock as clock } from '#libs/runtime';
import { Simulator } from '#libs/simulator';
import { until } from '../../../../test/support/until.js';
import { faultsOf, summarize } from '../audit/summary.js';
import { RecipeKeeper } from './recipe-keeper.js';
import { WireWatcher } from './wire-watcher.js';

/** Clients straight at the simulator, with no gateway that could mend anything: what is broken must be seen. */
describe('a watcher without a gateway', () => {
  let simulator: Simulator;
  let watchers: WireWatcher[];

  beforeEach(async () => {
    simulator = await Simulator.start({ clock, pace: 10 });
    const streams = ['btcusdt@trade', 'btcusdt@depth@100ms', 'btcusdt@bookTicker'];
    watchers = (['raw', 'combined'] as const).map(
      (form) => new WireWatcher(form, form, simulator.wsUrl, streams, simulator),
    );
    await Promise.all(watchers.map((watcher) => watcher.start()));
    await flows();
  });

  afterEach(async () => {
    await Promise.all(watchers.map((watcher) => watcher.stop()));
    await simulator.stop();
  });

  const flows = async (): Promise<void> => {
    const before = watchers.map(({ messages }) => messages);
    await until(() => watchers.every(({ messages }, index) => messages > (before[index] ?? 0) + 100));
  };

  it('has nothing to say while all is well', async () => {
    await flows();
    expect(faultsOf(summarize(watchers))).toEqual([]);
  });

  it('holds everything against what really happened', async () => {
    await flows();
    for (const { check } of watchers) expect(check?.compared).toBeGreaterThan(50);
  });

  it('counts what came twice', async () => {
    simulator.strike({ name: 'duplicate-frames', stream: 'btcusdt@trade', count: 7 });
    await flows();
    expect(faultsOf(summarize(watchers))).toMatchObject([{ many: 'doubled ids', count: 2 * 7 }]);
  });

  it('counts what never came', async () => {
    simulator.strike({ name: 'drop-frames', stream: 'btcusdt@trade', count: 5 });
    await flows();
    const summary = summarize(watchers);
    expect(summary.streams.find(({ stream }) => stream === 'btcusdt@trade')).toMatchObject({ missing: 5 });
    expect(faultsOf(summary)).toMatchObject([{ many: 'unannounced missing ids', count: 2 * 5 }]);
  });

  it('counts a connection that closed unasked', async () => {
    simulator.strike({ name: 'close', code: 1001, reason: 'going away' });
    await until(() => watchers.every(({ lost }) => lost === '1001 going away'));
    expect(faultsOf(summarize(watchers))).toMatchObject([{ many: 'client disconnects', count: 2 }]);
  });
});

it('a program that keeps a book by the recipe has the right one, and fetches it anew after a hole', async () => {
  const simulator = await Simulator.start({ clock, pace: 10 });
  onTestFinished(() => simulator.stop());
  const { wsUrl: url, restUrl, truth } = simulator;
  const keeper = new RecipeKeeper('keeper', { url, restUrl, truth, symbol: 'BTCUSDT', limit: 50 });
  await keeper.start();
  await until(() => keeper.messages > 15);
  expect([keeper.verdict(), keeper.snapshots, keeper.check.examples]).toEqual([undefined, 1, []]);
  simulator.strike({ name: 'drop-frames', stream: 'btcusdt@depth@100ms', count: 3 });
  const before = keeper.messages;
  await until(() => keeper.messages > before + 10);
  expect([keeper.verdict(), keeper.snapshots, keeper.check.examples]).toEqual([undefined, 2, []]);
  expect(faultsOf(summarize([keeper]))).toMatchObject([{ many: 'unannounced missing ids' }]);
  expect(new Set(simulator.restRequests.map(({ address }) => address))).toEqual(new Set(['127.0.0.2']));
  await keeper.stop();
});
