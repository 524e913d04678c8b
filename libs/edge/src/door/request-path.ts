import type { Market, ParsedStream } from '#libs/binance';
import { type Result, type StreamName, notOk, ok } from '#libs/core';
import { binanceWire } from './wire/binance-wire.js';
import { nativeWire } from './wire/native-wire.js';
import type { Wire } from './wire/wire.js';

/** What a client asked for by its URL. */
export interface DoorEntry {
  /** Whose streams it is about. */
  market: Market;
  /** The gateway's path: which of them serves it. */
  path: '/v1' | '/ws';
  wire: Wire;
  isCombined: boolean;
  /** Whether times go out in microseconds. */
  isMicrosecond: boolean;
  /** Streams it wants at once, each once. */
  streams: ParsedStream[];
}

/** An answer to an upgrade request that is not an upgrade. */
export interface HttpRefusal {
  status: string;
  body: string;
}

/**
 * Understands the path and the query of an upgrade request, both as they stand in the request line. uWebSockets.js gives
 * `undefined` where there is no query, although its types say otherwise.
 *
 * @see https://developers.binance.com/docs/binance-spot-api-docs/web-socket-streams#general-wss-information
 */
export function readRequestPath(markets: readonly Market[], path: string, query = ''): Result<DoorEntry, HttpRefusal> {
  const market = marketOf(markets, path);
  return market ? readPathIn(market, path.slice(market.pathPrefix.length), query) : NOWHERE;
}

const NOWHERE = notOk({ status: '404 Not Found', body: 'Invalid request path' });

/** The market under whose prefix the path lies: the longest one, for one market's may be empty. */
function marketOf(markets: readonly Market[], path: string): Market | undefined {
  const fitting = markets.filter(({ pathPrefix }) => path.startsWith(`${pathPrefix}/`));
  return fitting.toSorted((one, other) => other.pathPrefix.length - one.pathPrefix.length)[0];
}

function readPathIn(market: Market, path: string, query: string): Result<DoorEntry, HttpRefusal> {
  if (path === '/v1') {
    return ok({ market, path, wire: nativeWire, isCombined: false, isMicrosecond: false, streams: [] });
  }
  const parameters = new Map(query.split('&').map((pair) => splitPair(pair)));
  const unit = parameters.get('timeUnit')?.toUpperCase() ?? 'MILLISECOND';
  if (unit !== 'MILLISECOND' && unit !== 'MICROSECOND') {
    return badRequest(`timeUnit is ${JSON.stringify(parameters.get('timeUnit'))}: expected MILLISECOND or MICROSECOND`);
  }
  const isMicrosecond = unit === 'MICROSECOND';
  if (path === '/ws' || path.startsWith('/ws/')) {
    return withStreams({ market, isCombined: false, isMicrosecond }, path.slice('/ws/'.length));
  }
  if (path === '/stream' || path === '/stream/') {
    return withStreams({ market, isCombined: true, isMicrosecond }, parameters.get('streams') ?? '');
  }
  return NOWHERE;
}

type EntryForm = Pick<DoorEntry, 'market' | 'isCombined' | 'isMicrosecond'>;

function withStreams(form: EntryForm, list: string): Result<DoorEntry, HttpRefusal> {
  const streams = new Map<StreamName, ParsedStream>();
  for (const item of list.split('/')) {
    const name = decoded(item);
    if (name === undefined) return badRequest(`${JSON.stringify(item)} is not URL-encoded UTF-8`);
    if (name === '') continue;
    const parsed = form.market.parse(name);
    if (!parsed.ok) return badRequest(parsed.problem.message);
    streams.set(name, parsed.value);
  }
  return ok({ path: '/ws', wire: binanceWire, ...form, streams: [...streams.values()] });
}

const badRequest = (body: string): Result<never, HttpRefusal> => notOk({ status: '400 Bad Request', body });

function splitPair(pair: string): [string, string] {
  const at = pair.indexOf('=');
  return at < 0 ? [pair, ''] : [pair.slice(0, at), pair.slice(at + 1)];
}

/** Not `+` for a space, as forms have it: a kline stream's name holds a plus. */
function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
