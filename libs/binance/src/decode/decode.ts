import { isUtf8 } from 'node:buffer';
import { type Result, type StreamName, notOk, ok } from '#libs/core';
import type { Frame, FrameProblem } from '../frame.js';
import { scanJson } from '../scan/json-scan.js';
import { asBuffer, firstBadByte } from '../scan/utf8.js';
import { SERVER_SHUTDOWN_STREAM, isServerShutdown } from '../server-shutdown.js';
import { isRetired } from '../stream-name.js';
import { knownStream } from './known-stream.js';
import { type Arrival, decodePayload, scaleOf, unknownFrame } from './payload.js';
import { streamOfRaw } from './raw.js';
import { readReply } from './reply.js';
import { readVerbatim } from './verbatim.js';

/** The largest frame we read, in bytes. The largest that Binance sends, an array of all symbols, is below 1 MB. */
export const LARGEST_FRAME = 4 * 1024 * 1024;

type Decoded = Result<Frame, FrameProblem>;
type Fields = Partial<Record<string, unknown>>;

/**
 * Reads one WebSocket message from Binance: a payload in the combined envelope, a bare payload, or a reply. Never throws and
 * keeps nothing from one message to the next.
 *
 * @param rawStream on a connection without envelopes (`/ws/<stream>`): the stream whose payloads come. Without it a bare
 * payload is understood where only one stream could carry it.
 * @see https://developers.binance.com/docs/binance-spot-api-docs/web-socket-streams#general-wss-information
 */
export function decodeFrame(bytes: Uint8Array, isBinary = false, rawStream?: StreamName): Decoded {
  if (isBinary) return problem('binary', 'a binary message; Binance sends text only', 0);
  if (bytes.byteLength > LARGEST_FRAME) {
    return problem('too-large', `${bytes.byteLength} bytes, at most ${LARGEST_FRAME} are read`, LARGEST_FRAME);
  }
  const frame = readVerbatim(asBuffer(bytes));
  return frame ? ok(frame) : decodeCarefully(bytes, rawStream);
}

/** For everything that is not, to the letter, a documented frame in its envelope. */
function decodeCarefully(bytes: Uint8Array, rawStream: StreamName | undefined): Decoded {
  if (!isUtf8(bytes)) return problem('bad-utf8', 'a byte that is not UTF-8', firstBadByte(bytes) ?? 0);
  const text = asBuffer(bytes).toString('utf8');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The careful reader tells where; V8's message often does not.
    return notOk(scanJson(text) ?? { code: 'not-json', message: 'not JSON', at: 0 });
  }
  return classify(value, text, rawStream);
}

const problem = (code: FrameProblem['code'], message: string, at: number) => notOk<FrameProblem>({ code, message, at });

function classify(value: unknown, text: string, rawStream: StreamName | undefined): Decoded {
  if (typeof value !== 'object' || value === null) return problem('wrong-shape', 'neither an object nor an array', 0);
  const { stream, data }: Fields = value;
  if (typeof stream === 'string' && data !== undefined) return decodeCombined(value, stream, data, text);
  return decodeBare(value, text, rawStream);
}

function decodeCombined(envelope: object, stream: StreamName, data: unknown, text: string): Decoded {
  const known = knownStream(stream);
  const arrival: Arrival = { data, text, envelope };
  if (known) return decodePayload(arrival, known);
  if (stream === SERVER_SHUTDOWN_STREAM && isServerShutdown(data)) return shutdown(data.E);
  return unknownFrame(arrival, stream, { what: isRetired(stream) ? 'retired-stream' : 'stream', where: stream });
}

function decodeBare(value: object, text: string, rawStream: StreamName | undefined): Decoded {
  const reply = Array.isArray(value) ? undefined : readReply(value);
  if (reply) {
    const unsafe = scanJson(text);
    return unsafe ? notOk(unsafe) : ok(reply);
  }
  if (isServerShutdown(value)) return shutdown(value.E);
  const stream = rawStream ?? streamOfRaw(value);
  if (stream === undefined) {
    return notOk({ code: 'ambiguous-stream', message: 'no envelope, and no single stream it could belong to', at: 0 });
  }
  const known = knownStream(stream);
  const arrival: Arrival = { data: value, text, envelope: undefined };
  return known ? decodePayload(arrival, known) : unknownFrame(arrival, stream, { what: 'stream', where: stream });
}

const shutdown = (time: number): Decoded => ok({ kind: 'serverShutdown', eventAt: time / scaleOf(time) });
