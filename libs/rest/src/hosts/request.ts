import type { Millis } from '#libs/core';
import type { UpstreamSettings } from '#libs/runtime';

/** What is asked of Binance's REST API. */
export interface RestRequest {
  /** Below the host: `/api/v3/depth`. */
  path: string;
  query: Readonly<Record<string, string | number>>;
  /** What Binance counts for it. */
  weight: number;
  /** The part of what Binance allows up to which this purpose may use it up; 1 where nothing is said. */
  share?: number;
}

/** Why there is no answer. */
export interface RestFailure {
  why: string;
  /** It may be asked again then. */
  retryInMs: Millis;
  /** Whether it is this request that cannot be answered, however often it is asked. */
  isFinal: boolean;
  /** Refused by nobody who can know: it is asked again, and who is told nothing else for long may take it for final. */
  isStrange?: true;
}

/** What every request says of itself, and nothing else. */
export const headersOf = (timeUnit: UpstreamSettings['timeUnit']): Record<string, string> => ({
  accept: 'application/json',
  'user-agent': 'Holdfast',
  ...(timeUnit === 'MICROSECOND' && { 'x-mbx-time-unit': timeUnit }),
});
