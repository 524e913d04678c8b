import type { Millis } from '#libs/core';
import type { SimMarket } from '../market/market.js';
import type { WriteTime } from '../wire/payload.js';
import type { Forgotten } from './forgotten.js';
import type { Query } from './query.js';

/** What an endpoint answers from. */
export interface Source {
  market: SimMarket;
  query: Query;
  time: WriteTime;
  now: Millis;
  /** Nothing younger than this is in the database yet. */
  databaseUntil: Millis;
  /** What an incident took out of the history. */
  forgotten: Forgotten;
}

/** One endpoint: what a request costs, and its body. `undefined` only together with a problem in the query. */
export interface Endpoint {
  weight: number | ((query: Query) => number);
  answer(source: Source): unknown;
}
