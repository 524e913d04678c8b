import { type Ordering, type ParsedStream, type StreamType, keepsLatest, orderingOf } from '#libs/binance';
import {
  type FeedEvent,
  type MarketEvent,
  type Millis,
  type Seq,
  type StreamName,
  type Topic,
  streamTopic,
} from '#libs/core';
import { Rise } from './rise.js';
import { Sequence, type SequenceSink } from './sequence.js';

/** Everything known of one wanted stream: how far it is, how it is, what a newcomer should get. */
export class Series {
  readonly stream: StreamName;
  readonly topic: Topic;
  readonly type: StreamType;
  readonly ordering: Ordering;
  /** Whether a newcomer gets the newest event. */
  readonly keepsLatest: boolean;
  /** The place last given in this epoch. */
  seq: Seq;
  /** Its state, as last published. */
  feed: FeedEvent | undefined;
  feedText = '';
  /** Text of the newest event, where `keepsLatest`. */
  latest: string | undefined;
  /** Events heard on any line, repetitions included, and when the last one came. */
  heard = 0;
  heardAt: Millis | undefined;
  /** What `heard` was when silence was last judged, and the share of recent seconds that had an event. */
  heardBefore = 0;
  share = 0;
  /** Whether an event was published in this term. */
  wasLive = false;
  readonly sequence: Sequence<MarketEvent>;
  private readonly rise = new Rise();
  private readonly risePerSymbol = new Map<string, Rise>();

  constructor(
    readonly name: ParsedStream,
    seq: Seq,
    readonly wantedAt: Millis,
    /** The living lines that carry it; the pool keeps the set, it is shared by all streams of one slot. */
    public lines: ReadonlySet<number>,
    sinkOf: (series: Series) => SequenceSink<MarketEvent>,
  ) {
    this.stream = name.name;
    this.topic = streamTopic(name.name);
    this.type = name.type;
    this.ordering = orderingOf(name.type);
    this.keepsLatest = keepsLatest(name.type) && !name.isArray;
    this.seq = seq;
    this.sequence = new Sequence(sinkOf(this));
  }

  /** The order in which events of this symbol rise; array streams carry many symbols, bounded by what Binance lists. */
  riseOf(event: MarketEvent): Rise {
    if (!this.name.isArray || event.type === 'unknown') return this.rise;
    let rise = this.risePerSymbol.get(event.symbol);
    if (!rise) this.risePerSymbol.set(event.symbol, (rise = new Rise()));
    return rise;
  }
}
