import type { Millis } from '#libs/core';

/** A rule of Binance that a client broke. */
export type Rule =
  | 'messages-per-second'
  | 'streams-per-connection'
  | 'request-size'
  | 'request-shape'
  | 'url-length'
  | 'connection-attempts'
  | 'attempt-in-penalty'
  | 'pong-timeout'
  | 'pong-payload'
  | 'too-slow'
  | 'rest-weight';

export interface Violation {
  rule: Rule;
  at: Millis;
  /** Id of the connection; absent where there was none (an attempt, a REST request). */
  connection?: number;
  detail: string;
}

/** One WebSocket upgrade that somebody asked for. */
export interface UpgradeAttempt {
  at: Millis;
  ip: string;
  url: string;
  outcome: 'accepted' | 'refused' | 'held' | 'reset';
  /** HTTP status of a refusal. */
  status?: number;
  /** Who decided: Binance's rules, an incident, or a wrong path. */
  by?: 'limit' | 'incident' | 'path';
  /** Id of the connection it became. */
  connection?: number;
}

/** The newest rows, oldest first, and how many there ever were. */
export class Records<Row> {
  private rows: Row[] = [];
  private count = 0;

  constructor(private readonly limit = 10_000) {}

  add(row: Row): void {
    this.count += 1;
    this.rows.push(row);
    if (this.rows.length > this.limit * 1.1) this.rows = this.rows.slice(-this.limit);
  }

  get all(): readonly Row[] {
    return this.rows;
  }

  /** How many were added since the start, those no longer kept included. */
  get total(): number {
    return this.count;
  }
}
