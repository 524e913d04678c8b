import type { Millis, StreamName } from '#libs/core';

/** What both lines have done on the streams that they share, since the replacement opened. */
export interface Overlap {
  streams: Iterable<StreamName>;
  /** When each line last delivered a stream. */
  old: ReadonlyMap<StreamName, Millis>;
  replacement: ReadonlyMap<StreamName, Millis>;
  /** When Binance's list of the replacement held every stream; undefined before. */
  confirmedAt: Millis | undefined;
}

export type Verdict = 'ready' | 'wait';

/**
 * Whether the replacement may take over. It must have delivered on every active stream. A stream on which it has not
 * delivered is excused as quiet if the old line has delivered nothing on it either, since `lagMs` after the replacement
 * was confirmed (what the old line delivers earlier may have been sent before the replacement was subscribed), and
 * `settleMs` have passed, so that a stream with a fixed pace had its chance. See `rotation.why.md`.
 */
export function judge(
  overlap: Overlap,
  now: Millis,
  { lagMs, settleMs }: { lagMs: Millis; settleMs: Millis },
): Verdict {
  const { streams, old, replacement, confirmedAt } = overlap;
  if (confirmedAt === undefined) return 'wait';
  const isSettled = now >= confirmedAt + settleMs;
  for (const stream of streams) {
    if (replacement.has(stream)) continue;
    const isQuiet = (old.get(stream) ?? -Infinity) < confirmedAt + lagMs;
    if (!isSettled || !isQuiet) return 'wait';
  }
  return 'ready';
}
