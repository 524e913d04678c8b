import type { Random } from '#libs/core';

/** A frame of a recording, as far as it is known by which stream it came and whether REST could say it again. */
export interface CutableFrame {
  stream: string;
  canBeFetched: boolean;
}

/** Where something may be cut, as a share of a recording: clients are there and have had something, and drops have time to be mended. */
const BEGINS = 0.15;
const ENDS = 0.85;

/** Where so many frames cannot be had, fewer are cut. */
const MOST_TRIES = 2_000;

const ENVELOPE = /^\{"stream":"([^"]*)","data":(.*)\}$/s;

/** What each line is. A candle that is not closed is a state: the closed one is what must come. */
export function cutableFrames(lines: readonly string[]): CutableFrame[] {
  return lines.map((line) => {
    const [, stream = '', payload = ''] = ENVELOPE.exec(line) ?? [];
    const kind = stream.slice(stream.indexOf('@') + 1);
    const isClosed = kind.startsWith('kline') && payload.includes('"x":true');
    return { stream, canBeFetched: isClosed || /^(trade|aggTrade|blockTrade|depth(@\d+ms)?)$/.test(kind) };
  });
}

/** What REST could say again, of each stream in its order, without the times of the messages. Diffs apart: a book stands for them. */
export function fetchablePayloads(lines: readonly string[]): Map<string, string[]> {
  const payloads = new Map<string, string[]>();
  for (const [at, { stream, canBeFetched }] of cutableFrames(lines).entries()) {
    if (!canBeFetched || stream.includes('@depth')) continue;
    const [, , payload = ''] = ENVELOPE.exec(lines[at] ?? '') ?? [];
    payloads.set(stream, [...(payloads.get(stream) ?? []), payload.replace(/"E":\d+,/, '')]);
  }
  return payloads;
}

/** Block trades that are missing can be known only after an interruption: where each run of them ends, the line must drop. */
export function dropsBehind(frames: readonly CutableFrame[], cut: ReadonlySet<number>): number[] {
  const blocks = [...frames.keys()].filter((at) => frames[at]?.stream.endsWith('@blockTrade'));
  return blocks.filter((at, index) => cut.has(at) && !cut.has(blocks[index + 1] ?? -1));
}

/**
 * So many frames out of a recording, in runs of one stream's frames and of all lengths. Each stream keeps its first ones and its
 * last one: what is missing can be known only by what came before it and by what comes behind.
 */
export function someCuts(random: Random, frames: readonly CutableFrame[], count: number): Set<number> {
  const byStream = new Map<string, number[]>();
  for (const [at, { stream, canBeFetched }] of frames.entries())
    if (canBeFetched) byStream.set(stream, [...(byStream.get(stream) ?? []), at]);
  const isInside = (at: number): boolean => at > BEGINS * frames.length && at < ENDS * frames.length;
  const streams = [...byStream.values()].map((all) => all.slice(3, -1).filter(isInside));
  const cut = new Set<number>();
  for (let tries = 0; tries < MOST_TRIES && cut.size < count; tries += 1) {
    const those = streams[Math.floor(random() * streams.length)] ?? [];
    const from = Math.floor(random() * those.length);
    const to = from + 1 + Math.floor(random() ** 3 * (count - cut.size));
    for (const at of those.slice(from, to)) cut.add(at);
  }
  return cut;
}
