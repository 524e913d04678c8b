import type { Cancel, Clock, Millis } from '#libs/core';
import type { EdgeStream } from './edge-stream.js';
import { isDoubted } from './table.js';

/**
 * Whether Binance has been asked for a stream and has not answered, as far as this edge knows. Not so where something has come,
 * where the upstream says anything else of it (that its line is down, that it is refused), or where it cannot be heard.
 */
export function isAwaited({ phase, feed, last }: EdgeStream): boolean {
  if (isDoubted(phase) || last !== undefined) return false;
  return feed === undefined || feed.cause === 'subscribing';
}

/** Calls once none of these streams is awaited any more, at the latest after so long; at once where none is. */
export const whenAcknowledged = (
  streams: Iterable<EdgeStream>,
  clock: Clock,
  withinMs: Millis,
  ready: () => void,
): Cancel => whenNone(isAwaited, streams, clock, withinMs, ready);

/** Calls once this is true of none of these streams any more, at the latest after so long; at once where it is of none. Not after it was cancelled. */
export function whenNone(
  isOpen: (stream: EdgeStream) => boolean,
  streams: Iterable<EdgeStream>,
  clock: Clock,
  withinMs: Millis,
  ready: () => void,
): Cancel {
  const open = new Set([...streams].filter(isOpen));
  let cancelTimer: Cancel = () => undefined;
  const changed = (stream: EdgeStream): void => {
    if (isOpen(stream)) return;
    stream.watchers.delete(changed);
    open.delete(stream);
    if (open.size === 0) over();
  };
  const end = (): void => {
    cancelTimer();
    for (const stream of open) stream.watchers.delete(changed);
  };
  const over = (): void => {
    end();
    ready();
  };
  if (open.size === 0) {
    ready();
    return end;
  }
  for (const stream of open) stream.watchers.add(changed);
  cancelTimer = clock.after(withinMs, over);
  return end;
}
