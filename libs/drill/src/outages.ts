import { type Millis, type Random, counted, duration } from '#libs/core';
import type { Incident } from '#libs/simulator';
import type { Stage } from './stage.js';

/** How a line is lost, and what else is wrong meanwhile. */
export interface OutageOptions {
  drops: number;
  /** For how long no new connection is let in, at least and at most. */
  leastMs: Millis;
  mostMs: Millis;
  random: Random;
  /** Whether REST has trouble of its own: late, refused, over its limit, behind the streams. */
  hasRestTrouble: boolean;
  /** How long everything may take to be whole again after an outage. */
  patienceMs: Millis;
  /** Told what happens, a line each. */
  say?: (line: string) => void;
}

const ENDINGS: readonly Incident[] = [
  { name: 'close', code: 1000 },
  { name: 'reset' },
  { name: 'close', code: 1008, reason: 'Pong timeout' },
  { name: 'cut-mid-frame' },
  { name: 'close', code: 1001, reason: 'going away' },
  { name: 'cut-mid-utf8' },
];

const REST_TROUBLES: readonly Incident[][] = [
  [],
  [{ name: 'rest-slow', delayMs: 700, count: 5 }],
  [{ name: 'rest-refuse', status: 503, count: 3 }],
  [{ name: 'rest-lag', lagMs: 1_500 }],
  [{ name: 'rest-refuse', status: 429, retryAfter: 1, count: 1 }],
  [{ name: 'rest-reset', count: 3 }],
  [{ name: 'rest-lag', lagMs: 300 }],
];

/**
 * Cuts the line to Binance again and again, for a time each that is as likely to be short as long. Resolves when everything is whole
 * again after the last one.
 *
 * @throws Error where something did not become whole in time.
 */
export async function sufferOutages(stage: Stage, options: OutageOptions): Promise<void> {
  const { drops, leastMs, mostMs, random, hasRestTrouble, patienceMs, say = () => undefined } = options;
  for (let drop = 0; drop < drops; drop += 1) {
    const lastsMs = Math.round(leastMs * (mostMs / leastMs) ** random());
    const trouble = hasRestTrouble ? (REST_TROUBLES[drop % REST_TROUBLES.length] ?? []) : [];
    const ending = ENDINGS[drop % ENDINGS.length] ?? { name: 'reset' };
    say(
      `${drop + 1} of ${counted(drops, 'drop')}: ${ending.name}, ${duration(lastsMs)}${trouble.map(({ name }) => `, ${name}`).join('')}`,
    );
    for (const incident of trouble) stage.strike(incident);
    stage.strike({ name: 'refuse-reset', forMs: lastsMs });
    stage.strike(ending);
    await stage.wait(lastsMs);
    await stage.flows(patienceMs);
  }
}
