import { type Buffer, isUtf8 } from 'node:buffer';
import { type MarketFrame, type UnknownFrame, normalizeFrame, spot } from '#libs/binance';
import { type MarketEvent, encode } from '#libs/core';
import { systemClock } from '#libs/runtime';
import { type WholeUpstream, startWhole } from './whole-upstream.js';

/** One thing to time: `run` does it once for every frame and returns something that depends on all of it. */
export interface Step {
  name: string;
  /** Whether it does all that the step above does, and more. */
  isMore?: boolean;
  /** Before each turn, untimed. */
  prepare?(): Promise<void>;
  run(): number;
  /** After each turn, untimed. */
  clear?(): Promise<void>;
}

/** As large as a memory bus makes them. */
const EPOCH = 1_790_000_000_000;

/**
 * The steps of ingest over these frames; the first is the yardstick. Those that end in our event begin with the bytes, so that
 * every step gets what it would get from the one before, fresh: objects that are kept for a benchmark grow old, and old
 * objects, or copies, are another thing to V8.
 */
export function stepsFor(frames: readonly Buffer[]): Step[] {
  const texts = frames.map((frame) => frame.toString());
  return [
    {
      name: 'bytes to text, JSON.parse',
      run: () => each(frames, (frame) => Number(JSON.parse(frame.toString()) !== null)),
    },
    { name: 'JSON.parse of the text', run: () => each(texts, (text) => Number(JSON.parse(text) !== null)) },
    { name: 'UTF-8 check', run: () => each(frames, (frame) => Number(isUtf8(frame))) },
    { name: 'decode', run: () => each(frames, (frame) => Number(spot.decode(frame).ok)) },
    { name: '… and clock, normalize, place', isMore: true, run: () => each(frames, (frame) => eventsOf(frame).length) },
    { name: '… and encode', isMore: true, run: () => each(frames, textLength) },
  ];
}

export const wholePipes = (frames: readonly Buffer[]): Step[] => [
  wholePipe('the whole pipe, nobody listens', frames, 0),
  wholePipe('the whole pipe, one listener', frames, 1),
];

/** From the socket's message to the memory bus: the check of UTF-8, decode, normalize, continuity, encode, publish. */
export function wholePipe(name: string, frames: readonly Buffer[], listeners: 0 | 1, repairs = false): Step {
  const streams = [
    ...new Set(frames.map(dataFrame).flatMap((frame) => (frame?.kind === 'market' ? frame.stream : []))),
  ];
  let whole: WholeUpstream | undefined;
  return {
    name,
    async prepare() {
      // A new one each turn: continuity lets nothing pass twice.
      whole = await startWhole(streams, listeners, repairs);
    },
    run() {
      for (const frame of frames) whole?.hear(frame);
      return whole?.published() ?? 0;
    },
    async clear() {
      await whole?.stop();
    },
  };
}

let seq = 0;

/**
 * Places the events, as continuity does: it is part of their text, and V8 makes objects for good the way they were used at first.
 * A number above 2^30 that comes into a field which held small ones until the code was optimized slows every later frame down.
 */
function eventsOf(bytes: Buffer): MarketEvent[] {
  const frame = dataFrame(bytes);
  if (!frame) return [];
  const events = normalizeFrame(frame, systemClock.wallAt(systemClock.now()));
  for (const event of events) {
    event.epoch = EPOCH;
    event.seq = ++seq;
  }
  return events;
}

/** Letters of all events of a frame, read and written: what a trade costs without anybody who keeps its order. */
export function textLength(bytes: Buffer): number {
  let length = 0;
  for (const event of eventsOf(bytes)) length += encode(event).length;
  return length;
}

function dataFrame(bytes: Buffer): MarketFrame | UnknownFrame | undefined {
  const decoded = spot.decode(bytes);
  if (!decoded.ok) return undefined;
  const { value } = decoded;
  return value.kind === 'market' || value.kind === 'unknown' ? value : undefined;
}

export function each<T extends Buffer | string>(items: readonly T[], measure: (item: T) => number): number {
  let sum = 0;
  for (const item of items) sum += measure(item);
  return sum;
}
