import {
  type Clock,
  type FeedCause,
  type FeedEvent,
  type FeedState,
  type Millis,
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
    if (missing > 0) this.announceLoss(stream, missing);
    stream.moveTo(head);
    if (++counts.messages % MEASURED === 0) this.measure(text);
    if (head.type === 'feed') return this.takeFeed(stream, text);
    if (stream.keepsLatest) stream.latest = text;
    if (stream.wanters.native > 0 && (stream.isWelcomed || this.isOverdue(stream))) this.sendNative(stream, text);
    this.renditions.render(stream, text);
  }

  /** What the upstream says about a stream that this edge newly wants, or has lost touch with. */
  welcome(stream: EdgeStream, { place, feed, latest }: Welcome): void {
    const missing = place.epoch === stream.epoch && place.seq === stream.seq ? 0 : stream.missingBefore(place) + 1;
    const isOlder = place.epoch < stream.epoch || (place.epoch === stream.epoch && place.seq < stream.seq);
    if (isOlder) return;
    const knowsAll = stream.isWelcomed && !stream.edgeFeed && missing === 0 && stream.feed === feed;
    if (stream.isWelcomed && missing > 0) this.announceLoss(stream, missing);
    stream.moveTo(place);
    stream.isWelcomed = true;
    stream.edgeFeed = undefined;
    stream.feed = feed;
    if (stream.keepsLatest) stream.latest = latest.at(-1) ?? stream.latest;
    if (!knowsAll) for (const text of this.snapshot(stream)) this.sendNative(stream, text);
  }

  /** What a newcomer must be told before live messages: the feed state, standing at the present place, and the newest event. */
  snapshot(stream: EdgeStream): string[] {
    if (stream.edgeFeed) return [encode({ ...stream.edgeFeed, ...stream.place }), ...latestOf(stream)];
    if (!stream.isWelcomed || stream.feed === undefined) return [];
    const feed = decode(stream.feed);
    return feed.ok ? [encode({ ...feed.value, ...stream.place }), ...latestOf(stream)] : latestOf(stream);
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

  private announceLoss(stream: EdgeStream, missing: number): void {
    this.metrics.counts.lost += missing;
    stream.parts?.begin();
    if (!stream.isWelcomed) return;
    const message = `${missing} message${missing === 1 ? '' : 's'} lost between the upstream and this edge`;
    this.sendNative(stream, encode(edgeFeed(stream, 'gap', 'bus-lost', this.clock.now(), message)));
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

const latestOf = ({ latest }: EdgeStream): string[] => (latest === undefined ? [] : [latest]);

const edgeFeed = (
  { name, epoch, seq }: EdgeStream,
  state: FeedState,
  cause: FeedCause,
  since: Millis,
  message: string,
): FeedEvent => ({ type: 'feed', stream: name, epoch, seq, state, since, cause, by: 'edge', message });
