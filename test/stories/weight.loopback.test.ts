import { afterEach, expect, it } from 'vitest';
import { NativeWatcher, type Gateway, HURRIED_LIMITS, startStandalone } from '#libs/drill';
import { duration } from '#libs/core';
import { systemClock as clock } from '#libs/runtime';
import { Simulator } from '#libs/simulator';
import { faultsByStream } from '../support/faults-by-stream.js';
import { until } from '../support/until.js';

const SYMBOLS = 40;

let simulator: Simulator;
let gateway: Gateway;
let watcher: NativeWatcher;

afterEach(async () => {
  await watcher.stop();
  await gateway.stop();
  await simulator.stop();
});

/** The short form of `npm run soak -- --outage 200`. */
it(
  'an outage of many streams is filled within the weight there is, near levels of books first',
  { timeout: 90_000 },
  async () => {
    simulator = await Simulator.start({ clock, symbols: SYMBOLS, pace: 4, limits: HURRIED_LIMITS, databaseLagMs: 300 });
    gateway = await startStandalone(simulator);
    const symbols = simulator.market.instruments.map(({ spec }) => spec.symbol.toLowerCase());
    const books = new Map<string, number>();
    const states = new Map<string, string>();
    const { truth } = simulator;
    watcher = new NativeWatcher(
      'client',
      gateway.url,
      [...symbols.map((one) => `${one}@trade`), ...symbols.map((one) => `${one}@depth@100ms`)],
      {
        truth,
        feed: ({ stream, state }) => {
          states.set(stream, state);
          if (state === 'live' && stream.includes('@depth')) books.set(stream, clock.now());
        },
      },
    );
    await watcher.start();
    await until(() => states.size === 2 * SYMBOLS && [...states.values()].every((state) => state === 'live'), {
      deadlineMs: 30_000,
    });
    simulator.strike({ name: 'refuse-reset', forMs: 3_000 });
    simulator.strike({ name: 'reset' });
    await until(() => [...states.values()].some((state) => state !== 'live'));
    const startedAt = clock.now() + 3_000;
    books.clear();
    await until(() => books.size === SYMBOLS, { deadlineMs: 20_000, what: 'near levels of every book' });
    const nearMs = Math.max(...books.values()) - startedAt;
    await until(() => [...states.values()].every((state) => state === 'live'), {
      deadlineMs: 60_000,
      what: 'everything live',
    });
    const weight = Math.max(...simulator.restRequests.map(({ usedWeight = 0 }) => usedWeight));
    process.stdout.write(
      `${SYMBOLS} trade streams and as many books: near levels after ${duration(nearMs)}, all after ${duration(clock.now() - startedAt)}, weight ${weight}\n`,
    );
    expect(faultsByStream(watcher)).toEqual([]);
    expect(simulator.violations).toEqual([]);
    expect(nearMs).toBeLessThan(15_000);
    expect(weight).toBeLessThanOrEqual(6_000);
  },
);
