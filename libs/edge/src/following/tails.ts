import { type Heartbeat, type Place, type StreamName, isAfter } from '#libs/core';

/** A stream and where it stands. */
interface StandingStream {
  readonly name: StreamName;
  readonly place: Place;
  /** Whether clients get what comes. Whoever waits for a welcome asks for one anyway. */
  readonly isFollowed: boolean;
}

/**
 * Finds what no later message tells of: that the newest one of a stream was lost. A heartbeat says where the streams stand. It
 * may overtake messages of other channels, so a stream that is behind is only suspected; it is judged by the next heartbeat
 * that names it.
 */
export class Tails {
  /** Streams that were behind when they were named last, and behind what. */
  private readonly suspected = new WeakMap<StandingStream, Place>();

  /** Which of these have still not reached what the heartbeat before had named. */
  judge<Stream extends StandingStream>({ epoch, places }: Heartbeat, streams: Iterable<Stream>): Stream[] {
    const lost: Stream[] = [];
    for (const stream of streams) {
      const seq = places.get(stream.name);
      if (seq === undefined || !stream.isFollowed) continue;
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
