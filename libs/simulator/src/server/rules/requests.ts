/** What a connection looks like to somebody who asks it by control message. */
export interface RequestState {
  readonly isCombined: boolean;
  readonly subscriptions: ReadonlySet<string>;
  readonly streamLimit: number;
}

/** What a control message leads to: one reply, and what has to change before it is sent. */
export interface Answer {
  text: string;
  subscribe?: readonly string[];
  unsubscribe?: readonly string[];
  combined?: boolean;
  /** True where the number of streams was over the limit. */
  tooMany?: true;
}

/** A request as it came; `id` in JSON as it comes back, undefined where it is none that Binance takes. */
interface SimRequest {
  id: string | undefined;
  method: unknown;
  params: unknown;
  /** Where Binance's parser is when it has read all of it. */
  end: string;
}

/** Longer names are not taken. */
export const LONGEST_SIM_NAME = 128;

const METHODS = '`SUBSCRIBE`, `UNSUBSCRIBE`, `LIST_SUBSCRIPTIONS`, `SET_PROPERTY`, `GET_PROPERTY`';

/** Whether Binance reads this as a request at all, well made or not; anything else costs the connection. */
export const isRequest = (text: string): boolean => readSimRequest(text) !== undefined;

/**
 * What Binance would answer. Unknown streams are acknowledged like any other. Read and written by nothing that the gateway uses, so that a test of
 * that against this is not one of its code against itself.
 *
 * @see https://developers.binance.com/docs/binance-spot-api-docs/web-socket-streams#live-subscribingunsubscribing-to-streams
 */
export function answer(text: string, state: RequestState): Answer {
  const request = readSimRequest(text);
  if (!request) return { text: refusal(undefined, 3, 'Invalid JSON: expected value at line 1 column 1') };
  const { id, method } = request;
  if (id === undefined) return invalid(id, 'request ID must be an unsigned integer');
  switch (method) {
    case 'SUBSCRIBE':
    case 'UNSUBSCRIBE':
      return answerNames(request, method, state);
    case 'LIST_SUBSCRIPTIONS':
      return isEmpty(request.params) ? done(id, [...state.subscriptions]) : invalid(id, 'too many parameters');
    case 'SET_PROPERTY':
    case 'GET_PROPERTY':
      return answerProperty(request, method, state);
    case undefined:
      return invalid(id, `missing field \`method\` ${request.end}`);
    default:
      if (typeof method !== 'string') return invalid(id, 'method must be a string');
      return invalid(id, `unknown variant \`${method}\`, expected one of ${METHODS} ${request.end}`);
  }
}

function answerNames(
  { id, params }: SimRequest,
  method: 'SUBSCRIBE' | 'UNSUBSCRIBE',
  { subscriptions, streamLimit }: RequestState,
): Answer {
  if (!Array.isArray(params)) return invalid(id, 'streams must be an array');
  const names: unknown[] = params;
  if (!names.every(isName)) return invalid(id, 'invalid stream');
  if (method === 'UNSUBSCRIBE') return { ...done(id), unsubscribe: names };
  if (new Set([...subscriptions, ...names]).size > streamLimit)
    return { text: refusal(id, 4, 'Too many subscriptions'), tooMany: true };
  return { ...done(id), subscribe: names };
}

function answerProperty(
  { id, params }: SimRequest,
  method: 'SET_PROPERTY' | 'GET_PROPERTY',
  { isCombined }: RequestState,
): Answer {
  const given: unknown[] = Array.isArray(params) ? params : [];
  const [name, value] = given;
  if (typeof name !== 'string') return invalid(id, 'property name must be a string');
  if (name !== 'combined') return { text: refusal(id, 0, 'Unknown property') };
  if (given.length > (method === 'GET_PROPERTY' ? 1 : 2)) return invalid(id, 'too many parameters');
  if (method === 'GET_PROPERTY') return done(id, isCombined);
  if (typeof value !== 'boolean') return { text: refusal(id, 1, 'Invalid value type: expected Boolean') };
  return { ...done(id), combined: value };
}

const isName = (name: unknown): name is string =>
  typeof name === 'string' && name.length <= LONGEST_SIM_NAME && /^\S+$/.test(name);

const isEmpty = (params: unknown): boolean =>
  params === undefined || params === null || (Array.isArray(params) && params.length === 0);

const done = (id: string | undefined, result: unknown = null): Answer => ({
  text: `{"result":${JSON.stringify(result)},"id":${id}}`,
});

const invalid = (id: string | undefined, msg: string): Answer => ({ text: refusal(id, 2, `Invalid request: ${msg}`) });

/** In the nested form that Binance sends; its documentation shows a flat one. */
const refusal = (id: string | undefined, code: number, msg: string): string =>
  `{"error":{"code":${code},"msg":${JSON.stringify(msg)}}${id === undefined ? '' : `,"id":${id}`}}`;

/** Undefined for what is no JSON object. */
function readSimRequest(text: string): SimRequest | undefined {
  const idTexts = new Map<unknown, string | undefined>();
  let value: unknown;
  try {
    value = JSON.parse(text, function (this: unknown, key, inner: unknown, context?: { source?: string }) {
      if (key === 'id') idTexts.set(this, context?.source);
      return inner;
    });
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const { id, method, params } = value as Record<'id' | 'method' | 'params', unknown>;
  const lines = text.trimEnd().split('\n');
  const end = `at line ${lines.length} column ${lines.at(-1)?.length}`;
  return { id: idOf(id, idTexts.get(value) ?? ''), method, params, end };
}

/** A whole number of 64 bits with a sign, a text of up to 36 letters and digits (and what stands between those of a UUID), or null. */
function idOf(id: unknown, written: string): string | undefined {
  if (id === null) return 'null';
  if (typeof id === 'string') return /^[\p{L}\p{N}_-]{1,36}$/u.test(id) ? JSON.stringify(id) : undefined;
  if (typeof id !== 'number') return undefined;
  if (Number.isSafeInteger(id)) return String(id);
  return /^-?\d{1,19}$/.test(written) && BigInt(written) >= -(2n ** 63n) && BigInt(written) < 2n ** 63n
    ? written
    : undefined;
}
