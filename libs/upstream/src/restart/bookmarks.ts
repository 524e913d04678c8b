import type { Marks } from '#libs/bus';
import {
  type Epoch,
  type Millis,
  type Seq,
  type StreamName,
  type Topic,
  encode,
  encodeHeartbeat,
  encodeMark,
} from '#libs/core';
import type { Series } from '../streams/series.js';
import type { Streams } from '../streams/streams.js';
import { BEAT_MARK, RECALL_MS } from './recollection.js';

interface BookmarksParts {
  marks: Marks;
  key: Topic;
  streams: Pick<Streams, 'epoch' | 'wanted'>;
}

/** When nothing is recalled any more, the marks of the upstream before are of no use. */
const TIDY_AFTER_MS = RECALL_MS;

/** What the mark of a stream says. */
interface Marked {
  series: Series;
  epoch: Epoch;
  seq: Seq;
}

/**
 * Keeps how far each stream got where the next upstream finds it, should no edge be there to ask. Marks lag behind by up to the
 * time between two calls; nobody takes one for what was delivered while an edge knows better.
 */
export class Bookmarks {
  private readonly marked = new Map<StreamName, Marked>();
  private isWriting = false;
  private tidyAt: Millis | undefined;

  constructor(private readonly parts: BookmarksParts) {}

  /** To be called once a second. Marks what has changed, unless the last time is not over yet. */
  tick(now: Millis, at: Millis): void {
    this.tidyAt ??= now + TIDY_AFTER_MS;
    if (now >= this.tidyAt) {
      this.tidyAt = Infinity;
      // The bus rejects only when it stops.
      this.forgetOthers().catch(() => undefined);
    }
    if (!this.isWriting) void this.write(at);
  }

  /** Marks what has changed and forgets what is not wanted any more. */
  async write(at: Millis): Promise<void> {
    const { marks, key, streams } = this.parts;
    const { epoch } = streams;
    const texts = new Map([[BEAT_MARK, encodeHeartbeat({ epoch, at, places: new Map() })]]);
    for (const series of streams.wanted.values()) this.mark(series, epoch, texts);
    const gone = [...this.marked].flatMap(([name]) => (streams.wanted.has(name) ? [] : [name]));
    for (const name of gone) this.marked.delete(name);
    this.isWriting = true;
    await Promise.all([marks.write(key, texts), marks.forget(key, gone)]);
    this.isWriting = false;
  }

  /** Somebody else publishes: what could not be written yet would replace his marks. */
  abandon(): void {
    this.parts.marks.abandon(this.parts.key);
    this.marked.clear();
  }

  /** Marks of the upstream before, of streams that nobody has wanted since. */
  private async forgetOthers(): Promise<void> {
    const { marks, key, streams } = this.parts;
    const names = [...(await marks.read(key)).keys()];
    const isOver = (name: StreamName): boolean => name !== BEAT_MARK && !streams.wanted.has(name);
    await marks.forget(key, names.filter(isOver));
  }

  private mark(series: Series, epoch: Epoch, texts: Map<string, string>): void {
    const { last, seq } = series.transcript;
    const { name } = series.name;
    const before = this.marked.get(name);
    if (!last || series.withheld || (before?.series === series && before.epoch === epoch && before.seq === seq)) return;
    this.marked.set(name, { series, epoch, seq });
    texts.set(name, encodeMark({ place: { epoch, seq }, event: encode(last) }));
  }
}
