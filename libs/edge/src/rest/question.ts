import { type Result, notOk, ok } from '#libs/core';
import { type RestAnswer, complain } from './answer.js';
import { ROUTES, type RestParameters, type RestRoute } from './routes.js';

/** A request as it came: all of it that is looked at. */
export interface RestAsked {
  /** In lower case. */
  method: string;
  /** As they stand in the request line; uWebSockets.js gives `undefined` where there is no query. */
  path: string;
  query: string | undefined;
  /** The value of `X-MBX-TIME-UNIT`. */
  timeUnit: string;
}

/** A request, understood. */
export interface RestQuestion {
  path: string;
  route: RestRoute;
  parameters: RestParameters;
  timeUnit: 'MILLISECOND' | 'MICROSECOND';
  /** The same for all who ask the same, in whatever order and however it is spelt. */
  key: string;
}

/** A longer query than any that Binance answers: some 400 symbols. */
const LONGEST_QUERY = 8_192;

/** Understands a request, or says in Binance's words what is wrong with it. */
export function readQuestion({ method, path, query = '', timeUnit }: RestAsked): Result<RestQuestion, RestAnswer> {
  const route = ROUTES.get(path);
  if (!route) return notOk(nowhere(method, path));
  if (method !== 'get' && method !== 'head') return notOk(WRONG_METHOD);
  if (query.length > LONGEST_QUERY) return notOk(TOO_LONG);
  const read = readParameters(query);
  if (!read.ok) return read;
  const parameters = read.value;
  const known = [...parameters.keys()].filter((name) => route.parameters.includes(name));
  if (known.length < parameters.size) return notOk(unread(known.length, parameters.size));
  const unit = timeUnit.toUpperCase() === 'MICROSECOND' ? 'MICROSECOND' : 'MILLISECOND';
  const key = JSON.stringify([path, unit, ...[...parameters].toSorted(([one], [other]) => (one < other ? -1 : 1))]);
  return ok({ path, route, parameters, timeUnit: unit, key });
}

function readParameters(query: string): Result<RestParameters, RestAnswer> {
  const parameters = new Map<string, string>();
  for (const pair of query.split('&')) {
    if (pair === '') continue;
    const at = pair.indexOf('=');
    const [name, value] = (at < 0 ? [pair, ''] : [pair.slice(0, at), pair.slice(at + 1)]).map(decoded);
    if (name === undefined || value === undefined || !isOrdinary(value)) return notOk(ILLEGAL);
    if (parameters.has(name)) return notOk(TWICE);
    const spelt = spell(name, value);
    if (!spelt.ok) return spelt;
    parameters.set(name, spelt.value);
  }
  return ok(parameters);
}

/** Whole numbers, to which zeros in front add nothing. */
const COUNTS: ReadonlySet<string> = new Set(['limit', 'fromId', 'startTime', 'endTime']);

/**
 * The one spelling of what may be spelt in many ways: each would be asked, and kept, as a question of its own. A list is one of names, whose order
 * Binance promises nothing about: every row says whose it is.
 *
 * @see https://developers.binance.com/docs/binance-spot-api-docs/errors -1151
 */
function spell(name: string, value: string): Result<string, RestAnswer> {
  if (COUNTS.has(name) && /^0+\d+$/.test(value)) return ok(value.replace(/^0+(?=\d)/, ''));
  if (!value.startsWith('[')) return ok(value);
  const names = JSON.parse(value) as string[];
  const different = [...new Set(names)].toSorted();
  if (name === 'symbols' && different.length < names.length) return notOk(REPEATED);
  return ok(JSON.stringify(different));
}

/**
 * What a symbol, a number, an interval, a time zone, or a list of such may be written with. Whatever looks like an attack would be judged by
 * the firewall before Binance, and its 403 holds for our whole address: for everybody, and for what is to be filled.
 *
 * @see https://developers.binance.com/docs/binance-spot-api-docs/rest-api/limits `HTTP 403` is for the WAF
 */
const isOrdinary = (value: string): boolean =>
  /^(?:[\p{L}\p{N}_.:,+-]*|\[(?:"[\p{L}\p{N}_.-]*"(?:, ?"[\p{L}\p{N}_.-]*")*)?\])$/u.test(value);

/** As forms have it: a plus is a space. */
function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return undefined;
  }
}

/** So much of a path is said again to who asked for it. */
const SHOWN = 200;

/** As Binance's futures say it; spot has a page for browsers. */
export const nowhere = (method: string, path: string): RestAnswer =>
  complain({
    status: 404,
    code: -5000,
    msg: `Path ${path.slice(0, SHOWN)}, Method ${method.toUpperCase()} is invalid`,
  });

const wrong = complain({ status: 405, code: -1000, msg: 'Method not allowed; expected GET.' });
const WRONG_METHOD: RestAnswer = { ...wrong, headers: { ...wrong.headers, allow: 'GET, HEAD' } };

const TOO_LONG = complain({ status: 414, code: -1101, msg: `Too many parameters: more than ${LONGEST_QUERY} bytes.` });

export const ILLEGAL = complain({ status: 400, code: -1100, msg: 'Illegal characters found in a parameter.' });

const TWICE = complain({ status: 400, code: -1101, msg: 'Duplicate values for a parameter detected.' });

const REPEATED = complain({ status: 400, code: -1151, msg: 'Symbol is present multiple times in the list.' });

const unread = (read: number, sent: number): RestAnswer =>
  complain({
    status: 400,
    code: -1104,
    msg: `Not all sent parameters were read; read '${read}' parameter(s) but was sent '${sent}'.`,
  });
