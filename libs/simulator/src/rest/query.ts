import type { Millis } from '#libs/core';
import type { Instrument } from '../market/instrument.js';
import { type Interval, isInterval } from '../market/candles/intervals.js';
import type { SimMarket } from '../market/market.js';

/** An error as REST answers it: HTTP status 400 with this body. */
export interface RestProblem {
  code: number;
  msg: string;
}

const SYMBOL_RANGE = '^[\\w\\-._&&[^a-z]]{1,50}$';
const LIST_RANGE = '^\\[("[\\w\\-._&&[^a-z]]{1,50}"(,"[\\w\\-._&&[^a-z]]{1,50}"){0,}){0,1}\\]$';

/** `["BTCUSDT","BNBUSDT"]`, with nothing between. */
export function readNames(text: string): string[] | undefined {
  if (!/^\[("[^",\s]+"(,"[^",\s]+")*)?\]$/.test(text)) return undefined;
  return JSON.parse(text) as string[];
}

/**
 * Reads the parameters of one request. Each reader gives a usable value in any case; the first thing that was wrong is in
 * `problem` afterwards and is what the answer must be.
 *
 * @see https://developers.binance.com/docs/binance-spot-api-docs/errors
 */
export class Query {
  problem: RestProblem | undefined;
  private readonly known = new Set<string>();

  constructor(
    private readonly values: URLSearchParams,
    private readonly market: SimMarket,
  ) {}

  has(name: string): boolean {
    return this.text(name) !== undefined;
  }

  text(name: string): string | undefined {
    this.known.add(name);
    return this.values.get(name) ?? undefined;
  }

  /** The symbol's instrument; undefined together with a problem. */
  instrument(): Instrument | undefined {
    const symbol = this.text('symbol');
    return symbol ? this.find(symbol) : this.missing('symbol');
  }

  /**
   * The instrument of `symbol`, the list of `symbols`, undefined where neither is given. With `most` one of them must be, and
   * no more symbols than that. What is given together with a problem is of no use.
   */
  instruments(most?: number): Instrument | Instrument[] | undefined {
    const symbol = this.text('symbol');
    const list = this.text('symbols');
    if (symbol !== undefined && list !== undefined)
      return this.wrong(-1128, 'Combination of optional parameters invalid.');
    if (symbol !== undefined) return this.instrument();
    if (list === undefined) return most === undefined ? undefined : this.missing('symbols');
    const names = this.names(list);
    if (most !== undefined && names.length > most)
      this.wrong(-1101, `Too many parameters; expected '${most}' and received '${names.length}'.`);
    return names.flatMap((name) => this.find(name) ?? []);
  }

  /** `startTime` and `endTime`, in their order. */
  span(): [from: Millis | undefined, to: Millis | undefined] {
    const from = this.instant('startTime');
    const to = this.instant('endTime');
    if (from !== undefined && to !== undefined && from > to) this.wrong(-1023, 'Start time is greater than end time.');
    return [from, to];
  }

  /** To be asked last: a parameter that no reader asked for is a mistake, and is told as one. */
  unread(): void {
    const names = new Set(this.values.keys());
    const read = [...names].filter((name) => this.known.has(name)).length;
    if (read < names.size)
      this.wrong(-1104, `Not all sent parameters were read; read '${read}' parameter(s) but was sent '${names.size}'.`);
  }

  interval(): Interval {
    const text = this.text('interval');
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
    const text = this.text(name);
    if (text === undefined) return undefined;
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
    const text = this.text('timeZone');
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

  private find(symbol: string): Instrument | undefined {
    const instrument = this.market.instrument(symbol);
    if (!instrument && /[a-z\s]/.test(symbol))
      return this.wrong(-1100, `Illegal characters found in parameter 'symbol'; legal range is '${SYMBOL_RANGE}'.`);
    if (!instrument) this.wrong(-1121, 'Invalid symbol.');
    return instrument;
  }

  private names(list: string): string[] {
    const names = readNames(list);
    if (!names) this.wrong(-1100, `Illegal characters found in parameter 'symbols'; legal range is '${LIST_RANGE}'.`);
    return names ?? [];
  }

  private missing(name: string): undefined {
    return this.wrong(-1102, `Mandatory parameter '${name}' was not sent, was empty/null, or malformed.`);
  }
}

/** Whether what is named has the `symbolStatus` that is asked for, if any: everything that we have is traded. */
export function hasAskedStatus(query: Query): boolean {
  const status = query.text('symbolStatus') ?? 'TRADING';
  if (!STATUSES.has(status)) query.wrong(-1122, 'Invalid symbolStatus.');
  return status === 'TRADING';
}

const STATUSES: ReadonlySet<string> = new Set(['TRADING', 'HALT', 'BREAK']);

/** What a single symbol of another status is answered with. */
export const wrongStatus = (query: Query): undefined =>
  query.wrong(-1220, "The symbol's status does not match the requested symbolStatus.");

/** How many symbols are named; undefined: none, so all are meant. */
export function symbolCount(query: Query): number | undefined {
  if (query.has('symbol')) return 1;
  const list = query.text('symbols');
  return list === undefined ? undefined : (readNames(list)?.length ?? 1);
}
