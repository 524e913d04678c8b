import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Millis } from '#libs/core';
import type { RecordedSnapshot } from './recorded-book.js';

/** One recorded frame. */
export interface RecordedFrame {
  /** The line, byte for byte. */
  line: string;
  stream: string;
  /** What stands behind `"data":`, byte for byte. */
  payload: string;
  /** Milliseconds after the first frame. */
  afterMs: Millis;
}

/** Pace of a recording without times. */
const USUAL_STEP_MS = 10;

const ENVELOPE = /^\{"stream":"((?:[^"\\]|\\.)*)","data":(.*)\}$/s;

/**
 * Reads a JSONL file of combined frames, with the times from the sidecar `<name>.recv-ns.txt` (nanoseconds) or
 * `<name>.recv-s.txt` (seconds) where there is one. Throws with the line number when a line is no combined frame: a
 * recording that cannot be told apart by stream cannot be replayed.
 */
export function readRecording(file: string): RecordedFrame[] {
  const lines = readLines(file);
  const times = readTimes(file.replace(/\.jsonl$/, ''));
  return lines.map((line, index) => {
    const match = ENVELOPE.exec(line);
    if (!match) throw new Error(`${file}:${index + 1} is not a combined frame {"stream":…,"data":…}`);
    const stream: unknown = JSON.parse(`"${match[1]}"`);
    return { line, stream: String(stream), payload: match[2] ?? '', afterMs: times?.[index] ?? index * USUAL_STEP_MS };
  });
}

function readTimes(stem: string): Millis[] | undefined {
  const nanos = `${stem}.recv-ns.txt`;
  const seconds = `${stem}.recv-s.txt`;
  if (existsSync(nanos)) {
    const stamps = readLines(nanos).map(BigInt);
    return stamps.map((stamp) => Number(stamp - (stamps[0] ?? 0n)) / 1e6);
  }
  if (!existsSync(seconds)) return undefined;
  const stamps = readLines(seconds).map(Number);
  return stamps.map((stamp) => (stamp - (stamps[0] ?? 0)) * 1_000);
}

/**
 * Books that were asked for over REST while a recording was made, by symbol: of `spot-x.jsonl` in `rest-depth-x.jsonl` beside it,
 * lines of `{"request":"GET …symbol=BTCUSDT…","body":…}`. None where there is no such file.
 */
export function readSnapshots(file: string): Map<string, RecordedSnapshot> {
  const beside = join(dirname(file), `rest-depth-${basename(file).replace(/^spot-/, '')}`);
  const snapshots = new Map<string, RecordedSnapshot>();
  if (!existsSync(beside)) return snapshots;
  for (const line of readLines(beside)) {
    const { request, body } = JSON.parse(line) as { request: string; body: RecordedSnapshot };
    const symbol = /[?&]symbol=([^&]+)/.exec(request)?.[1];
    if (symbol !== undefined) snapshots.set(decodeURIComponent(symbol), body);
  }
  return snapshots;
}

const readLines = (file: string): string[] => readFileSync(file, 'utf8').split('\n').filter(Boolean);
