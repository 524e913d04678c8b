import type { Market, ParsedStream } from '#libs/binance';
import type { Messages } from '#libs/bus';
import {
  type Clock,
  type Epoch,
  HistoryShelf,
  type Millis,
  type StreamEvent,
  type StreamName,
  encode,
} from '#libs/core';
import type { ContinuityCounts } from './continuity.js';
import { LeftStreams } from './left.js';
import type { HoldBounds } from './mending.js';
import type { SaidSoFar } from './muted/unsaid.js';
import { WithheldRoom } from './muted/withheld.js';
import type { Pace } from './pace.js';
import { Paced, putBehind } from './paced.js';
import { RepairDesk } from './repair-desk.js';
import { Series, type SeriesTools } from './series.js';
import { speakUp } from './speaking.js';
import type { Recalled } from './transcript.js';

/** Why a stream is not wanted any more: somebody said so, or an edge that wanted it has not been heard for a while. */
export type Leaving = 'said' | 'unheard';

/** What is known of the upstream before this one. */
export interface Memory {
  /** Where a stream was that is wanted now; once. */
  recall(name: ParsedStream): Recalled | undefined;
  /** Nothing is recalled any more: somebody else may have published since. */
  forget(): void;
}

const NO_SHELF = new HistoryShelf({ streamBytes: 0, totalBytes: 0, ageMs: 0 });

const NO_MEMORY: Memory = { recall: () => undefined, forget: () => undefined };

const sinceWhen = (at: Millis): string =>
  `no upstream since ${new Date(at).toISOString()}: what the market did meanwhile is lost`;

/** What cannot be said now. */
const keepBack = (series: Series, said: readonly StreamEvent[]): void => {
  if (series.withheld) series.withhold(said);
  else if (series.outbox) putBehind(series.outbox, said);
};

/** Every wanted stream, by its name; and the only one who publishes anything on their channels. */
export class Streams {
  readonly counts: ContinuityCounts = { repeated: 0, gaps: 0, missing: 0, heldBack: 0, holes: 0, filled: 0 };
  /** Messages published, feed events included, and their letters. */
  published = 0;
  letters = 0;
  /** Who may bring what no line brings any more. */
  readonly repairs: RepairDesk;
  private readonly tools: SeriesTools;
  /** By name. */
  readonly wanted = new Map<StreamName, Series>();
  private readonly left = new LeftStreams();
  private readonly paced: Paced;
  /** What is not said while somebody else says the streams. */
  readonly withheld = new WithheldRoom();
  /** Whether somebody else says those that begin now. */
  isMuted = false;
  /** Of everything that is not live. */
  readonly pace: Pace;
  private lookAt: Millis = 0;

  /** @param shelf where is kept what was published. */
  constructor(
    private readonly market: Market,
    private readonly messages: Pick<Messages, 'publish'>,
    private readonly clock: Clock,
    bounds: HoldBounds,
    private readonly memory: Memory = NO_MEMORY,
    private readonly shelf: HistoryShelf = NO_SHELF,
  ) {
    this.paced = new Paced(clock.now(), (series, said) => this.lettersOf(series, said));
    this.pace = this.paced.pace;
    this.repairs = new RepairDesk({
      clock,
      find: (stream) => this.wanted.get(stream),
      publish: (series, said) => this.publishPaced(series, said),
    });
    const { counts, repairs } = this;
    const memoryOf = (): undefined => undefined;
    this.tools = { term: { epoch: 0 }, counts, bounds, repairs, memoryOf, wallAt: (instant) => clock.wallAt(instant) };
  }

  /** What is remembered of each stream for those who come late, where that is more than its newest event. To be said before the first one begins. */
  remember(memoryOf: SeriesTools['memoryOf']): void {
    this.tools.memoryOf = memoryOf;
  }

  get epoch(): Epoch {
    return this.tools.term.epoch;
  }

  /** Puts messages on a stream's channel, in this order. */
  publish(series: Series, said: readonly StreamEvent[]): void {
    if (series.outbox) return keepBack(series, said);
    const { history } = series;
    for (const event of said) {
      series.transcript.say(event);
      this.published += 1;
      const text = encode(event);
      this.letters += text.length;
      if (history) {
        // In line, as `StreamHistory.take` has it.
        const { shelf } = history;
        history.texts.push(text);
        history.bytes += text.length;
        shelf.bytes += text.length;
        if (history.bytes > shelf.streamBytes || shelf.bytes > shelf.totalBytes) history.shrink();
      }
      this.messages.publish(series.topic, text);
    }
  }

  /**
   * Begins a stream. Its count of places goes on where it was, if it was wanted before in this term: no place is given
   * twice. Its run of ids begins anew, unless nobody had said that the last one was over.
   */
  open(name: ParsedStream): Series {
    const at = this.clock.now();
    const { seq, resumeAt, isAgain } = this.left.take(name.name, at);
    const topic = this.market.topic(name);
    const past = isAgain || this.isMuted ? undefined : this.memory.recall(name);
    const recalled = past?.goneSince === undefined ? past : undefined;
    const history = this.shelf.open();
    const series = new Series(name, this.tools, { topic, at, seq, resumeAt, recalled, history });
    this.wanted.set(name.name, series);
    if (this.isMuted) series.fallSilent(this.withheld.open(at));
    if (past?.goneSince !== undefined) this.publish(series, [series.transcript.gap(sinceWhen(past.goneSince), at)]);
    this.publish(series, series.become({ state: 'recovering', cause: 'subscribing' }, at));
    return series;
  }

  /** Ends a stream: nobody wants it. */
  close(series: Series, why: Leaving): void {
    const { name, transcript, reached, continuity, withheld } = series;
    continuity.mending.move('closed');
    if (!withheld) this.paced.flush(series);
    series.history?.close();
    this.wanted.delete(name.name);
    // The places are somebody else's.
    if (withheld) return this.withheld.close(withheld);
    const last = why === 'unheard' ? reached : undefined;
    this.left.put(name.name, { seq: transcript.seq, last, at: this.clock.now() });
  }

  /**
   * Begins a term: places begin anew in each stream.
   *
   * @param isAlone whether nobody else has published since the last one.
   */
  beginTerm(epoch: Epoch, isAlone = false): void {
    this.paced.flushAll();
    const { term } = this.tools;
    const before = term.epoch;
    term.epoch = epoch;
    this.left.clear();
    this.memory.forget();
    for (const series of this.wanted.values()) {
      const { transcript } = series;
      const feed = transcript.beginTerm(isAlone ? { epoch: before, seq: transcript.seq } : undefined);
      if (feed) this.publish(series, [feed]);
    }
  }

  /**
   * Somebody else says the streams: nothing is said any more, and what would have been is withheld until he is heard to say it (`Series.heard`).
   */
  mute(): void {
    const now = this.clock.now();
    this.isMuted = true;
    this.left.clear();
    for (const series of this.wanted.values()) {
      if (series.withheld) continue;
      this.paced.forget(series);
      series.fallSilent(this.withheld.open(now));
    }
  }

  /** Begins a term behind somebody else's: each stream that is muted stays so until it is told to speak. */
  beginSilently(epoch: Epoch): void {
    this.tools.term.epoch = epoch;
    this.isMuted = false;
    for (const { transcript } of this.wanted.values()) transcript.seq = 0;
  }

  /**
   * Says a muted stream from now on, behind what somebody else has said: what of it he has not said leaves within a second.
   *
   * @param said undefined where nobody knows: then its run begins anew.
   * @param isSure whether its sources surely bring all that comes behind that; otherwise repairers are asked.
   * @param goneSince where nobody has said anything for so long that it does not go on.
   */
  speak(series: Series, said: SaidSoFar | undefined, isSure: boolean, goneSince?: Millis): void {
    const { withheld } = series;
    if (!withheld) return;
    const now = this.clock.now();
    const gap = goneSince === undefined ? [] : [series.transcript.gapBefore(sinceWhen(goneSince), now)];
    const words = speakUp(series, said, isSure, now);
    this.withheld.close(withheld);
    this.paced.putInParts(series, [...gap, ...words]);
  }

  /** Gives up what has been waited for too long; what leaves at a bounded pace goes on; what was kept for long enough goes. */
  tick(now: Millis): void {
    for (const series of this.wanted.values()) {
      if (series.continuity.mending.state !== 'whole') this.publishPaced(series, series.continuity.settle(now, true));
    }
    this.paced.tick(now);
    if (now < this.lookAt) return;
    this.lookAt = now + this.shelf.lookEveryMs;
    this.shelf.look(now);
  }

  /** Our own process stood still: what is waited for may lie unread in a socket. */
  pardon(now: Millis): void {
    for (const series of this.wanted.values()) series.continuity.order.waiting.pardon(now);
  }

  /** Says of every stream that we stop, where we are the one who says it. */
  stop(): void {
    const now = this.clock.now();
    for (const series of this.wanted.values()) {
      series.continuity.mending.move('closed');
      if (series.withheld) continue;
      this.paced.flush(series);
      this.publish(series, series.become({ state: 'stale', cause: 'stopped' }, now));
    }
  }

  /** Puts messages on a stream's channel, in this order, as fast as nobody is hurt by it; what comes later waits behind them. */
  publishPaced(series: Series, said: readonly StreamEvent[]): void {
    if (said.length === 0) return;
    if (series.withheld) return series.withhold(said);
    this.paced.put(series, said);
    this.paced.pump(this.clock.now());
  }

  /** Whether something large may be published on it now: nothing waits before it, and the pace allows it. Where we are silent nothing is large. */
  isFree(series: Series, now: Millis): boolean {
    return series.withheld !== undefined || (!series.outbox && this.pace.isFree(now));
  }

  private lettersOf(series: Series, said: readonly StreamEvent[]): number {
    const before = this.letters;
    this.publish(series, said);
    return this.letters - before;
  }
}
