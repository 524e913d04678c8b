import { type Market, type ParsedStream, isOrdered } from '#libs/binance';
import type { Bus, Subscription } from '#libs/bus';
import {
  type BookEvent,
  type Cancel,
  type Clock,
  type LastBeat,
  type Mark,
  type MarketEvent,
  type Millis,
  type Place,
  type Reached,
  type StreamName,
  decodeHeartbeat,
  decodeMark,
  decodeReached,
  encodeDemandCall,
  eventOf,
  isAfter,
  millisOf,
  stamp,
} from '#libs/core';
import type { Memory } from '../streams/streams.js';
import type { Recalled } from '../streams/transcript.js';

interface RecollectionParts {
  market: Market;
  bus: Bus;
  clock: Clock;
  /** How long edges are given to answer. */
  answersMs: Millis;
  /** After a longer time without an upstream streams begin anew. */
  longestDowntimeMs: Millis;
}

/** Streams that are wanted again later than this after the start begin anew. */
export const RECALL_MS: Millis = 60_000;

/** So many streams are recalled. */
const MOST_RECALLED = 20_000;

/** Under this name, which no stream has, the marks say when an upstream was alive last. */
export const BEAT_MARK = 'beat';

/**
 * What an upstream that has just started finds out about the one before: how far each stream got. Edges know it best, for they
 * have what was really delivered; the highest place that any of them answers counts. Marks serve where none answers.
 */
export class Recollection implements Memory {
  private readonly marks = new Map<StreamName, Mark>();
  private beat: LastBeat | undefined;
  private until: Millis = -Infinity;
  private hurry: () => void = () => undefined;
  private answers: AwaitedAnswers | undefined;
  /** Counts what was begun and ended: nothing is noted that comes later. */
  private run = 0;

  constructor(private readonly parts: RecollectionParts) {}

  /** Whether it was asked, and whoever is there has had the time to answer. */
  get hasGathered(): boolean {
    return this.until > -Infinity;
  }

  /** Whether what was found out counts still. */
  get isFresh(): boolean {
    return this.parts.clock.now() <= this.until;
  }

  /** Asks every edge, once the bus is there, and waits for answers; where nobody else can answer it is over at once, as when it is stopped. */
  async gather(): Promise<void> {
    const run = ++this.run;
    const subscription = this.listen(run);
    await subscription.ready;
    const isOver = this.over(this.parts.answersMs);
    await Promise.all([isOver, this.ask(run)]);
    this.end(subscription);
  }

  /** The same, whatever the bus does, within so long; over once these edges have said all, where any are known. */
  async gatherWithin(withinMs: Millis, edges: ReadonlySet<string>): Promise<void> {
    const run = ++this.run;
    const isOver = this.over(withinMs, edges);
    const subscription = this.listen(run);
    void subscription.ready.then(() => {
      if (run === this.run) void this.ask(run);
    });
    await isOver;
    this.end(subscription);
  }

  private listen(run: number): Subscription {
    const { market, bus } = this.parts;
    return bus.messages.subscribe(market.channels.reached, (text) => {
      const reached = run === this.run ? decodeReached(text) : undefined;
      if (!reached) return;
      this.noteBeat(reached.beat);
      for (const mark of reached.marks) this.note(eventOf(mark)?.stream, mark);
      if (this.answers?.isLast(reached)) this.hurry();
    });
  }

  /** Resolves when it has been waited for long enough. */
  private over(withinMs: Millis, edges: ReadonlySet<string> = new Set()): Promise<void> {
    const { bus, clock } = this.parts;
    this.answers = new AwaitedAnswers(edges);
    return new Promise((resolve) => {
      let cancel: Cancel = () => undefined;
      if (bus.isShared) cancel = clock.after(withinMs, resolve);
      else resolve();
      this.hurry = () => {
        cancel();
        resolve();
      };
    });
  }

  private async ask(run: number): Promise<void> {
    const { bus, market } = this.parts;
    bus.messages.publish(market.channels.demandCall, encodeDemandCall(true));
    try {
      const marks = await bus.marks.read(market.channels.marks);
      if (run === this.run) this.read(marks);
    } catch {
      // The bus rejects only when it stops, and then nothing is recalled.
    }
  }

  /** What comes now is not waited for any more. */
  private end(subscription: Subscription): void {
    this.run += 1;
    subscription.end();
    this.until = this.parts.clock.now() + RECALL_MS;
  }

  /** Waits no longer. */
  stop(): void {
    this.hurry();
  }

  /** For a while after the start only. */
  recall(name: ParsedStream): Recalled | undefined {
    const mark = this.marks.get(name.name);
    this.marks.delete(name.name);
    const event = mark && eventOf(mark);
    if (!mark || !event || this.parts.clock.now() > this.until) return undefined;
    if (event.stream !== name.name || !fits(name, event)) return undefined;
    return { place: mark.place, event, goneSince: this.goneSince(mark.place, event) };
  }

  forget(): void {
    this.marks.clear();
  }

  private read(marks: ReadonlyMap<string, string>): void {
    for (const [name, text] of marks) {
      if (name === BEAT_MARK) this.noteBeat(decodeHeartbeat(text));
      else this.note(name, decodeMark(text));
    }
  }

  private note(name: StreamName | undefined, mark: Mark | undefined): void {
    if (name === undefined || !mark) return;
    const known = this.marks.get(name);
    if (known ? isAfter(mark.place, known.place) : this.marks.size < MOST_RECALLED) this.marks.set(name, mark);
  }

  private noteBeat(beat: LastBeat | undefined): void {
    if (!beat) return;
    const { epoch, at } = beat;
    const isLater = !this.beat || isAfter({ epoch, seq: at }, { epoch: this.beat.epoch, seq: this.beat.at });
    if (isLater) this.beat = { epoch, at };
  }

  /** A stream may have been quiet for long: while its upstream lived it missed nothing. */
  private goneSince({ epoch }: Place, event: MarketEvent | BookEvent): Millis | undefined {
    const { clock, longestDowntimeMs } = this.parts;
    const receivedAt = Math.floor(millisOf(event.receivedAt));
    const aliveAt = this.beat?.epoch === epoch ? Math.max(receivedAt, this.beat.at) : receivedAt;
    return stamp(clock) - aliveAt > longestDowntimeMs ? aliveAt : undefined;
  }
}

/** Counts the parts in which edges answer. */
class AwaitedAnswers {
  private readonly parts = new Map<string, Set<number>>();
  private readonly awaited: Set<string>;

  /** @param edges who is to answer; nobody: it is not known who is there. */
  constructor(private readonly edges: ReadonlySet<string>) {
    this.awaited = new Set(edges);
  }

  /** Whether all is there now. */
  isLast({ edge, part }: Reached): boolean {
    if (!part) return false;
    const [index, count] = part;
    const parts = this.parts.get(edge) ?? new Set();
    this.parts.set(edge, parts);
    parts.add(index);
    if (parts.size === count) this.awaited.delete(edge);
    return this.edges.size > 0 && this.awaited.size === 0;
  }
}

const fits = (name: ParsedStream, event: MarketEvent | BookEvent): boolean =>
  event.type === name.type || event.type === 'book' ? isOrdered(name.known, event) : false;
