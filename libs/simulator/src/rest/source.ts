import type { Millis } from '#libs/core';
import type { Market } from '../market/market.js';
import type { WriteTime } from '../wire/payload.js';
import type { Query } from './query.js';

/** What an endpoint answers from. */
export interface Source {
  market: Market;
  query: Query;
  time: WriteTime;
  now: Millis;
  /** Nothing younger than this is in the database yet. */
  databaseUntil: Millis;
}
