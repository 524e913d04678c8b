import { Buffer, isUtf8 } from 'node:buffer';
import { type Result, type StreamName, millisOf, notOk, ok } from '#libs/core';
import type { Catalogue } from '../catalogue.js';
import type { Acknowledgement, Frame, FrameProblem, Refusal } from '../frame.js';
import { scanJson } from '../scan/json-scan.js';
import { numberTextsOf } from '../scan/number-texts.js';
import { asBuffer, firstBadByte } from '../scan/utf8.js';
import { SERVER_SHUTDOWN_STREAM, isServerShutdown } from '../server-shutdown.js';
import { type WholeFrame, decodePayload, unknownFrame } from './payload.js';
import { streamOfRaw } from './raw.js';
import { inexactInReply, readReply } from './reply.js';
import { readVerbatim } from './verbatim.js';

/** The largest frame we read, in bytes. The largest that Binance sends, an array of all symbols, is below 1 MB. */
export const LARGEST_FRAME = 4 * 1024 * 1024;

type DecodedFrame = Result<Frame, FrameProblem>;

/**
 * Reads one WebSocket message from Binance: a payload in the combined envelope, a bare payload, or a reply. Never throws and
 * keeps nothing from one message to the next.
 *
 * @param rawStream on a connection without envelopes (`/ws/<stream>`): the stream whose payloads come. Without it a bare
 * payload is understood where only one stream could carry it.
 * @see https://developers.binance.com/docs/binance-spot-api-docs/web-socket-streams#general-wss-information
 */
export type Decode = (bytes: Uint8Array, isBinary?: boolean, rawStream?: StreamName) => DecodedFrame;

/** @param catalogue the streams of the market that the connection serves. */
export const decoderOf =
  (catalogue: Catalogue): Decode =>
  (bytes, isBinary = false, rawStream) => {
    if (isBinary) return problem('binary', 'a binary message; Binance sends text only', 0);
    if (bytes.byteLength > LARGEST_FRAME) {
      return problem('too-large', `${bytes.byteLength} bytes, at most ${LARGEST_FRAME} are read`, LARGEST_FRAME);
    }
    const value = readVerbatim(catalogue, Buffer.isBuffer(bytes) ? bytes : asBuffer(bytes));
    return value ? { ok: true, value } : decodeCarefully(catalogue, bytes, rawStream);
  };

/** For everything that is not, to the letter, a documented frame in its envelope. */
function decodeCarefully(catalogue: Catalogue, bytes: Uint8Array, rawStream: StreamName | undefined): DecodedFrame {
  if (!isUtf8(bytes)) return problem('bad-utf8', 'a byte that is not UTF-8', firstBadByte(bytes));
  const text = asBuffer(bytes).toString('utf8');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The careful reader tells where; V8's message often does not.
    return notOk(scanJson(text).flaw ?? { code: 'not-json', message: 'not JSON', at: 0 });
  }
  return classify({ catalogue, data: value, text, envelope: undefined }, rawStream);
}

const problem = (code: FrameProblem['code'], message: string, at: number | string) =>
  notOk<FrameProblem>({ code, message, at });

function classify(whole: WholeFrame, rawStream: StreamName | undefined): DecodedFrame {
  const { data: value } = whole;
  if (typeof value !== 'object' || value === null) return problem('wrong-shape', 'neither an object nor an array', 0);
  const { stream, data }: Partial<Record<string, unknown>> = value;
  if (typeof stream === 'string' && data !== undefined)
    return decodeCombined({ ...whole, data, envelope: value }, stream);
  return decodeBare(whole, value, rawStream);
}

function decodeCombined(whole: WholeFrame, stream: StreamName): DecodedFrame {
  const { catalogue, data } = whole;
  const known = catalogue.find(stream);
  if (known) return decodePayload(whole, known);
  if (stream === SERVER_SHUTDOWN_STREAM && isServerShutdown(data)) return shutdown(data.E);
  const what = catalogue.isRetired(stream) ? 'retired-stream' : 'stream';
  return unknownFrame(whole, stream, { what, where: stream });
}

function decodeBare(whole: WholeFrame, value: object, rawStream: StreamName | undefined): DecodedFrame {
  const { catalogue, text } = whole;
  const reply = Array.isArray(value) ? undefined : readReply(value);
  if (reply) return judgeReply(reply, text);
  if (isServerShutdown(value)) return shutdown(value.E);
  const stream = rawStream ?? streamOfRaw(catalogue.types, value);
  if (stream === undefined) {
    return notOk({ code: 'ambiguous-stream', message: 'no envelope, and no single stream it could belong to', at: 0 });
  }
  const known = catalogue.find(stream);
  return known ? decodePayload(whole, known) : unknownFrame(whole, stream, { what: 'stream', where: stream });
}

/** What a reply says beyond its id and its code is for people. */
function judgeReply(reply: Acknowledgement | Refusal, text: string): DecodedFrame {
  const { flaw, hasOddNumbers } = scanJson(text);
  if (flaw) return notOk(flaw);
  const at = hasOddNumbers ? inexactInReply(numberTextsOf(text)) : undefined;
  return at === undefined ? ok(reply) : problem('unsafe-number', `${at} cannot be held exactly`, at);
}

const shutdown = (time: number): DecodedFrame => ok({ kind: 'serverShutdown', eventAt: Math.floor(millisOf(time)) });
