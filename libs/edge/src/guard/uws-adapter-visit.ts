import type { HttpRequest, HttpResponse } from 'uWebSockets.js';
import { addressText } from './addresses.js';
import type { Judged } from './guard.js';
import type { Visit } from './visit.js';

/** What has to be known of a request later: it is gone when its handler returns. */
export interface AskedVisit extends Visit {
  path: string;
  method: string;
  /** `X-MBX-TIME-UNIT`. */
  timeUnit: string;
  /** `User-Agent`. */
  agent: string;
  /** `Accept`: which kinds of answers are understood. */
  accept: string;
  /** `If-None-Match`: the tag of what is there already. */
  held: string;
  /** Whether it says that a body comes behind it. */
  hasBody: boolean;
}

export const askedOf = (response: HttpResponse, request: HttpRequest): AskedVisit => ({
  path: request.getUrl(),
  method: request.getMethod(),
  timeUnit: request.getHeader('x-mbx-time-unit'),
  agent: request.getHeader('user-agent'),
  accept: request.getHeader('accept'),
  held: request.getHeader('if-none-match'),
  hasBody: !['', '0'].includes(request.getHeader('content-length')) || request.getHeader('transfer-encoding') !== '',
  // `undefined` where there is none, although the types say otherwise.
  query: request.getQuery() ?? '',
  host: request.getHeader('host'),
  origin: request.getHeader('origin'),
  site: request.getHeader('sec-fetch-site'),
  dest: request.getHeader('sec-fetch-dest'),
  authorization: request.getHeader('authorization'),
  protocols: request.getHeader('sec-websocket-protocol'),
  forwardedFor: allOf('x-forwarded-for', request),
  peer: peerOf(response),
  proxied: addressText(new Uint8Array(response.getProxiedRemoteAddress())),
});

/** A proxy may write a line of its own below one that a stranger has sent. */
function allOf(header: string, request: HttpRequest): string {
  if (request.getHeader(header) === '') return '';
  const values: string[] = [];
  request.forEach((name, value) => name === header && values.push(value));
  return values.join(',');
}

export const peerOf = (response: HttpResponse): string => addressText(new Uint8Array(response.getRemoteAddress()));

/** Goes on with a request when it has been judged, unless it has been aborted meanwhile; `isLater`: not in its handler any more. */
export function whenJudged(
  response: HttpResponse,
  judged: Judged | Promise<Judged>,
  goOn: (judged: Judged, isLater: boolean) => void,
): void {
  if (!(judged instanceof Promise)) return goOn(judged, false);
  let isGone = false;
  response.onAborted(() => {
    isGone = true;
  });
  void judged.then((known) => {
    if (!isGone) goOn(known, true);
    else if (known.ok) known.value.leave();
  });
}

/**
 * Upgrades a request later than in its handler. It is not to be corked as the manual says: after a cork uWebSockets.js looks whether
 * the response was one that closes the connection, in memory that an upgrade has freed where the socket stayed in its place, and
 * cuts off some who have just come in. In a cork of somebody else it does not look; where there is nobody else, it complains on
 * standard error that nothing is corked.
 *
 * @see https://github.com/uNetworking/uWebSockets/blob/master/src/HttpResponse.h `cork`
 */
export function upgradeLater(response: HttpResponse, upgrade: () => void, other: Corked | undefined): void {
  if (other) other.cork(() => response.cork(upgrade));
  else upgrade();
}

interface Corked {
  cork(act: () => void): void;
}
