import type { FrameProblem } from '#libs/binance';
import type { Millis, StreamName } from '#libs/core';

/** A frame that could not be read, kept for an operator to look at. */
export interface QuarantinedFrame {
  at: Millis;
  generation: number;
  code: FrameProblem['code'];
  message: string;
  /** The byte's offset in the frame, or the path of the field. */
  where?: number | string;
  stream?: StreamName;
  /** Length of the whole frame. */
  size: number;
  /** Offset of the first byte shown. */
  from: number;
  hex: string;
  text: string;
}

const MOST_FRAMES = 100;
const SHOWN_BYTES = 512;

/** The newest bad frames, up to a number and a size each. Everything else about them is only counted. */
export class Quarantine {
  private readonly frames: QuarantinedFrame[] = [];

  add(problem: FrameProblem, bytes: Uint8Array, generation: number, at: Millis): void {
    const { code, message, at: where, stream } = problem;
    const from = typeof where === 'number' ? Math.max(0, Math.min(where, bytes.length) - SHOWN_BYTES / 2) : 0;
    const shown = Buffer.from(bytes.subarray(from, from + SHOWN_BYTES));
    this.frames.push({
      at,
      generation,
      code,
      message,
      ...(where !== undefined && { where }),
      ...(stream !== undefined && { stream }),
      size: bytes.length,
      from,
      hex: shown.toString('hex'),
      text: shown.toString('utf8'),
    });
    if (this.frames.length > MOST_FRAMES) this.frames.shift();
  }

  /** Those of a stream that are kept and came later than this. */
  since(stream: StreamName, at: Millis): readonly QuarantinedFrame[] {
    return this.frames.filter((frame) => frame.stream === stream && frame.at > at);
  }

  /** The newest last. */
  read(): readonly QuarantinedFrame[] {
    return this.frames;
  }
}
