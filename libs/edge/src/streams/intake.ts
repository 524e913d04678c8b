import {
  type Clock,
  type Epoch,
  FEED_STATES,
  type FeedEvent,
  type Place,
  type Welcome,
  decode,
  encode,
  isAfter,
  isSamePlace,
  millisOf,
  readPlace,
  stamp,
} from '#libs/core';
import type { Publish } from '../delivery/rendition.js';
import type { EdgeMetrics } from '../metrics/edge-metrics.js';
import type { Deafness, EdgeStream } from './edge-stream.js';
import { type StreamHappening, type StreamTelling, isFollowed, step } from './table.js';
import { bookOf, doubt, lossOf, replacementOf, restatement, snapshot } from './telling.js';

/** How long native clients of a fresh stream wait for its welcome before they get live messages without one. */
export const WELCOME_WITHIN_MS = 3_000;

/** One message in so many is measured for lag. */
const MEASURED = 64;

interface IntakeParts {
  clock: Clock;
  publish: Publish;
  metrics: EdgeMetrics;
  /** Takes note that an upstream of this term has spoken; false where that term is over. */
  sees(epoch: Epoch): boolean;
  /** Asks the upstream how a stream stands. */
  ask(stream: EdgeStream): void;
}

/**
 * Takes what the bus brings for the streams of a market: drops what does not belong there, fences off older terms and
 * repetitions, notices what was lost, remembers what a newcomer must be told, and passes everything on.
 */
export class Intake {
  constructor(private readonly parts: IntakeParts) {}

  /**
   * Takes the messages of one stream. The hot path: once per message, never once per client. What is simply the next event of a
   * followed stream goes straight through, as the table has it (`event`); everything else takes the longer way.
   */
  deliverTo(stream: EdgeStream): (text: string) => void {
    const { publish, metrics } = this.parts;
    const { counts } = metrics;
    const { audience } = stream;
    return (text) => {
      const place = readPlace(text, stream.front);
      const isNext = place !== undefined && place.seq === stream.seq + 1 && place.epoch === stream.epoch;
      if (!isNext || (stream.phase !== 'followed' && stream.phase !== 'doubted')) return this.take(stream, text);
      stream.seq = place.seq;
      counts.messages += 1;
      if (counts.messages % MEASURED === 0) this.measure(text);
      if (stream.keepsNewest) stream.newest = text;
      if (stream.book) stream.book.take(text);
      else if (audience.rebuilt > 0) stream.frames.write(text);
      if (audience.counts.native === 0) return;
      counts.deliveries += audience.counts.native;
      publish(audience.topics.native, text);
    };
  }

  /**
   * What an upstream says about a stream that this edge newly wants, or may have missed something of. False when it is worth
   * nothing: older than what has been seen, or by an upstream whose data is not taken any more.
   */
  welcome(stream: EdgeStream, { place, feed: feedText, latest }: Welcome): boolean {
    const before = stream.place;
    const feed = readFeed(feedText, stream);
    if (!feed) this.parts.metrics.counts.unreadable += 1;
    if (!feed || isAfter(before, place) || !this.parts.sees(place.epoch)) return false;
    const isNews = isAfter(place, before);
    if (isNews && before.epoch !== 0) this.lose(stream, stream.missingBefore(place) + 1, place);
    const isKnown = !isNews && stream.feed !== undefined && encode(stream.feed) === encode(feed);
    stream.moveTo(place);
    stream.feed = feed;
    if (isNews && areIdsOver(feed)) stream.book?.forget();
    this.takeLatest(stream, latest);
    const telling = this.move(stream, isKnown ? 'confirmed' : 'welcome');
    if (telling === 'introduction') this.tell(stream, ...snapshot(stream));
    if (telling === 'restatement') this.tell(stream, ...restatement(stream, before));
    this.tellBook(stream);
    return true;
  }

  /** Says of a stream that this edge does not hear its upstream. */
  distrust(stream: EdgeStream, deafness: Deafness): void {
    stream.deafness = deafness;
    if (this.move(stream, 'silence')) this.tell(stream, ...doubt(stream));
  }

  /** The longer way of a message: out of line, or of a stream that is not followed, or no event of the market's. */
  private take(stream: EdgeStream, text: string): void {
    const { counts } = this.parts.metrics;
    const feed = readPlace(text, stream.feedFront) && readFeed(text, stream);
    const place = feed ?? stream.placeOf(text);
    if (!place) {
      counts.unreadable += 1;
      return;
    }
    const missing = stream.missingBefore(place);
    const isLoss = missing > 0 || (stream.epoch !== 0 && place.epoch > stream.epoch);
    if (missing < 0 || (place.epoch !== stream.epoch && !this.parts.sees(place.epoch))) {
      counts.discarded += 1;
      return;
    }
    if (isLoss) this.lose(stream, missing, place);
    stream.moveTo(place);
    if (feed) {
      stream.feed = feed;
      counts.messages += 1;
      if (areIdsOver(feed)) stream.book?.forget();
    } else {
      this.keep(stream, text);
      if (this.isOverdue(stream)) this.move(stream, 'overdue');
    }
    if (this.move(stream, feed ? 'feed' : 'event')) {
      this.tell(stream, text);
      if (stream.book && stream.placeOfBook(text)) stream.book.isOwed = false;
    }
    if (isLoss && stream.book) this.parts.ask(stream);
  }

  /** Counts an event, remembers it for newcomers and writes it for Binance's wire. */
  private keep(stream: EdgeStream, text: string): void {
    const { counts } = this.parts.metrics;
    counts.messages += 1;
    if (counts.messages % MEASURED === 0) this.measure(text);
    if (stream.keepsNewest) stream.newest = text;
    if (stream.book) stream.book.take(text);
    else if (stream.audience.rebuilt > 0) stream.frames.write(text);
  }

  /** What comes at `next` does not follow what came before: messages were lost, or the upstream was replaced. */
  private lose(stream: EdgeStream, missing: number, next: Place): void {
    this.parts.metrics.counts.lost += missing;
    stream.frames.broken();
    stream.book?.lost();
    const since = stamp(this.parts.clock);
    const isReplaced = stream.epoch !== 0 && next.epoch > stream.epoch;
    const telling = this.move(stream, isReplaced ? 'replaced' : 'lost');
    if (telling) this.tell(stream, isReplaced ? replacementOf(stream, since) : lossOf(stream, missing, since));
  }

  private move(stream: EdgeStream, happening: StreamHappening): StreamTelling | undefined {
    const [phase, telling] = step(stream.phase, happening);
    stream.phase = phase;
    return telling;
  }

  private tell(stream: EdgeStream, ...texts: string[]): void {
    const { counts, topics } = stream.audience;
    if (counts.native === 0) return;
    for (const text of texts) {
      this.parts.metrics.counts.deliveries += counts.native;
      this.parts.publish(topics.native, text);
    }
  }

  /** Takes from a welcome what newcomers are given: the newest event, or the book as it is at the present place. */
  private takeLatest(stream: EdgeStream, latest: readonly string[]): void {
    const fitting = latest.filter((text) => stream.placeOf(text));
    this.parts.metrics.counts.unreadable += latest.length - fitting.length;
    if (stream.keepsNewest) stream.newest = fitting.at(-1) ?? stream.newest;
    const book =
      stream.book && fitting.findLast((text) => isSamePlace(stream.placeOfBook(text) ?? NOWHERE, stream.place));
    if (book !== undefined) stream.book?.take(book);
  }

  /** Tells native clients the book that they lack. */
  private tellBook(stream: EdgeStream): void {
    const { book, phase } = stream;
    const texts = book?.isOwed && isFollowed(phase) ? bookOf(stream) : [];
    if (book && texts.length > 0) book.isOwed = false;
    this.tell(stream, ...texts);
  }

  private isOverdue({ phase, since }: EdgeStream): boolean {
    return !isFollowed(phase) && this.parts.clock.now() - since >= WELCOME_WITHIN_MS;
  }

  private measure(text: string): void {
    const at = text.lastIndexOf('"receivedAt":');
    const receivedAt = Number.parseFloat(text.slice(at + '"receivedAt":'.length, at + '"receivedAt":'.length + 20));
    const { clock, metrics } = this.parts;
    if (at > 0 && receivedAt > 0) {
      metrics.lagSeconds.observe((clock.wallAt(clock.now()) - millisOf(receivedAt)) / 1_000);
    }
  }
}

const NOWHERE: Place = { epoch: 0, seq: 0 };

/** Whether the market's ids begin again behind it: a gap that no ids name. */
const areIdsOver = ({ state, by, missing }: FeedEvent): boolean => state === 'gap' && by === 'upstream' && !missing;

const STATES: ReadonlySet<unknown> = new Set(FEED_STATES);

/** What an upstream says about a stream; undefined where the text says nothing about this one. */
function readFeed(text: string, { name }: EdgeStream): FeedEvent | undefined {
  const decoded = decode(text);
  if (!decoded.ok || decoded.value.type !== 'feed' || decoded.value.stream !== name) return undefined;
  const feed = decoded.value;
  return STATES.has(feed.state) && typeof feed.since === 'number' && typeof feed.cause === 'string' ? feed : undefined;
}
