import { type Millis, duration } from '#libs/core';
import { HURRIED_LIMITS, NativeWatcher, startStandalone } from '#libs/drill';
import { systemClock as clock } from '#libs/runtime';
import { Simulator } from '#libs/simulator';
import { until } from '../test/support/until.js';
import { machineInWords } from './suite/machine.js';
import type { Outcome } from './suite/outcome.js';
import type { Plan } from './suite/plan.js';
import { quantile, spread } from './suite/statistics.js';

/** Rows are in the database so late. */
const DATABASE_LAG_MS = 300;
const DELAYS_MS: readonly Millis[] = [0, 100, 500];
const USUAL_DELAY_MS = 100;
const USUAL_STREAMS = 20;
const SIZES = [1, 20, 100, 200];
/** So many holes of trades fit into the weight of a minute. */
const WITHIN_WEIGHT = 200;

/**
 * The time from the moment in which Binance drops us until the last missed trade of a stream has reached a client: by how late REST
 * answers, and by how many streams lose something at once.
 */
export async function run({ drops }: Plan<'drops'>): Promise<Outcome> {
  console.log(
    `from a drop to the last filled id, of each trade stream; ${drops} drops each, fewer where weight allows no more; the database lags ${DATABASE_LAG_MS} ms`,
  );
  console.log(machineInWords());
  const byDelay: [string, Millis[]][] = [];
  console.log(`\n${USUAL_STREAMS} streams, by how late REST answers`);
  for (const delayMs of DELAYS_MS)
    byDelay.push([`REST after ${delayMs} ms`, await measure(USUAL_STREAMS, delayMs, drops)]);
  for (const [what, times] of byDelay) console.log(line(what, times));
  const bySize: [string, Millis[]][] = [];
  console.log(`\nREST answers after ${USUAL_DELAY_MS} ms, by the number of streams that lose something at once`);
  for (const size of SIZES) bySize.push([`${size} streams`, await measure(size, USUAL_DELAY_MS, drops)]);
  for (const [what, times] of bySize) console.log(line(what, times));
  const ratios = [byDelay, bySize].flatMap((rows) => {
    const [[beside, first] = ['', []], ...others] = rows;
    return others.map(([name, times]) => ({
      what: `p50 from a drop to the last filled id, ${name}`,
      beside,
      times: spread([quantile(times, 0.5) / quantile(first, 0.5)]),
    }));
  });
  return { ratios, numbers: { byDelay, bySize } };
}

/** Times of all streams and drops; every drop is a reset, and the next attempt is let in. Fewer drops of many streams, as weight is the bound. */
async function measure(symbols: number, delayMs: Millis, mostDrops: number): Promise<Millis[]> {
  const drops = Math.max(1, Math.min(mostDrops, Math.floor(WITHIN_WEIGHT / symbols)));
  const limits = { ...HURRIED_LIMITS, weightPerMinute: 1_000_000 };
  const pace = symbols > 6 ? 20 : 3;
  const simulator = await Simulator.start({ clock, symbols, pace, limits, databaseLagMs: DATABASE_LAG_MS });
  const gateway = await startStandalone(simulator);
  const pending = new Set<string>();
  const times: Millis[] = [];
  let droppedAt = 0;
  const streams = simulator.market.instruments.map(({ spec }) => `${spec.symbol.toLowerCase()}@trade`);
  const watcher = new NativeWatcher('client', gateway.url, streams, {
    feed: ({ stream, state }) => {
      if (state === 'live' && pending.delete(stream)) times.push(clock.now() - droppedAt);
      else if (state !== 'live') pending.add(stream);
    },
  });
  try {
    await watcher.start();
    if (delayMs > 0) simulator.strike({ name: 'rest-slow', delayMs, forMs: 86_400_000 });
    for (let drop = 0; drop < drops; drop += 1) {
      await until(() => pending.size === 0, { deadlineMs: 120_000, what: 'everything live' });
      const told = times.length;
      droppedAt = clock.now();
      simulator.strike({ name: 'reset' });
      await until(() => times.length >= told + symbols, { deadlineMs: 120_000, what: 'every stream back' });
    }
    return times;
  } finally {
    await watcher.stop();
    await gateway.stop();
    await simulator.stop();
  }
}

function line(what: string, times: readonly Millis[]): string {
  const at = (share: number): string => duration(quantile(times, share)).padStart(7);
  return `  ${what.padEnd(20)} p50 ${at(0.5)}   p99 ${at(0.99)}   most ${at(1)}`;
}
