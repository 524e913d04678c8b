import { newSymbol } from '../market/symbols.js';
import { REFUSAL, refusalOf, stayOf } from './attempts.js';
import { factor, text, whole } from './parameter.js';
import { incident } from './world.js';

const path = text('endpoint, such as aggTrades or ticker/24hr; empty: every one', '');
const count = whole('for so many requests; 1 unless this or forMs is given', undefined);
const forMs = whole('for this many milliseconds', undefined);
const newcomer = text('symbol as in payloads', 'NEWUSDT');

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
  'list-symbol': incident({
    says: 'a symbol is listed: exchangeInfo has it, and its streams flow, also on connections that had their names before',
    parameters: { symbol: newcomer },
    strike: (world, { symbol }) => {
      world.market.list(newSymbol(symbol));
      return 0;
    },
  }),
  'delist-symbol': incident({
    says: 'a symbol is delisted: exchangeInfo lacks it, and its streams are silent on every connection that has their names',
    parameters: { symbol: newcomer },
    strike: (world, { symbol }) => {
      world.market.delist(symbol);
      return 0;
    },
  }),
  'rest-refuse': incident({
    says: 'refuses REST requests with an HTTP status',
    parameters: { path, ...REFUSAL },
    strike: (world, parameters) => {
      world.rest.gates.order(parameters.path, { refuse: refusalOf(world, parameters) }, stayOf(parameters));
      return 0;
    },
  }),
  'rest-slow': incident({
    says: 'answers REST requests late, or never; a late answer says how things were when it was asked',
    parameters: { path, delayMs: whole('how late; 0 is never', 3_000), count, forMs },
    strike: (world, parameters) => {
      const { delayMs } = parameters;
      world.rest.gates.order(parameters.path, { slow: delayMs === 0 ? 'never' : delayMs }, stayOf(parameters));
      return 0;
    },
  }),
  'rest-reset': incident({
    says: 'resets TCP instead of answering REST requests: the host is dead',
    parameters: { path, count, forMs },
    strike: (world, parameters) => {
      world.rest.gates.order(parameters.path, { reset: true }, stayOf(parameters));
      return 0;
    },
  }),
  'rest-forget': incident({
    says: 'rows are gone from the history for good: those with ids (of klines: opening times) in a range',
    parameters: {
      path: text('endpoint, such as aggTrades; empty: every one', ''),
      symbol: text('symbol as in payloads; empty: every one', ''),
      from: whole('first id', 0, Number.MAX_SAFE_INTEGER),
      to: whole('last id', Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER),
    },
    strike: (world, loss) => {
      world.rest.forgotten.add(loss);
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
    says: 'ends all trouble that lasts: refusals, mutes, lost frames, REST delays, lag and what it forgot',
    parameters: {},
    strike: (world) => {
      world.door.gate.clear();
      world.rest.gates.clear();
      world.rest.forgotten.clear();
      world.rest.databaseLagMs = 0;
      for (const connection of world.door.open) connection.isMuted = false;
      for (const { disturbance } of world.channels.all)
        Object.assign(disturbance, { isMuted: false, drop: 0, duplicate: 0, extend: 0 });
      return world.door.open.size;
    },
  }),
};
