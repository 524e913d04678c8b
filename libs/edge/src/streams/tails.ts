import { type Heartbeat, type Place, isAfter } from '#libs/core';
import type { EdgeStream } from './edge-stream.js';
import { isFollowed } from './table.js';

/**
 * Finds what no later message tells of: that the newest one of a stream was lost. A heartbeat says where the streams stand. It
 * may overtake messages of other channels, so a stream that is behind is only suspected; it is judged by the next heartbeat
 * that names it.
 */
export class Tails {
  /** Streams that were behind when they were named last, and behind what. */
  private readonly suspected = new WeakMap<EdgeStream, Place>();

  /** Which of these have still not reached what the heartbeat before had named. */
  judge({ epoch, places }: Heartbeat, streams: Iterable<EdgeStream>): EdgeStream[] {
    const lost: EdgeStream[] = [];
    for (const stream of streams) {
      const seq = places.get(stream.name);
      // Whoever waits for a welcome asks for one anyway.
      if (seq === undefined || !isFollowed(stream.phase)) continue;
      const { place } = stream;
      const awaited = this.suspected.get(stream);
      const isLost = awaited !== undefined && isAfter(awaited, place);
      if (isLost) lost.push(stream);
      if (!isLost && isAfter({ epoch, seq }, place)) this.suspected.set(stream, { epoch, seq });
      else this.suspected.delete(stream);
    }
    return lost;
  }
}
