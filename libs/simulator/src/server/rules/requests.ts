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

const METHODS = ['SUBSCRIBE', 'UNSUBSCRIBE', 'LIST_SUBSCRIPTIONS', 'SET_PROPERTY', 'GET_PROPERTY'] as const;

/**
 * Reads one control message and says what Binance would answer. `undefined` for a text that is not a JSON object: that one
 * costs the connection. Unknown streams are acknowledged like any other.
 *
 * @see https://developers.binance.com/docs/binance-spot-api-docs/web-socket-streams — error shapes as seen on the wire
 */
export function answer(text: string, state: RequestState): Answer | undefined {
  const request = readObject(text);
  if (!request) return undefined;
  const id = readId(request['id'], text);
  if (id === undefined) return { text: refusal(2, 'Invalid request: request ID must be an unsigned integer') };
  const { method, params } = request;
  const end = `at line 1 column ${text.length}`;
  switch (method) {
    case undefined:
      return { text: refusal(2, `Invalid request: missing field \`method\` ${end}`, id) };
    case 'SUBSCRIBE':
    case 'UNSUBSCRIBE':
      return subscription(method, params, id, state);
    case 'LIST_SUBSCRIPTIONS':
      return { text: result([...state.subscriptions], id) };
    case 'SET_PROPERTY':
    case 'GET_PROPERTY':
      return property(method, params, id, state);
    default: {
      const known = METHODS.map((name) => `\`${name}\``).join(', ');
      const unknown = `unknown variant \`${String(method)}\`, expected one of ${known} ${end}`;
      return { text: refusal(2, `Invalid request: ${unknown}`, id) };
    }
  }
}

function subscription(method: 'SUBSCRIBE' | 'UNSUBSCRIBE', params: unknown, id: string, state: RequestState): Answer {
  if (!Array.isArray(params)) return { text: refusal(2, 'Invalid request: streams must be an array', id) };
  const names = params.filter((name): name is string => typeof name === 'string' && /^\S+$/.test(name));
  if (names.length !== params.length) return { text: refusal(2, 'Invalid request: invalid stream', id) };
  if (method === 'UNSUBSCRIBE') return { text: result(null, id), unsubscribe: names };
  if (new Set([...state.subscriptions, ...names]).size > state.streamLimit)
    return { text: refusal(4, 'Too many subscriptions', id), tooMany: true };
  return { text: result(null, id), subscribe: names };
}

function property(method: 'SET_PROPERTY' | 'GET_PROPERTY', params: unknown, id: string, state: RequestState): Answer {
  const values: readonly unknown[] = Array.isArray(params) ? params : [];
  if (typeof values[0] !== 'string') return { text: refusal(2, 'Invalid request: property name must be a string', id) };
  if (values.length > (method === 'SET_PROPERTY' ? 2 : 1))
    return { text: refusal(2, 'Invalid request: too many parameters', id) };
  if (values[0] !== 'combined') return { text: refusal(0, 'Unknown property', id) };
  if (method === 'GET_PROPERTY') return { text: result(state.isCombined, id) };
  if (typeof values[1] !== 'boolean') return { text: refusal(1, 'Invalid value type: expected Boolean', id) };
  return { text: result(null, id), combined: values[1] };
}

/** Whether Binance reads this as a request at all, well made or not; anything else costs the connection. */
export const isRequest = (text: string): boolean => readObject(text) !== undefined;

function readObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

/** The id as it has to be written back; a whole number beyond 2^53 is copied from the text, digit for digit. */
function readId(id: unknown, text: string): string | undefined {
  if (id === undefined || id === null) return 'null';
  if (typeof id === 'string') return /^[A-Za-z0-9-]{1,36}$/.test(id) ? JSON.stringify(id) : undefined;
  if (typeof id !== 'number' || !Number.isInteger(id) || id < 0) return undefined;
  return Number.isSafeInteger(id) ? String(id) : /"id"\s*:\s*(\d+)/.exec(text)?.[1];
}

const result = (value: unknown, id: string): string => `{"result":${JSON.stringify(value)},"id":${id}}`;

function refusal(code: number, msg: string, id?: string): string {
  const error = JSON.stringify({ code, msg });
  return id === undefined ? `{"error":${error}}` : `{"error":${error},"id":${id}}`;
}
