import type { Millis } from '#libs/core';
import type { Instrument } from '../market/instrument.js';
import { type Interval, isInterval } from '../market/candles/intervals.js';
import type { SimMarket } from '../market/market.js';

/** An error as REST answers it: HTTP status 400 with this body. */
export interface RestProblem {
  code: number;
  msg: string;
}

/**
 * Reads the parameters of one request. Each reader gives a usable value in any case; the first thing that was wrong is in
 * `problem` afterwards and is what the answer must be.
 *
 * @see https://developers.binance.com/docs/binance-spot-api-docs/errors
 */
export class Query {
  problem: RestProblem | undefined;

  constructor(
    private readonly values: URLSearchParams,
    private readonly market: SimMarket,
  ) {}

  has(name: string): boolean {
    return this.values.has(name);
  }

  text(name: string): string | undefined {
    return this.values.get(name) ?? undefined;
  }

  /** The symbol's instrument; undefined together with a problem. */
  instrument(): Instrument | undefined {
    const symbol = this.values.get('symbol');
    if (!symbol) return this.missing('symbol');
    const instrument = this.market.instrument(symbol);
    if (!instrument) this.wrong(-1121, 'Invalid symbol.');
    return instrument;
  }

  interval(): Interval {
    const text = this.values.get('interval');
    if (!text) this.missing('interval');
    else if (isInterval(text)) return text;
    else this.wrong(-1120, 'Invalid interval.');
    return '1m';
  }

  /** Rows wanted; above the most there is, the most. */
  limit(usual: number, most: number): number {
    const limit = this.integer('limit') ?? usual;
    if (limit < 1) this.wrong(-1130, "Data sent for parameter 'limit' is not valid.");
    return Math.min(limit, most);
  }

  /** A whole number that is not negative; undefined when absent. */
  integer(name: string): number | undefined {
    const text = this.values.get(name);
    if (text === null) return undefined;
    if (/^\d{1,20}$/.test(text)) return Number(text);
    this.wrong(-1100, `Illegal characters found in parameter '${name}'; legal range is '^[0-9]{1,20}$'.`);
    return undefined;
  }

  /** An instant in milliseconds; microseconds are told by their size. */
  instant(name: string): Millis | undefined {
    const value = this.integer(name);
    return value !== undefined && value >= 1e14 ? value / 1_000 : value;
  }

  /** How far the time zone is ahead of UTC: `0`, `8`, `-1:00`, `+08:00`. */
  timeZoneMs(): Millis {
    const text = this.values.get('timeZone');
    if (!text) return 0;
    const match = /^([+-]?)(\d{1,2})(?::(\d{2}))?$/.exec(text.trim());
    if (!match) return this.wrong(-1100, "Illegal characters found in parameter 'timeZone'.") ?? 0;
    const minutes = Number(match[2]) * 60 + Number(match[3] ?? 0);
    return (match[1] === '-' ? -minutes : minutes) * 60_000;
  }

  wrong(code: number, msg: string): undefined {
    this.problem ??= { code, msg };
    return undefined;
  }

  private missing(name: string): undefined {
    return this.wrong(-1102, `Mandatory parameter '${name}' was not sent, was empty/null, or malformed.`);
  }
}
