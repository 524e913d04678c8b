import {
  type Clock,
  type Epoch,
  type FeedEvent,
  type MissedQuestion,
  type Place,
  type Welcome,
  encode,
  isAfter,
  isSamePlace,
  readPlace,
  stamp,
} from '#libs/core';
import { Sluice } from '../delivery/sluice.js';
import type { Publish } from '../delivery/rendition.js';
import type { EdgeMetrics } from '../metrics/edge-metrics.js';
import type { Deafness, EdgeStream } from './edge-stream.js';
import { CatchingUp } from '../following/catching-up.js';
import {
  firstAlone,
  isJoinOf,
  join,
  missedBefore,
  missedInWelcome,
  missingBeforeTerm,
  openingOf,
} from '../following/joining.js';
import { readFeed } from '../following/read-feed.js';
import { type StreamHappening, type StreamTelling, isDoubted, isFollowed, step } from './table.js';
import { bookOf, doubt, lossOf, replacementOf, restatement, snapshot } from './telling.js';

/** How long native clients of a fresh stream wait for its welcome before they get live messages without one. */
export const WELCOME_WITHIN_MS = 3_000;

/** One message in so many is measured for lag. */
const MEASURED = 64;

interface IntakeParts {
  clock: Clock;
  publish: Publish;
  metrics: EdgeMetrics;
  /** Holds back what is more than clients can take in one turn of the loop; absent: nothing is. */
  sluice?: Sluice;
  /** Takes note that an upstream of this term has spoken; false where that term is over. */
  sees(epoch: Epoch): boolean;
  /** Asks the upstream how a stream stands. */
  ask(stream: EdgeStream): void;
  /** Asks the upstream and other edges for messages that this one has missed. Told once: all of them, or nothing. */
  fetch(question: MissedQuestion, stream: EdgeStream, told: (texts: readonly string[]) => void): void;
}

/**
 * Takes what the bus brings for the streams of a market: drops what does not belong there, fences off older terms and
 * repetitions, notices what was lost, remembers what a newcomer must be told, and passes everything on.
 */
export class Intake {
  private readonly catchingUp: CatchingUp<EdgeStream>;
  private readonly sluice: Sluice;

  constructor(private readonly parts: IntakeParts) {
    const { counts } = parts.metrics;
    this.sluice = parts.sluice ?? new Sluice(counts);
    this.catchingUp = new CatchingUp({
      counts,
      sluice: this.sluice,
      fetch: (question, stream, told) => parts.fetch(question, stream, told),
      take: (stream, text) => this.take(stream, text),
    });
  }

  /**
   * Takes the messages of one stream. The hot path: once per message, never once per client. What is simply the next event of a
   * followed stream goes straight through, as the table has it (`event`); everything else takes the longer way.
   */
  deliverTo(stream: EdgeStream): (text: string) => void {
    const { sluice } = this;
    const { clock, metrics, publish } = this.parts;
    const { counts } = metrics;
    const { audience, history, conflator } = stream;
    const deliver = (text: string): void => {
      if (sluice.isShut) return sluice.hold(deliver, text);
      const place = readPlace(text, stream.front);
      const isNext = place !== undefined && place.seq === stream.seq + 1 && place.epoch === stream.epoch;
      if (!isNext || stream.repeats || (stream.phase !== 'followed' && stream.phase !== 'doubted')) {
        return this.take(stream, text);
      }
      stream.seq = place.seq;
      counts.messages += 1;
      if (counts.messages % MEASURED === 0) metrics.measureLag(text, clock);
      stream.last = text;
      if (stream.keepsNewest) stream.newest = text;
      if (history) {
        // In line, as `StreamHistory.take` has it.
        const { shelf } = history;
        history.texts.push(text);
        history.bytes += text.length;
        shelf.bytes += text.length;
        if (history.bytes > shelf.streamBytes || shelf.bytes > shelf.totalBytes) history.shrink();
      }
      if (stream.book) stream.book.take(text);
      else if (audience.rebuilt > 0) stream.frames.write(text);
      if (conflator.seats.size > 0) conflator.take(text);
      if (audience.counts.native === 0) return;
      counts.deliveries += audience.counts.native;
      counts.sentBytes += audience.counts.native * text.length;
      publish(audience.topics.native, text);
    };
    return deliver;
  }

  /**
   * What an upstream says about a stream that this edge newly wants, or may have missed something of. False when it is worth
   * nothing: older than what has been seen, or by an upstream whose data is not taken any more, or too early, while what was
   * before it is asked for.
   */
  welcome(stream: EdgeStream, welcome: Welcome, mayAsk = true): boolean {
    // Messages that wait are before what it says. Where what was before it has been asked for, they are in what was fetched.
    if (mayAsk && this.sluice.isHolding) return false;
    const { place, latest } = welcome;
    const before = stream.place;
    const said = readFeed(welcome.feed, stream);
    if (!said) this.parts.metrics.counts.unreadable += 1;
    const feed = said && openingOf(welcome, said);
    if (!feed || isAfter(before, place) || !this.parts.sees(place.epoch)) return false;
    const isNews = isAfter(place, before);
    // What the first messages of the term would say, this says as well.
    if (isJoinOf(before, place, feed)) this.catchingUp.dismiss(stream);
    else if (mayAsk && this.catchingUp.isWaiting(stream)) return false;
    const missed = mayAsk ? missedInWelcome(stream, place, feed) : undefined;
    if (this.catchingUp.begin(stream, missed, () => void this.welcome(stream, welcome, false))) return false;
    const joined = isSamePlace(feed, place) ? join(stream, feed) : undefined;
    if (isNews && !joined && before.epoch !== 0)
      this.lose(stream, stream.missingBefore(place) + 1, place, feed.follows);
    const state = stateOf(feed);
    const isKnown = !isNews && stream.feed !== undefined && encode(stream.feed) === encode(state);
    stream.moveTo(place);
    stream.feed = state;
    if (joined) stream.history?.take(wordOf(joined, feed));
    if (isNews && isUnbounded(feed)) stream.book?.doubted();
    this.takeLatest(stream, latest);
    const telling = this.move(stream, isKnown ? 'confirmed' : 'welcome');
    if (telling === 'introduction') this.tell(stream, ...snapshot(stream));
    if (telling === 'restatement') this.tell(stream, ...restatement(stream, before, joined?.follows));
    this.tellBook(stream);
    stream.changed();
    this.catchingUp.goOn(stream);
    return true;
  }

  /** Says of a stream that this edge does not hear its upstream. */
  distrust(stream: EdgeStream, deafness: Deafness): void {
    stream.deafness = deafness;
    this.move(stream, 'silence');
    // Of thousands of streams at once it is as much as any burst.
    if (this.sluice.isShut) this.sluice.wait(() => this.doubtStill(stream, deafness, true), 0);
    else this.tell(stream, ...doubt(stream));
    this.catchingUp.behind(stream, () => this.doubtStill(stream, deafness, false));
    stream.changed();
  }

  /** Behind what has waited. What an upstream says there was said before this edge became deaf, and ends no doubt. */
  private doubtStill(stream: EdgeStream, deafness: Deafness, isUntold: boolean): void {
    const isEnded = !isDoubted(stream.phase);
    if (isEnded && (stream.deafness !== deafness || deafness.isOver)) return;
    if (!isEnded && !isUntold) return;
    this.move(stream, 'silence');
    this.tell(stream, ...doubt(stream));
    stream.changed();
  }

  /** The longer way of a message: out of line, or of a stream that is not followed, or no event of the market's. */
  private take(stream: EdgeStream, text: string, mayAsk = true): void {
    const { counts } = this.parts.metrics;
    const said = readPlace(text, stream.feedFront) && readFeed(text, stream);
    const feed = said && firstAlone(said);
    const place = feed ?? stream.placeOf(text);
    if (!place) {
      counts.unreadable += 1;
      return;
    }
    const missing = stream.missingBefore(place);
    if (missing < 0 || (place.epoch !== stream.epoch && !this.parts.sees(place.epoch))) {
      counts.discarded += 1;
      return;
    }
    const before = stream.place;
    if ((missing > 0 || place.epoch > before.epoch) && this.catchingUp.hold(stream, text)) return;
    const missed = mayAsk ? missedBefore(stream, place, feed) : undefined;
    if (this.catchingUp.begin(stream, missed, () => this.take(stream, text, false))) return;
    const joined = feed && join(stream, feed);
    const isLoss = !joined && (missing > 0 || (before.epoch !== 0 && place.epoch > before.epoch));
    if (isLoss) this.lose(stream, missing, place, feed?.follows);
    // A gap is no news of the upstream: the last word stays that it is not heard, as newcomers are told.
    if (isLoss && !feed && isDoubted(stream.phase)) this.tell(stream, ...doubt(stream));
    stream.moveTo(place);
    const told = joined ?? (feed && stream.repeats?.tell(feed)) ?? feed;
    if (joined || !this.isRepeat(stream, text, before, feed)) {
      stream.history?.take(told && told !== feed ? wordOf(told, feed) : text);
      this.pass(stream, told === feed || !told ? text : encode(told), told);
    }
    if (isLoss && stream.book) this.parts.ask(stream);
  }

  /** Takes note of a message that is news, and tells it. */
  private pass(stream: EdgeStream, text: string, feed: FeedEvent | undefined): void {
    if (feed) {
      stream.feed = stateOf(feed);
      this.parts.metrics.counts.messages += 1;
      if (isUnbounded(feed)) stream.book?.doubted();
    } else {
      this.keep(stream, text);
      if (this.isOverdue(stream)) this.move(stream, 'overdue');
    }
    if (this.move(stream, feed ? 'feed' : 'event')) {
      this.tell(stream, text);
      if (stream.book && stream.placeOfBook(text)) stream.book.isOwed = false;
    }
    stream.changed();
  }

  /** Counts an event, remembers it for newcomers and writes it for Binance's wire. */
  private keep(stream: EdgeStream, text: string): void {
    const { clock, metrics } = this.parts;
    metrics.counts.messages += 1;
    if (metrics.counts.messages % MEASURED === 0) metrics.measureLag(text, clock);
    if (text.startsWith(stream.front) || stream.placeOfBook(text)) stream.last = text;
    if (stream.keepsNewest) stream.newest = text;
    if (stream.book) stream.book.take(text);
    else if (stream.audience.rebuilt > 0) stream.frames.write(text);
  }

  /**
   * Whether clients have had what an upstream says that goes on behind an older event. What is news again is told with a word
   * before it on what it follows: to clients nothing is missing.
   */
  private isRepeat(stream: EdgeStream, text: string, before: Place, feed: FeedEvent | undefined): boolean {
    const { repeats } = stream;
    if (!repeats) return false;
    if (!feed && repeats.hasEvent(text)) {
      this.parts.metrics.counts.discarded += 1;
      return true;
    }
    const [bridge] = isAfter(before, repeats.toldAt) ? restatement(stream, before, repeats.toldAt, before) : [];
    if (bridge !== undefined) {
      stream.history?.take(bridge);
      if (isFollowed(stream.phase)) this.tell(stream, bridge);
    }
    repeats.toldAt = stream.place;
    if (!feed) stream.repeats = undefined;
    return false;
  }

  /** What comes at `next` does not follow what came before: messages were lost, or the upstream was replaced. */
  private lose(stream: EdgeStream, missing: number, next: Place, follows?: Place): void {
    const behind = missingBeforeTerm(stream.place, follows);
    const lost = missing + (behind ?? 0);
    this.parts.metrics.counts.lost += lost;
    stream.frames.broken();
    stream.history?.clear();
    stream.book?.lost();
    const since = stamp(this.parts.clock);
    const isReplaced = next.epoch > stream.epoch;
    if (isReplaced) stream.repeats = undefined;
    const isUnknown = isReplaced && behind === undefined;
    const telling = this.move(stream, isUnknown ? 'replaced' : 'lost');
    if (telling) this.tell(stream, isUnknown ? replacementOf(stream, since) : lossOf(stream, lost, since));
  }

  private move(stream: EdgeStream, happening: StreamHappening): StreamTelling | undefined {
    const [phase, telling] = step(stream.phase, happening);
    stream.phase = phase;
    return telling;
  }

  private tell(stream: EdgeStream, ...texts: string[]): void {
    const { counts, topics } = stream.audience;
    const { counts: sent } = this.parts.metrics;
    for (const text of texts) {
      if (stream.conflator.seats.size > 0) stream.conflator.take(text);
      if (counts.native === 0) continue;
      sent.deliveries += counts.native;
      sent.sentBytes += counts.native * text.length;
      this.parts.publish(topics.native, text);
    }
  }

  /** Takes from a welcome what newcomers are given: the newest event, or the book as it is at the present place. */
  private takeLatest(stream: EdgeStream, latest: readonly string[]): void {
    const fitting = latest.filter((text) => stream.placeOf(text));
    this.parts.metrics.counts.unreadable += latest.length - fitting.length;
    const news = fitting.filter((text) => !stream.repeats?.hasEvent(text));
    if (stream.keepsNewest) stream.newest = news.at(-1) ?? stream.newest;
    const { book } = stream;
    const text = book && news.findLast((one) => isSamePlace(stream.placeOfBook(one) ?? NOWHERE, stream.place));
    if (book && text) book.take(text);
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
}

const NOWHERE: Place = { epoch: 0, seq: 0 };

/** Whether it is a gap that no ids name: the upstream does not know what is missing, or the market's ids begin again behind it. */
const isUnbounded = ({ state, missing }: FeedEvent): boolean => state === 'gap' && !missing;

/** What is kept of a feed event: where clients of this edge were told another one, that is a word of this edge's and nobody else's. */
const wordOf = (told: FeedEvent, said: FeedEvent | undefined): string =>
  encode(told === said ? told : { ...told, by: 'edge' });

/** What holds of a feed event wherever the stream is by now. */
function stateOf({ follows: _follows, ...state }: FeedEvent): FeedEvent {
  return state;
}
