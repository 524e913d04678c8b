import { type Result, type StreamName, notOk, ok } from '#libs/core';
import { numberTextsOf, textsAt } from './scan/number-texts.js';
import { LONGEST_NAME } from './stream-name.js';

/**
 * What ties a reply to its request: a 64-bit whole number, a text of up to 36 letters and digits, or null.
 * A bigint where a double would not hold the number.
 */
export type RequestId = number | bigint | string | null;

/**
 * A request on the control channel of a Binance connection.
 *
 * @see https://developers.binance.com/docs/binance-spot-api-docs/web-socket-streams#live-subscribingunsubscribing-to-streams
 */
export type ControlRequest =
  | { method: 'SUBSCRIBE' | 'UNSUBSCRIBE'; params: StreamName[]; id: RequestId }
  | { method: 'LIST_SUBSCRIPTIONS'; id: RequestId }
  | { method: 'SET_PROPERTY'; params: ['combined', boolean]; id: RequestId }
  | { method: 'GET_PROPERTY'; params: ['combined']; id: RequestId };

/** Why a request is refused, as Binance says it (seen on the wire where it was seen), with the id where it could be read. */
export interface RequestProblem {
  id?: RequestId;
  code: 0 | 1 | 2 | 3 | 4;
  message: string;
}

const METHODS = ['SUBSCRIBE', 'UNSUBSCRIBE', 'LIST_SUBSCRIPTIONS', 'SET_PROPERTY', 'GET_PROPERTY'];

const KNOWN = METHODS.map((method) => `\`${method}\``).join(', ');

/** The text of a request, keys in Binance's order. */
export function encodeRequest(request: ControlRequest): string {
  const params = 'params' in request ? `,"params":${JSON.stringify(request.params)}` : '';
  return `{"method":"${request.method}"${params},"id":${encodeId(request.id)}}`;
}

/** The reply to a request that was carried out. */
export const encodeAcknowledgement = (id: RequestId, result: unknown = null): string =>
  `{"result":${JSON.stringify(result)},"id":${encodeId(id)}}`;

/** The reply to one that was not: the nested form that Binance sends (its documentation shows a flat one). */
export function encodeRefusal({ id, code, message }: RequestProblem): string {
  const end = id === undefined ? '' : `,"id":${encodeId(id)}`;
  return `{"error":${JSON.stringify({ code, msg: message })}${end}}`;
}

const encodeId = (id: RequestId): string => (typeof id === 'bigint' ? String(id) : JSON.stringify(id));

/**
 * Reads a client's request as Binance does; what is wrong with it comes back in Binance's codes and words. Never throws.
 * Code 3 stands for what is no request at all: Binance closes the connection for it.
 */
export function decodeRequest(text: string): Result<ControlRequest, RequestProblem> {
  const fields = readFields(text);
  if (!fields) return notOk({ code: 3, message: 'Invalid JSON: expected value at line 1 column 1' });
  const id = readId(fields.id, text);
  return id === undefined ? refuse('request ID must be an unsigned integer') : readMethod(fields, id, text);
}

type RequestFields = Partial<Record<string, unknown>>;

function readFields(text: string): RequestFields | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
}

const refuse = (message: string, id?: RequestId) =>
  notOk<RequestProblem>({ ...(id !== undefined && { id }), code: 2, message: `Invalid request: ${message}` });

/** A request without an id is answered as one with the id null; undefined stands for one that cannot be used. */
function readId(id: unknown, text: string): RequestId | undefined {
  if (id === null || id === undefined) return null;
  if (typeof id === 'string') return /^[\p{L}\p{N}_-]{1,36}$/u.test(id) ? id : undefined;
  if (typeof id !== 'number') return undefined;
  if (Number.isSafeInteger(id)) return id;
  const written = idAsWritten(id, text);
  const whole = /^-?\d{1,19}$/.test(written) ? BigInt(written) : undefined;
  return whole !== undefined && BigInt.asIntN(64, whole) === whole ? whole : undefined;
}

/** The text of the number that is the request's own `id`, not that of an object within; empty where it is nested too deep to look. */
function idAsWritten(id: number, text: string): string {
  try {
    const odd = textsAt(numberTextsOf(text), 'id');
    return typeof odd === 'string' ? odd : String(id);
  } catch {
    return '';
  }
}

/** Where Binance's parser is when it has read all of a request and something is amiss. */
function endOf(text: string): string {
  const lines = text.trimEnd().split('\n');
  return `at line ${lines.length} column ${lines.at(-1)!.length}`;
}

function readMethod(fields: RequestFields, id: RequestId, text: string): Result<ControlRequest, RequestProblem> {
  const { method, params } = fields;
  switch (method) {
    case 'SUBSCRIBE':
    case 'UNSUBSCRIBE':
      return isStreamList(params)
        ? ok({ method, params, id })
        : refuse(Array.isArray(params) ? 'invalid stream' : 'streams must be an array', id);
    case 'LIST_SUBSCRIPTIONS':
      return params === undefined || params === null || (Array.isArray(params) && params.length === 0)
        ? ok({ method, id })
        : refuse('too many parameters', id);
    case 'SET_PROPERTY':
    case 'GET_PROPERTY':
      return readProperty(method, params, id);
    case undefined:
      return refuse(`missing field \`method\` ${endOf(text)}`, id);
    default:
      if (typeof method !== 'string') return refuse('method must be a string', id);
      return refuse(`unknown variant \`${method}\`, expected one of ${KNOWN} ${endOf(text)}`, id);
  }
}

/** Whatever else a name is, it is acknowledged. */
const isStreamList = (params: unknown): params is StreamName[] =>
  Array.isArray(params) &&
  params.every((name) => typeof name === 'string' && name.length <= LONGEST_NAME && /^\S+$/.test(name));

function readProperty(
  method: 'SET_PROPERTY' | 'GET_PROPERTY',
  params: unknown,
  id: RequestId,
): Result<ControlRequest, RequestProblem> {
  const [name, value, ...more]: unknown[] = Array.isArray(params) ? params : [];
  if (typeof name !== 'string') return refuse('property name must be a string', id);
  if (name !== 'combined') return notOk({ id, code: 0, message: 'Unknown property' });
  if (more.length > 0 || (method === 'GET_PROPERTY' && value !== undefined)) return refuse('too many parameters', id);
  if (method === 'GET_PROPERTY') return ok({ method, params: [name], id });
  return typeof value === 'boolean'
    ? ok({ method, params: [name, value], id })
    : notOk({ id, code: 1, message: 'Invalid value type: expected Boolean' });
}
