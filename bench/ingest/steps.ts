import { Buffer, isUtf8 } from 'node:buffer';
import { type MarketFrame, type UnknownFrame, decodeFrame, normalizeFrame } from '#libs/binance';
import { type MarketEvent, encode } from '#libs/core';
import { type WholeUpstream, startWhole } from './whole-upstream.js';

/** One thing to time: `run` does it once for every frame and returns something that depends on all of it. */
export interface Step {
  name: string;
  /** Before each turn, untimed. */
  prepare?(): Promise<void>;
  run(): number;
  /** After each turn, untimed. */
  clear?(): Promise<void>;
}

const NOW = 1_700_000_000_000;

/** The steps of ingest over these frames, each fed with what the step before it made. */
export function stepsFor(frames: readonly Buffer[]): Step[] {
  const texts = frames.map((frame) => frame.toString('utf8'));
  // Clones, so that what decode and normalize make never lives long here either: V8 watches where objects that live long were
  // made and then makes all of them in the old space, which no real ingest would suffer from.
  const decoded = frames.map((frame) => structuredClone(dataFrame(frame)));
  const events = decoded.flatMap((frame) => normalizeFrame(frame, NOW).map((event) => structuredClone(event)));
  return [
    { name: 'JSON.parse', run: () => each(texts, (text) => (JSON.parse(text) === null ? 0 : 1)) },
    { name: 'bytes to text', run: () => each(frames, (frame) => frame.toString('utf8').length) },
    { name: 'UTF-8 check', run: () => each(frames, (frame) => Number(isUtf8(frame))) },
    { name: 'decode', run: () => each(frames, (frame) => Number(decodeFrame(frame).ok)) },
    { name: 'normalize', run: () => each(decoded, (frame) => normalizeFrame(frame, NOW).length) },
    { name: 'encode', run: () => each(events, (event) => encode(event).length) },
    { name: 'decode+normalize+encode', run: () => each(frames, through) },
    wholePipe(frames, decoded),
  ];
}

/** From the socket's message to the memory bus: the check of UTF-8, decode, normalize, continuity, encode, publish. */
function wholePipe(frames: readonly Buffer[], decoded: readonly (MarketFrame | UnknownFrame)[]): Step {
  const streams = [...new Set(decoded.filter(({ kind }) => kind === 'market').map(({ stream }) => stream))];
  let whole: WholeUpstream | undefined;
  return {
    name: 'whole pipe, to the bus',
    async prepare() {
      // A new one each turn: continuity lets nothing pass twice.
      whole = await startWhole(streams);
    },
    run() {
      for (const frame of frames) whole?.hear(frame);
      return whole?.heard() ?? 0;
    },
    async clear() {
      await whole?.stop();
    },
  };
}

function through(frame: Buffer): number {
  const decoded = decodeFrame(frame);
  if (!decoded.ok || (decoded.value.kind !== 'market' && decoded.value.kind !== 'unknown')) return 0;
  let length = 0;
  for (const event of normalizeFrame(decoded.value, NOW)) length += encode(event).length;
  return length;
}

function dataFrame(frame: Buffer): MarketFrame | UnknownFrame {
  const decoded = decodeFrame(frame);
  if (decoded.ok && (decoded.value.kind === 'market' || decoded.value.kind === 'unknown')) return decoded.value;
  throw new Error(`A sample that does not decode: ${frame.toString()}`);
}

function each<T extends Buffer | string | MarketFrame | UnknownFrame | MarketEvent>(
  items: readonly T[],
  measure: (item: T) => number,
): number {
  let sum = 0;
  for (const item of items) sum += measure(item);
  return sum;
}
