import type { Millis, NumberTexts, StreamName, WireRemainder } from '#libs/core';
import type { RequestId } from './control.js';
import type { AnyPayload } from './shape/compile.js';
import type { ParsedStream } from './stream-type.js';

/**
 * What can be wrong with a frame. `binary`: not a text. `too-large`, `too-deep`: beyond our limits. `bad-utf8`, `not-json`:
 * as they say. `wrong-shape`: JSON, but not what its stream carries. `duplicate-key`, `poisoned-key`: JSON that programs
 * read differently. `unsafe-number`: the same, of a number in a documented field. `ambiguous-stream`: a payload without an envelope that more than one stream could carry.
 */
export type ProblemCode =
  | 'binary'
  | 'too-large'
  | 'too-deep'
  | 'bad-utf8'
  | 'not-json'
  | 'wrong-shape'
  | 'duplicate-key'
  | 'poisoned-key'
  | 'unsafe-number'
  | 'ambiguous-stream';

/** Why a frame was refused. */
export interface FrameProblem {
  code: ProblemCode;
  message: string;
  /** Where: the byte's offset in the frame, or the path of the field from the frame's root (`data.k.t`). */
  at?: number | string;
  /** Whose frame it was, where that could be read. */
  stream?: StreamName;
}

/** Something valid that the documentation does not know: which kind of thing, and a name to count and sample it by. */
export interface Drift {
  what: 'field' | 'event' | 'stream' | 'retired-stream' | 'envelope';
  where: string;
}

/** A payload (or an array of them) of a known stream, checked. */
export interface MarketFrame {
  kind: 'market';
  stream: StreamName;
  name: ParsedStream;
  data: AnyPayload | readonly AnyPayload[];
  /** What the payload (each payload, of an array) held beyond the documented shape; absent when it was exactly that. */
  wire?: readonly (WireRemainder | undefined)[];
  drift?: readonly Drift[];
}

/** A well-formed combined frame of a stream or an event type that we have no word for. Passed on as it came. */
export interface UnknownFrame {
  kind: 'unknown';
  stream: StreamName;
  /** Numbers that JavaScript does not hold are texts. */
  data: unknown;
  /** The texts of those of its numbers that would not be written again as they came. */
  numbers?: NumberTexts[string];
  drift: readonly Drift[];
}

/** The answer to a request that was accepted. For SUBSCRIBE it proves nothing about the stream. */
export interface Acknowledgement {
  kind: 'acknowledgement';
  id: RequestId;
  /** null, the list of streams, or a property's value. */
  result: unknown;
}

/** The answer to a request that was refused. */
export interface Refusal {
  kind: 'refusal';
  /** Absent where Binance could not read it. */
  id?: RequestId;
  code: number;
  message: string;
}

/** The server will close this connection soon: time to open another. No lead time is promised. */
export interface ServerShutdown {
  kind: 'serverShutdown';
  eventAt: Millis;
}

/** Whatever Binance may send. */
export type Frame = MarketFrame | UnknownFrame | Acknowledgement | Refusal | ServerShutdown;
