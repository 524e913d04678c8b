import {
  type Clock,
  type FeedCause,
  type FeedEvent,
  type FeedState,
  type Millis,
  type Place,
  type Welcome,
  decode,
  encode,
  readHead,
} from '#libs/core';
import type { EdgeMetrics } from '../edge-metrics.js';
import type { EdgeStream } from './edge-stream.js';
import { type Publish, Renditions } from './renditions.js';

/** How long native clients of a fresh stream wait for its welcome before they get live messages without one. */
export const WELCOME_WITHIN_MS = 3_000;

/** One message in so many is measured for lag. */
const MEASURED = 64;

/**
 * Takes what the bus brings for a stream and hands it to everybody who wants the stream. It fences off older terms and
 * repetitions, notices what was lost, and remembers what a newcomer must be told.
 */
export class Fanout {
  private readonly renditions: Renditions;

  constructor(
    private readonly clock: Clock,
    private readonly publish: Publish,
    private readonly metrics: EdgeMetrics,
  ) {
    this.renditions = new Renditions(publish, metrics.counts);
  }

  /** The hot path: once per message, never once per client. */
  deliver(stream: EdgeStream, text: string): void {
    const { counts } = this.metrics;
    const head = readHead(text);
    if (!head) {
      counts.unreadable += 1;
      return;
    }
    const missing = stream.missingBefore(head);
    if (missing < 0) {
      counts.discarded += 1;
      return;
    }
    if (missing > 0 || (stream.epoch !== 0 && head.epoch > stream.epoch)) this.announceLoss(stream, missing, head);
    stream.moveTo(head);
    if (++counts.messages % MEASURED === 0) this.measure(text);
    if (head.type === 'feed') return this.takeFeed(stream, text);
    if (stream.keepsLatest) stream.latest = text;
    if (stream.wanters.native > 0 && (stream.isWelcomed || this.isOverdue(stream))) this.sendNative(stream, text);
    this.renditions.render(stream, text);
  }

  /** What the upstream says about a stream that this edge newly wants, or has lost touch with. */
  welcome(stream: EdgeStream, { place, feed, latest }: Welcome): void {
    const before = stream.place;
    if (isAfter(before, place)) return;
    const isNews = isAfter(place, before);
    const wasWelcomed = stream.isWelcomed;
    const knowsAll = wasWelcomed && !stream.edgeFeed && !isNews && stream.feed === feed;
    if (wasWelcomed && isNews) this.announceLoss(stream, stream.missingBefore(place) + 1, place);
    stream.moveTo(place);
    stream.isWelcomed = true;
    stream.edgeFeed = undefined;
    stream.feed = feed;
    if (stream.keepsLatest) stream.latest = latest.at(-1) ?? stream.latest;
    if (knowsAll) return;
    const texts = wasWelcomed ? this.restatement(stream, before) : this.snapshot(stream);
    for (const text of texts) this.sendNative(stream, text);
  }

  /** What a newcomer must be told before live messages: the feed state, standing at the present place, and the newest event. */
  snapshot(stream: EdgeStream): string[] {
    if (stream.edgeFeed) return [encode({ ...stream.edgeFeed, ...stream.place }), ...latestOf(stream)];
    if (!stream.isWelcomed || stream.feed === undefined) return [];
    const feed = decode(stream.feed);
    return feed.ok ? [encode({ ...feed.value, ...stream.place }), ...latestOf(stream)] : latestOf(stream);
  }

  /**
   * What those must be told who were there before: the state in this edge's own words, because the upstream's may have been
   * told them at its own place already, and the newest event only if they have not had it.
   */
  private restatement(stream: EdgeStream, before: Place): string[] {
    const feed = decode(stream.feed ?? '');
    const isFeed = feed.ok && feed.value.type === 'feed';
    const state = isFeed ? [encode({ ...feed.value, ...stream.place, by: 'edge' })] : [];
    return [...state, ...latestOf(stream).filter((text) => isAfter(readHead(text) ?? before, before))];
  }

  /** Says of a stream that this edge does not hear its upstream. */
  distrust(stream: EdgeStream, cause: FeedCause, message: string, since: Millis): void {
    stream.edgeFeed = edgeFeed(stream, 'stale', cause, since, message);
    this.sendNative(stream, encode(stream.edgeFeed));
  }

  private takeFeed(stream: EdgeStream, text: string): void {
    stream.feed = text;
    stream.edgeFeed = undefined;
    if (stream.isWelcomed) this.sendNative(stream, text);
  }

  /** Says that what comes at `next` does not follow what came before: messages were lost, or the upstream was replaced. */
  private announceLoss(stream: EdgeStream, missing: number, next: Place): void {
    this.metrics.counts.lost += missing;
    stream.parts?.begin();
    if (!stream.isWelcomed) return;
    const [cause, message] =
      next.epoch > stream.epoch && stream.epoch !== 0
        ? (['upstream-gone', 'another upstream took over; what the market did in between is lost'] as const)
        : ([
            'bus-lost',
            `${missing} message${missing === 1 ? '' : 's'} lost between the upstream and this edge`,
          ] as const);
    this.sendNative(stream, encode(edgeFeed(stream, 'gap', cause, this.clock.now(), message)));
  }

  private sendNative(stream: EdgeStream, text: string): void {
    if (stream.wanters.native === 0) return;
    this.metrics.counts.deliveries += stream.wanters.native;
    this.publish(stream.topics.native, text);
  }

  private isOverdue(stream: EdgeStream): boolean {
    if (this.clock.now() - stream.since < WELCOME_WITHIN_MS) return false;
    stream.isWelcomed = true;
    return true;
  }

  private measure(text: string): void {
    const at = text.lastIndexOf('"receivedAt":');
    const receivedAt = Number.parseFloat(text.slice(at + '"receivedAt":'.length, at + '"receivedAt":'.length + 20));
    if (at > 0 && receivedAt > 0) this.metrics.lagSeconds.observe((this.clock.now() - receivedAt) / 1_000);
  }
}

const isAfter = (a: Place, b: Place): boolean => a.epoch > b.epoch || (a.epoch === b.epoch && a.seq > b.seq);

const latestOf = ({ latest }: EdgeStream): string[] => (latest === undefined ? [] : [latest]);

const edgeFeed = (
  { name, epoch, seq }: EdgeStream,
  state: FeedState,
  cause: FeedCause,
  since: Millis,
  message: string,
): FeedEvent => ({ type: 'feed', stream: name, epoch, seq, state, since, cause, by: 'edge', message });
