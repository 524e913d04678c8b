import { type FrameProblem, type MarketFrame, type UnknownFrame, decodeFrame, normalizeFrame } from '#libs/binance';
import { type Millis, assertNever } from '#libs/core';
import type { Line } from './connection/line.js';
import type { Continuity } from './continuity/continuity.js';
import type { Slot } from './pool/slot.js';
import type { Drift } from './problems/drift.js';

/** How a message came to us. */
export interface Arrival {
  slot: Slot;
  line: Line;
  isBinary: boolean;
  now: Millis;
}

/** Where a frame's parts go. */
export interface PipePorts {
  continuity: Continuity;
  drift: Drift;
  /** The frame could not be read. It costs itself and nothing else. */
  problem(arrival: Arrival, problem: FrameProblem, bytes: Uint8Array): void;
}

/** One message from Binance, all the way to the bus. The path of every event; nothing in it waits. */
export function pipe(arrival: Arrival, bytes: Uint8Array, ports: PipePorts): void {
  const frame = decodeFrame(bytes, arrival.isBinary);
  if (!frame.ok) return ports.problem(arrival, frame.problem, bytes);
  const { value } = frame;
  switch (value.kind) {
    case 'market':
    case 'unknown':
      return pass(arrival, value, ports);
    case 'acknowledgement':
    case 'refusal':
      return arrival.line.answered(value);
    case 'serverShutdown':
      return arrival.slot.shutdownComing(arrival.line);
    default:
      return assertNever(value);
  }
}

function pass({ line, now }: Arrival, frame: MarketFrame | UnknownFrame, { continuity, drift }: PipePorts): void {
  line.heard(frame.stream, now);
  if (frame.drift) drift.note(frame.drift, frame, now);
  const series = continuity.get(frame.stream);
  // Not wanted any more: it was under way when we unsubscribed.
  if (!series) return;
  for (const event of normalizeFrame(frame, now)) continuity.accept(series, event, line.generation);
}
