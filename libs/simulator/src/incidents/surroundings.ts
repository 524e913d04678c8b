import { orderRefusal, REFUSAL, stay } from './attempts.js';
import { factor, text, whole } from './parameter.js';
import { incident } from './world.js';

/** What happens around the streams: the market's mood, REST, and the end of all trouble. */
export const SURROUNDINGS = {
  burst: incident({
    says: 'many trades at once on one symbol',
    parameters: { symbol: text('symbol as in payloads', 'BTCUSDT'), count: whole('taker orders', 1_000, 100_000) },
    strike: (world, { symbol, count }) => {
      world.market.burst(symbol, count, world.sink);
      return world.door.open.size;
    },
  }),
  pace: incident({
    says: 'multiplies how much happens per second, from now on',
    parameters: { factor: factor('1 is normal', 1) },
    strike: (world, parameters) => {
      world.market.pace = parameters.factor;
      return world.door.open.size;
    },
  }),
  'rest-refuse': incident({
    says: 'refuses REST requests with an HTTP status',
    parameters: REFUSAL,
    strike: (world, parameters) => orderRefusal(world, world.rest.gate, parameters),
  }),
  'rest-slow': incident({
    says: 'answers REST requests late, or never',
    parameters: {
      delayMs: whole('how late; 0 is never', 3_000),
      count: whole('for so many requests; 1 unless this or forMs is given', undefined),
      forMs: whole('for this many milliseconds', undefined),
    },
    strike: (world, { delayMs, count, forMs }) => {
      world.rest.gate.order({ slow: delayMs === 0 ? 'never' : delayMs }, stay(count, forMs));
      return 0;
    },
  }),
  'rest-lag': incident({
    says: 'rows younger than this are missing from REST answers that come from the database',
    parameters: { lagMs: whole('milliseconds; 0 is none', 2_000) },
    strike: (world, { lagMs }) => {
      world.rest.databaseLagMs = lagMs;
      return 0;
    },
  }),
  clear: incident({
    says: 'ends all trouble that lasts: refusals, mutes, lost frames, REST delays and lag',
    parameters: {},
    strike: (world) => {
      world.door.gate.clear();
      world.rest.gate.clear();
      world.rest.databaseLagMs = 0;
      for (const connection of world.door.open) connection.isMuted = false;
      for (const { disturbance } of world.channels.all)
        Object.assign(disturbance, { isMuted: false, drop: 0, duplicate: 0, extend: 0 });
      return world.door.open.size;
    },
  }),
};
