import type { Millis } from '#libs/core';
import type { SimMarket } from '../market/market.js';
import type { WriteTime } from '../wire/payload.js';
import type { Query } from './query.js';

/** What an endpoint answers from. */
export interface Source {
  market: SimMarket;
  query: Query;
  time: WriteTime;
  now: Millis;
  /** Nothing younger than this is in the database yet. */
  databaseUntil: Millis;
}
