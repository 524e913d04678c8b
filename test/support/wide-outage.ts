import { type Millis, duration } from '#libs/core';
import { HURRIED_LIMITS, NativeWatcher, startStandalone } from '#libs/drill';
import { systemClock as clock } from '#libs/runtime';
import { Simulator } from '#libs/simulator';
import { faultsByStream } from './faults-by-stream.js';
import { until } from './until.js';

export interface WideOutageOptions {
  /** Each has a stream of trades and one of diffs. */
  symbols: number;
  outageMs: Millis;
  /** Until when everything must be live again. */
  patienceMs: Millis;
}

export interface WideOutage {
  /** From the end of the outage until the near levels of every book were there, and until everything was live. */
  nearMs: Millis;
  allMs: Millis;
  /** The most that was used in one minute. */
  weight: number;
  complaints: string[];
  /** All this in a sentence. */
  says: string;
}

/** An outage of many trade streams and as many books at once, with one client that wants them all. */
export async function wideOutage({ symbols, outageMs, patienceMs }: WideOutageOptions): Promise<WideOutage> {
  // So many symbols keep a machine busy: a late pong is not what is tested.
  const limits = { ...HURRIED_LIMITS, pongWithinMs: 60_000 };
  const simulator = await Simulator.start({ clock, symbols, pace: 4, limits, databaseLagMs: 300, keepTrades: 20_000 });
  const gateway = await startStandalone(simulator, { upstream: { fillWaitMs: patienceMs } });
  const names = simulator.market.instruments.map(({ spec }) => spec.symbol.toLowerCase());
  const states = new Map<string, string>();
  const books = new Map<string, Millis>();
  const watcher = new NativeWatcher(
    'client',
    gateway.url,
    names.flatMap((one) => [`${one}@trade`, `${one}@depth@100ms`]),
    {
      truth: simulator.truth,
      feed: ({ stream, state }) => {
        states.set(stream, state);
        if (state === 'live' && stream.includes('@depth')) books.set(stream, clock.now());
      },
    },
  );
  const isLive = (): boolean => states.size === 2 * symbols && [...states.values()].every((state) => state === 'live');
  try {
    await watcher.start();
    await until(isLive, { deadlineMs: 60_000, what: 'everything live' });
    await until(() => isIdle(simulator), { deadlineMs: 300_000, what: 'deeper levels of all books' });
    books.clear();
    simulator.strike({ name: 'refuse-reset', forMs: outageMs });
    simulator.strike({ name: 'reset' });
    const endsAt = clock.now() + outageMs;
    await until(() => clock.now() > endsAt && books.size === symbols, {
      deadlineMs: outageMs + patienceMs,
      what: 'every book',
    });
    const nearMs = Math.max(...books.values()) - endsAt;
    await until(isLive, { deadlineMs: patienceMs, what: 'everything live again' });
    const allMs = clock.now() - endsAt;
    const weight = Math.max(...simulator.restRequests.map(({ usedWeight = 0 }) => usedWeight));
    const complaints = [
      ...faultsByStream(watcher),
      ...simulator.violations.map(({ rule, detail }) => `${rule}: ${detail}`),
    ];
    const says = `${symbols} trade streams and as many books after ${duration(outageMs)} without a line: near levels of all books after ${duration(nearMs)}, everything after ${duration(allMs)}, at most ${weight} weight in a minute`;
    return { nearMs, allMs, weight, complaints, says };
  } finally {
    await watcher.stop();
    await gateway.stop();
    await simulator.stop();
  }
}

/** Nothing was asked for two seconds. */
function isIdle({ restRequests }: Simulator): boolean {
  return clock.now() - (restRequests.at(-1)?.at ?? 0) > 2_000;
}
