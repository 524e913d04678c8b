import {
  type Acknowledgement,
  type MarketFrame,
  type Refusal,
  type UnknownFrame,
  decodeFrame,
  normalizeFrame,
} from '#libs/binance';
import { type Millis, assertNever } from '#libs/core';
import type { Line } from './connection/line.js';
import type { Continuity } from './continuity/continuity.js';
import type { Drift } from './problems/drift.js';
import type { Quarantine } from './problems/quarantine.js';

/** Where a frame's parts go. */
export interface PipePorts {
  continuity: Continuity;
  quarantine: Quarantine;
  drift: Drift;
  /** This server will close the connection soon. */
  serverShutdown(line: Line): void;
  /** A frame could not be read. */
  badFrame(line: Line, code: string): void;
}

/** One message from Binance, all the way to the bus. The path of every event; nothing in it waits. */
export function pipe(line: Line, bytes: Uint8Array, isBinary: boolean, now: Millis, ports: PipePorts): void {
  const frame = decodeFrame(bytes, isBinary);
  if (!frame.ok) {
    ports.quarantine.add(frame.problem, bytes, line.generation, now);
    return ports.badFrame(line, frame.problem.code);
  }
  const { value } = frame;
  switch (value.kind) {
    case 'market':
      return pass(line, value, now, ports);
    case 'unknown':
      return pass(line, value, now, ports);
    case 'acknowledgement':
    case 'refusal':
      return answer(line, value);
    case 'serverShutdown':
      return ports.serverShutdown(line);
    default:
      return assertNever(value);
  }
}

function pass(line: Line, frame: MarketFrame | UnknownFrame, now: Millis, { continuity, drift }: PipePorts): void {
  line.heard(frame.stream, now);
  if (frame.drift) drift.note(frame.drift, frame, now);
  const series = continuity.get(frame.stream);
  // Not wanted any more: it was under way when we unsubscribed.
  if (!series) return;
  for (const event of normalizeFrame(frame, now)) continuity.accept(series, event, line.generation);
}

const answer = (line: Line, frame: Acknowledgement | Refusal): void => line.answered(frame);
