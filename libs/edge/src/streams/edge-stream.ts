import { parseStreamName, keepsLatest } from '#libs/binance';
import type { Epoch, FeedEvent, Millis, Place, Seq, StreamName } from '#libs/core';
import { RENDITIONS, type Rendition, clientTopic } from '../rendition.js';
import { ArrayParts } from './array-parts.js';

/** What this edge knows about one stream that somebody wants, or wanted a moment ago. */
export class EdgeStream {
  readonly topics: Readonly<Record<Rendition, string>>;
  /** How many clients have it, by the form they get it in. */
  readonly wanters: Record<Rendition, number> = { native: 0, raw: 0, combined: 0, 'raw-us': 0, 'combined-us': 0 };
  /** Place of the newest message; 0, 0 before the first. */
  epoch: Epoch = 0;
  seq: Seq = 0;
  /** Whether an upstream has told how the stream stands; native clients get nothing live before. */
  isWelcomed = false;
  /** Text of the newest feed event by the upstream. */
  feed: string | undefined;
  /** What this edge says instead, while it cannot hear the upstream. */
  edgeFeed: FeedEvent | undefined;
  /** Text of the newest event, of streams whose newest event says all. */
  latest: string | undefined;
  readonly keepsLatest: boolean;
  /** Parts of the array that is coming in, of array streams. */
  readonly parts: ArrayParts | undefined;
  /** `{"stream":"…","data":` */
  readonly combinedHead: string;

  constructor(
    readonly name: StreamName,
    readonly since: Millis,
  ) {
    const topics = RENDITIONS.map((rendition) => [rendition, clientTopic(rendition, name)]);
    this.topics = Object.fromEntries(topics) as Record<Rendition, string>;
    const parsed = parseStreamName(name);
    const isArray = parsed.ok && parsed.value.isArray;
    this.keepsLatest = parsed.ok && !isArray && keepsLatest(parsed.value.type);
    this.parts = isArray ? new ArrayParts() : undefined;
    this.combinedHead = `{"stream":${JSON.stringify(name)},"data":`;
  }

  get place(): Place {
    return { epoch: this.epoch, seq: this.seq };
  }

  get clients(): number {
    return RENDITIONS.reduce((sum, rendition) => sum + this.wanters[rendition], 0);
  }

  /** How many messages are missing before this place: 0 when it is the next one, -1 when it was here or is over. */
  missingBefore({ epoch, seq }: Place): number {
    if (epoch === this.epoch) return seq > this.seq ? seq - this.seq - 1 : -1;
    if (epoch < this.epoch) return -1;
    return this.epoch === 0 ? 0 : seq - 1;
  }

  moveTo({ epoch, seq }: Place): void {
    this.epoch = epoch;
    this.seq = seq;
  }
}
