import { type ControlRequest, decodeRequest, encodeAcknowledgement, encodeRefusal } from '#libs/binance';

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

/** Whether Binance reads this as a request at all, well made or not; anything else costs the connection. */
export function isRequest(text: string): boolean {
  const request = decodeRequest(text);
  return request.ok || request.problem.code !== 3;
}

/** What Binance would answer. Unknown streams are acknowledged like any other. */
export function answer(text: string, state: RequestState): Answer {
  const request = decodeRequest(text);
  return request.ok ? carryOut(request.value, state) : { text: encodeRefusal(request.problem) };
}

function carryOut(request: ControlRequest, { isCombined, subscriptions, streamLimit }: RequestState): Answer {
  const { id } = request;
  switch (request.method) {
    case 'SUBSCRIBE':
      if (new Set([...subscriptions, ...request.params]).size > streamLimit)
        return { text: encodeRefusal({ id, code: 4, message: 'Too many subscriptions' }), tooMany: true };
      return { text: encodeAcknowledgement(id), subscribe: request.params };
    case 'UNSUBSCRIBE':
      return { text: encodeAcknowledgement(id), unsubscribe: request.params };
    case 'LIST_SUBSCRIPTIONS':
      return { text: encodeAcknowledgement(id, [...subscriptions]) };
    case 'SET_PROPERTY':
      return { text: encodeAcknowledgement(id), combined: request.params[1] };
    case 'GET_PROPERTY':
      return { text: encodeAcknowledgement(id, isCombined) };
  }
}
