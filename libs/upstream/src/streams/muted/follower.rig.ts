import type { HistoryShelf, MarketEvent, Place, StreamEvent } from '#libs/core';
import { type FrameKind, SYMBOLS } from './kinds.rig.js';
import type { SaidSoFar } from './unsaid.js';
import type { Series } from '../series.js';
import type { SourceId } from '../sources.js';
import { Stage } from '../streams-stage.rig.js';
import type { StreamMemory } from '../transcript.js';

/** Of the newest message of whoever speaks. */
export const PLACE: Place = { epoch: 7, seq: 70 };

/** The term in which the follower speaks. */
export const NEXT_TERM = 9;

/** What is looked at of a message, whatever it is. */
export type Message = Partial<{
  type: string;
  stream: string;
  state: string;
  cause: string;
  missing: { from: number; to: number };
  follows: Place;
  epoch: number;
  seq: number;
  n: number;
  raw: { n: number };
  part: [number, number];
}>;

/** A message in few words: `live resumed`, the number of its frame, and where it stood in it. */
export function brief({ type, state, cause, missing, n, raw, part }: Message): string | number {
  if (type === 'feed') return missing ? `${state} ${missing.from}-${missing.to}` : `${state} ${cause}`;
  if (raw) return `unknown ${raw.n}`;
  return part ? `${n}.${part[0]} of ${part[1]}` : (n ?? NaN);
}

/** All elements of these frames, in brief. */
export const wholeArrays = (...numbers: number[]): string[] =>
  numbers.flatMap((n) => Array.from({ length: SYMBOLS }, (_, at) => `${n}.${at} of ${SYMBOLS}`));

/** Streams that somebody else says, with lines of their own in the test's hands. */
export class Follower {
  readonly stage: Stage;
  /** What those are told who come late, where a stream has such a memory. */
  readonly noted: StreamEvent[] = [];

  constructor(isFetched = true, shelf?: HistoryShelf) {
    this.stage = new Stage(undefined, ({ known }) => isFetched && known.history !== undefined, shelf);
    this.stage.streams.mute();
  }

  /** Streams of diffs have a memory that writes down what it is told. */
  remember(): void {
    const memory: StreamMemory = { said: (event) => this.noted.push(event), latest: () => [] };
    this.stage.streams.remember(({ known }) => (known.newcomer === 'book' ? memory : undefined));
  }

  /** A stream with a line that surely carries it. */
  open({ name }: FrameKind): Series {
    const series = this.stage.open(name);
    this.stage.clock.advance(10);
    series.confirm(this.stage.clock.now(), this.stage.clock.now());
    return series;
  }

  /** Frames come on a line of ours. */
  bring(series: Series, { frame }: FrameKind, from: number, to: number, line: SourceId = 1): void {
    const { streams, clock } = this.stage;
    for (let n = from; n <= to; n += 1) streams.publish(series, series.accept(frame(n), line, clock.now()));
  }

  /** It is our turn. Says all of it. */
  speak(series: Series, said: SaidSoFar | undefined, isSure = true): void {
    this.stage.streams.beginSilently(NEXT_TERM);
    this.stage.streams.speak(series, said, isSure);
    this.stage.tick(10);
  }

  get messages(): readonly Message[] {
    return this.stage.published;
  }

  get said(): (string | number)[] {
    return this.messages.map(brief);
  }
}

/** He has said the frame of that number, or as much of it, and nothing behind it. */
export function saidUpTo({ frame }: FrameKind, number: number, element?: number): SaidSoFar {
  const event = frame(number).at(element ?? -1);
  return { place: PLACE, event: event && { ...event, ...PLACE } };
}

export const eventsOf = ({ frame }: FrameKind, from: number, to: number): MarketEvent[] =>
  Array.from({ length: to - from + 1 }, (_, at) => frame(from + at)).flat();
