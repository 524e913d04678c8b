import type { Place, StreamEvent, StreamName } from '#libs/core';

/** Streams per command: well below the largest message an edge accepts. */
const STREAMS_PER_COMMAND = 200;

/** What a client keeps of one stream it wants. */
interface StreamInterest {
  stream: StreamName;
  /** The newest place seen. */
  last?: Place;
  /** Where the previous connection to the gateway ended; what comes again from before it is not news. */
  resumeFrom?: Place;
  /** Whether the present connection was asked for it. */
  isAsked: boolean;
}

/** The streams a client wants and what it has asked for on the present connection. Holds no socket and no clock. */
export class WantedStreams {
  private readonly wanted = new Map<StreamName, StreamInterest>();
  private readonly pending = new Map<number, StreamName[]>();
  private lastId = 0;

  /** Whether the event is wanted, and news; then its place is the newest one seen. */
  accept(event: StreamEvent): boolean {
    const wanted = this.wanted.get(event.stream);
    if (!wanted) return false;
    // What an edge says has no place of its own, so it is never old; but what came up to there is not missed any more.
    const isOwnWord = event.type === 'feed' && event.by === 'edge';
    if (!isOwnWord && isOldNews(wanted, event)) return false;
    if (!isOwnWord || isLater(event, wanted.last)) wanted.last = { epoch: event.epoch, seq: event.seq };
    return true;
  }

  /** Whether events went by since the previous connection to the gateway, if the stream is at this place now. */
  hasMissed(stream: StreamName, place: Place | null): boolean {
    const resumeFrom = this.wanted.get(stream)?.resumeFrom;
    return resumeFrom !== undefined && (resumeFrom.epoch !== place?.epoch || resumeFrom.seq !== place.seq);
  }

  want(stream: StreamName): void {
    if (!this.wanted.has(stream)) this.wanted.set(stream, { stream, isAsked: false });
  }

  /** Returns whether the present connection has to be told. */
  drop(stream: StreamName): boolean {
    const isAsked = this.wanted.get(stream)?.isAsked ?? false;
    this.wanted.delete(stream);
    return isAsked;
  }

  /** A new connection knows nothing of the previous one. */
  disconnected(): void {
    this.pending.clear();
    for (const wanted of this.wanted.values()) {
      wanted.isAsked = false;
      if (wanted.last) wanted.resumeFrom = wanted.last;
    }
  }

  /** What has to be asked for now, as texts of `subscribe` commands; it counts as asked afterwards. */
  ask(): string[] {
    const open = [...this.wanted.values()].filter(({ isAsked }) => !isAsked);
    const texts: string[] = [];
    for (let from = 0; from < open.length; from += STREAMS_PER_COMMAND) {
      texts.push(this.subscribe(open.slice(from, from + STREAMS_PER_COMMAND)));
    }
    return texts;
  }

  /** The streams a reply is about; empty when we never asked, or on an earlier connection. */
  answered(id: unknown): StreamName[] {
    if (typeof id !== 'number') return [];
    const streams = this.pending.get(id) ?? [];
    this.pending.delete(id);
    return streams.filter((stream) => this.wanted.has(stream));
  }

  /** Asks for two halves instead of the refused whole, so that one bad name does not cost the others. */
  halve(streams: readonly StreamName[]): string[] {
    const half = Math.ceil(streams.length / 2);
    return [streams.slice(0, half), streams.slice(half)].map((names) =>
      this.subscribe(names.flatMap((name) => this.wanted.get(name) ?? [])),
    );
  }

  /** Marks streams as not asked for, to be asked for again later. */
  forget(streams: readonly StreamName[]): void {
    for (const stream of streams) {
      const wanted = this.wanted.get(stream);
      if (wanted) wanted.isAsked = false;
    }
  }

  private subscribe(batch: readonly StreamInterest[]): string {
    this.lastId += 1;
    const streams = batch.map(({ stream }) => stream);
    this.pending.set(this.lastId, streams);
    const since: Record<StreamName, Place> = {};
    for (const wanted of batch) {
      wanted.isAsked = true;
      if (wanted.resumeFrom) since[wanted.stream] = wanted.resumeFrom;
    }
    const data = Object.keys(since).length === 0 ? { streams } : { streams, since };
    return JSON.stringify({ event: 'subscribe', id: this.lastId, data });
  }
}

/** Whether this came on the previous connection already: the welcome of a newcomer repeats the newest event. */
function isOldNews({ resumeFrom }: StreamInterest, { epoch, seq }: Place): boolean {
  return resumeFrom !== undefined && epoch === resumeFrom.epoch && seq <= resumeFrom.seq;
}

const isLater = (a: Place, b: Place = { epoch: 0, seq: 0 }): boolean =>
  a.epoch > b.epoch || (a.epoch === b.epoch && a.seq > b.seq);

/** The text of an `unsubscribe` command; its reply is of no interest. */
export const unsubscribe = (streams: readonly StreamName[]): string =>
  JSON.stringify({ event: 'unsubscribe', data: { streams } });

/** The text of a `ping` command, answered with `pong`. */
export const PING = JSON.stringify({ event: 'ping' });
