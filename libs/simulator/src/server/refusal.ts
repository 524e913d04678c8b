import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { SimRefusal } from './gate.js';

/** Bodies as seen from Binance or the network in front of it. */
const BODIES: Record<number, string> = {
  403: '<html><head><title>403 Forbidden</title></head><body><center><h1>403 Forbidden</h1></center><hr><center>cloudfront</center></body></html>',
  404: 'Invalid request path',
  418: '{"code":-1003,"msg":"Way too many requests; IP banned."}',
  429: '{"code":-1003,"msg":"Too many requests."}',
  451: '{"code":0,"msg":"Service unavailable from a restricted location."}',
};

/** The body of a refusal with this status. */
export const refusalBody = (status: number): string => BODIES[status] ?? STATUS_CODES[status] ?? '';

/** Answers an upgrade with a plain HTTP response and hangs up. */
export function refuse(socket: Duplex, { status, retryAfter }: SimRefusal): void {
  const body = refusalBody(status);
  const type = body.startsWith('<') ? 'text/html' : body.startsWith('{') ? 'application/json' : 'text/plain';
  const lines = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Refused'}`,
    'Connection: close',
    `Content-Type: ${type}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    ...(retryAfter === undefined ? [] : [`Retry-After: ${retryAfter}`]),
  ];
  socket.end(`${lines.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy());
}
