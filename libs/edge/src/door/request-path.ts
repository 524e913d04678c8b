import { LONGEST_NAME, type Market, type ParsedStream } from '#libs/binance';
import { type HoldfastError, type Result, type StreamName, notOk, ok } from '#libs/core';
import { binanceWire } from './wire/binance-wire.js';
import { nativeWire } from './wire/native-wire.js';
import type { Wire } from './wire/wire.js';

/**
 * Names as a client wrote them, each once, in its order, and what each of them means. Undefined: there is no such stream. As at
 * Binance, whoever asks for that on Binance's wire is never told so: it has the name, and nothing comes.
 */
export type AskedNames = ReadonlyMap<StreamName, ParsedStream | undefined>;

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
  /** What it wants at once. */
  names: AskedNames;
}

/** What is served at a door. */
export interface DoorPlan {
  markets: readonly Market[];
  /** One connection may have so many streams. */
  mostStreams: number;
}

/** An answer to an upgrade request that is not an upgrade. */
export interface HttpRefusal {
  status: string;
  headers?: Readonly<Record<string, string>>;
  body: string;
}

/** What says, beside its key, that a request is for an upgrade. */
export type UpgradeHeaders = Record<'connection' | 'upgrade' | 'sec-websocket-version', string>;

/**
 * uWebSockets.js takes every request that has a key for an upgrade, and answers it as one. Who asked for something else, or
 * speaks an older version, would be sent frames that it does not expect.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6455#section-4.2.1
 */
export function refuseHandshake(headers: UpgradeHeaders): HttpRefusal | undefined {
  const asksFor = headers.connection.toLowerCase().split(/[\s,]+/);
  if (!asksFor.includes('upgrade') || headers.upgrade.toLowerCase() !== 'websocket') return UPGRADE_REQUIRED;
  const version = headers['sec-websocket-version'];
  if (version === '13') return undefined;
  return { ...UPGRADE_REQUIRED, body: `Sec-WebSocket-Version is ${JSON.stringify(version)}: expected 13` };
}

/** The same of one that uWebSockets.js has not taken for one: where all else is as it must be, its key is not. Binance answers that with 400. */
export function refusePlain(headers: UpgradeHeaders, key: string): HttpRefusal {
  const isOtherwiseGood = !refuseHandshake(headers) && key.length !== KEY_LENGTH;
  return isOtherwiseGood ? BAD_KEY : UPGRADE_REQUIRED;
}

/** 16 bytes in base64. */
const KEY_LENGTH = 24;

const BAD_KEY: HttpRefusal = {
  status: '400 Bad Request',
  body: `Sec-WebSocket-Key: expected ${KEY_LENGTH} characters`,
};

/** What a request that is none for an upgrade is told. */
export const UPGRADE_REQUIRED: HttpRefusal = {
  status: '426 Upgrade Required',
  headers: { upgrade: 'websocket', 'sec-websocket-version': '13' },
  body: 'This is a WebSocket address',
};

/** A request that nobody waits for the end of: one with a body, or one that has not waited for the answer to the one before it. */
export const refuseStrange = (method: string): HttpRefusal =>
  method === 'get' || method === 'head'
    ? { status: '400 Bad Request', body: 'One request at a time, and none with a body' }
    : {
        status: '405 Method Not Allowed',
        headers: { allow: 'GET, HEAD' },
        body: 'Only GET and HEAD are answered here',
      };

/** Where the edge has no room, another one may have it; who opens streams too fast is as fast there. */
export const refuseForLack = ({ code, message }: HoldfastError): HttpRefusal => ({
  status: code === 'no-room' ? '503 Service Unavailable' : '429 Too Many Requests',
  headers: { 'retry-after': '5' },
  body: `Too many subscriptions: ${message}`,
});

/**
 * Understands the path and the query of an upgrade request, both as they stand in the request line. uWebSockets.js gives
 * `undefined` where there is no query, although its types say otherwise.
 *
 * @see https://developers.binance.com/docs/binance-spot-api-docs/web-socket-streams#general-wss-information
 */
export function readRequestPath(plan: DoorPlan, path: string, query = ''): Result<DoorEntry, HttpRefusal> {
  const market = marketOf(plan.markets, path);
  const entry = market ? readPathIn(market, path.slice(market.pathPrefix.length), query) : NOWHERE;
  if (!entry.ok || entry.value.names.size <= plan.mostStreams) return entry;
  return badRequest(`Too many subscriptions: one connection may have ${plan.mostStreams} streams`);
}

const NOWHERE = notOk({
  status: '404 Not Found',
  body: 'Invalid request path: expected /v1, /ws/<stream>… or /stream?streams=<stream>…',
});

/** The market under whose prefix the path lies: the longest one, for one market's may be empty. */
function marketOf(markets: readonly Market[], path: string): Market | undefined {
  const fitting = markets.filter(({ pathPrefix }) => path.startsWith(`${pathPrefix}/`));
  return fitting.toSorted((one, other) => other.pathPrefix.length - one.pathPrefix.length)[0];
}

function readPathIn(market: Market, path: string, query: string): Result<DoorEntry, HttpRefusal> {
  if (path === '/v1') {
    return ok({ market, path, wire: nativeWire, isCombined: false, isMicrosecond: false, names: new Map() });
  }
  const parameters = new Map(query.split('&').map((pair) => splitPair(pair)));
  const unit = decoded(parameters.get('timeUnit') ?? 'MILLISECOND')?.toUpperCase();
  if (unit !== 'MILLISECOND' && unit !== 'MICROSECOND') {
    return badRequest(`timeUnit is ${JSON.stringify(parameters.get('timeUnit'))}: expected MILLISECOND or MICROSECOND`);
  }
  const isMicrosecond = unit === 'MICROSECOND';
  if (path === '/ws' || path.startsWith('/ws/')) {
    return withNames({ market, isCombined: false, isMicrosecond }, path.slice('/ws/'.length));
  }
  if (path === '/stream' || path === '/stream/') {
    return withNames({ market, isCombined: true, isMicrosecond }, parameters.get('streams') ?? '');
  }
  return NOWHERE;
}

type EntryForm = Pick<DoorEntry, 'market' | 'isCombined' | 'isMicrosecond'>;

/** Whatever the names are: clients open `/ws/x` to subscribe afterwards. */
function withNames(form: EntryForm, list: string): Result<DoorEntry, HttpRefusal> {
  const names = new Map<StreamName, ParsedStream | undefined>();
  // Decoded first, for many programs encode the slashes of a query too.
  const written = decoded(list);
  if (written === undefined) return badRequest('the names of the streams are not URL-encoded UTF-8');
  for (const name of written.split('/')) {
    if (name.length > LONGEST_NAME) return badRequest(`a stream's name has at most ${LONGEST_NAME} characters`);
    if (name !== '') names.set(name, form.market.understand(name));
  }
  return ok({ path: '/ws', wire: binanceWire, ...form, names });
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
