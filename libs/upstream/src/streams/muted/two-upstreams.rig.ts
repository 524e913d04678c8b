import type { MarketEvent, Millis } from '#libs/core';
import type { Series } from '../series.js';
import { Stage } from '../streams-stage.rig.js';
import { streamOf } from '../../../../../test/support/series-rig.js';
import { type Message, NEXT_TERM } from './follower.rig.js';
import type { FrameKind } from './kinds.rig.js';
import { type SaidSoFar, textOf } from './unsaid.js';

/** What happens to two upstreams of one exchange. Lines are numbered; each upstream has two at most. */
export type Happening =
  | { do: 'emit'; frames: number }
  | { do: 'open' | 'drop'; who: Role; line: number }
  | { do: 'bring'; who: Role; line: number; frames: number }
  | { do: 'hear'; messages: number };

export type Role = 'leader' | 'follower';

/** So many of those that nobody has a word for are remembered, as `SeenTexts` does. */
export const MOST_UNKNOWNS = 64;

/** A connection: what the exchange has sent since it opened comes in order, as late as the test likes, until it drops. */
interface PaperLine {
  from: number;
  brought: number;
}

/** One of the two: its streams, and lines of its own. */
export class OneOfTwo {
  readonly stage: Stage;
  readonly series: Series;
  readonly lines = new Map<number, PaperLine>();
  /** Frames that came on any line. */
  readonly heard = new Set<number>();
  /** Whether two lines were open at once. */
  hasOverlapped = false;
  /** Whether that was so before the first event: then the quicker one may have begun the stream behind what the other brings. */
  hasRaced = false;
  private lineId = 0;
  private readonly ids = new Map<number, number>();

  constructor(
    private readonly kind: FrameKind,
    isFetched: boolean,
    isMuted: boolean,
  ) {
    this.stage = new Stage(undefined, () => isFetched && kind.isFetched);
    if (isMuted) this.stage.streams.mute();
    this.series = this.stage.streams.open(streamOf(kind.name));
  }

  get now(): Millis {
    return this.stage.clock.now();
  }

  open(line: number, emitted: number): void {
    if (this.lines.has(line)) return;
    this.stage.clock.advance(1);
    this.lines.set(line, { from: emitted, brought: emitted });
    this.hasOverlapped ||= this.lines.size > 1;
    this.hasRaced ||= this.lines.size > 1 && this.heard.size === 0;
    this.ids.set(line, (this.lineId += 1));
    this.series.sources.open(this.lineId, this.now);
    this.series.confirm(this.now, this.now);
  }

  drop(line: number): void {
    const id = this.ids.get(line);
    if (id === undefined || !this.lines.delete(line)) return;
    this.stage.clock.advance(1);
    this.stage.streams.publish(this.series, this.series.sourceGone(id, this.now));
  }

  bring(line: number, frames: number, emitted: number): void {
    const paper = this.lines.get(line);
    const id = this.ids.get(line);
    if (!paper || id === undefined) return;
    this.stage.clock.advance(1);
    for (const to = Math.min(emitted, paper.brought + frames); paper.brought < to;) {
      paper.brought += 1;
      this.heard.add(paper.brought);
      this.stage.streams.publish(this.series, this.series.accept(this.kind.frame(paper.brought), id, this.now));
    }
  }

  /** Whether it has had this frame, or will. */
  covers(frame: number): boolean {
    return this.heard.has(frame) || [...this.lines.values()].some(({ from }) => frame > from);
  }

  /** Whoever is asked has all that the exchange has sent. */
  heal(emitted: number): void {
    const { stage, kind } = this;
    stage.clock.advance(0);
    const told = stage.told.get(kind.name);
    const hole = stage.holes.get(kind.name);
    if (!told || !hole) return;
    const positionOf = this.positionOf();
    const all = Array.from({ length: emitted }, (_, at) => kind.frame(at + 1)).flat();
    const isFinal = this.isFinal();
    told.bring(
      all.filter((one) => positionOf(one) >= hole.from && positionOf(one) <= (hole.to ?? Infinity) && isFinal(one)),
    );
    told.whole();
  }

  private positionOf(): (event: MarketEvent) => number {
    const { ordering } = this.series.name.known;
    return ordering.rule === 'chain'
      ? (event) => ordering.last(event)
      : (event) => ordering.major?.(event) ?? ordering.mark(event);
  }

  private isFinal(): (event: MarketEvent) => boolean {
    const { ordering } = this.series.name.known;
    return (event) => ordering.rule === 'chain' || (ordering.isFinal?.(event) ?? true);
  }
}

/** What was on the bus when somebody had taken over. */
interface TakenOver {
  messages: Message[];
  /** Where the follower's begin. */
  seam: number;
  /** Whether its lines had, or would have, all that comes behind. */
  isSure: boolean;
  /** The frame that the leader got out last. */
  mark: number;
  /** By how many frames its lines were behind that. */
  behindBy: number;
}

/** A leader and a follower of one stream. */
export class TwoUpstreams {
  readonly leader: OneOfTwo;
  readonly follower: OneOfTwo;
  emitted = 0;
  /** How many of the leader's messages the follower has heard. */
  private heardOf = 0;

  constructor(
    readonly kind: FrameKind,
    private readonly isFetched: boolean,
  ) {
    this.leader = new OneOfTwo(kind, isFetched, false);
    this.follower = new OneOfTwo(kind, isFetched, true);
  }

  take(happening: Happening): void {
    switch (happening.do) {
      case 'emit':
        this.emitted += happening.frames;
        return;
      case 'open':
        return this[happening.who].open(happening.line, this.emitted);
      case 'drop':
        this[happening.who].drop(happening.line);
        return this.heal();
      case 'bring':
        this[happening.who].bring(happening.line, happening.frames, this.emitted);
        return this.heal();
      case 'hear': {
        this.heardOf = Math.min(this.said.length, this.heardOf + happening.messages);
        const said = this.saidSoFar(this.heardOf);
        if (said) this.follower.series.heard(said);
      }
    }
  }

  /** What the leader has put on the bus. */
  get said(): readonly Message[] {
    return this.leader.stage.published;
  }

  /** How far he was with so many messages. */
  saidSoFar(count: number): SaidSoFar | undefined {
    const messages = this.said.slice(0, count);
    const newest = messages.at(-1);
    if (!newest) return undefined;
    const events = messages.filter(({ type }) => type !== 'feed') as unknown as MarketEvent[];
    const event = events.findLast(({ type }) => type !== 'unknown');
    const unknowns = events.flatMap((one) => textOf(one) ?? []).slice(-MOST_UNKNOWNS);
    return { place: { epoch: newest.epoch ?? 0, seq: newest.seq ?? 0 }, event, unknowns };
  }

  /**
   * The leader stops; of what it has said behind what the follower has heard so many messages got through. The follower goes on, and
   * the exchange as well.
   *
   * @param isHeard whether the follower has heard those, or is told by somebody else how far the leader was, and by nobody what has no word.
   */
  succeed(through: number, isHeard: boolean): TakenOver {
    const { follower, said } = this;
    const count = Math.max(1, Math.min(said.length, this.heardOf + through));
    const known = this.saidSoFar(count);
    const published = said.slice(0, count);
    const mark = published.findLast(({ type }) => type !== 'feed');
    const isMarkWhole = mark?.part === undefined || mark.part[0] === mark.part[1] - 1;
    const markFrame = numberOf(mark);
    const first = markFrame + (isMarkWhole ? 1 : 0);
    let isSure = isHeard && follower.lines.size > 0;
    for (let frame = first; frame <= this.emitted; frame += 1) isSure &&= follower.covers(frame);
    const behindBy = markFrame - Math.max(0, ...follower.heard);
    const { streams } = follower.stage;
    streams.beginSilently(NEXT_TERM);
    streams.speak(follower.series, isHeard ? known : known && { ...known, unknowns: undefined }, isSure);
    this.heal();
    follower.open(0, this.emitted);
    for (let more = 0; more < 3; more += 1) {
      this.emitted += 3;
      for (const line of follower.lines.keys()) follower.bring(line, Infinity, this.emitted);
      follower.stage.tick(30);
      for (let tries = 0; tries < 5; tries += 1) this.heal();
    }
    follower.stage.tick(10);
    const messages = [...published, ...follower.stage.published];
    return { messages, seam: published.length, isSure, mark: markFrame, behindBy };
  }

  private heal(): void {
    if (!this.isFetched) return;
    for (const one of [this.leader, this.follower]) one.heal(this.emitted);
  }
}

/** The number of the frame in which an event came; 0 where there is none. */
export const numberOf = (message: Message | undefined): number => message?.n ?? message?.raw?.n ?? 0;
