import { type Cancel, type Clock, type Epoch, type Millis, type StreamName, isAfter } from '#libs/core';
import type { Recollection } from '../restart/recollection.js';
import type { SaidSoFar } from '../streams/muted/unsaid.js';
import type { Series } from '../streams/series.js';
import type { Streams } from '../streams/streams.js';
import type { Recalled } from '../streams/transcript.js';
import type { HeardStream } from './heard-stream.js';

interface TakingOverParts {
  streams: Pick<Streams, 'wanted' | 'beginSilently' | 'speak'>;
  memory: Pick<Recollection, 'gatherWithin' | 'recall' | 'forget' | 'isFresh'>;
  clock: Clock;
  /** Edges that are known. */
  edges: () => ReadonlySet<string>;
  /** As `Listening` is told it. */
  carriedSince: (series: Series) => Millis | undefined;
  lagMs: Millis;
}

/** What is known of those who have said the streams so far. */
export interface KnownOfBefore {
  /** What was heard of them. */
  heard: ReadonlyMap<StreamName, HeardStream>;
  /** Whether that is all. */
  hasHeardAll: boolean;
  /** What we have said ourselves, where nobody has said anything since. */
  own: ReadonlyMap<StreamName, SaidSoFar>;
  /** Whether nobody else was ever heard: what edges answered at the start holds still. */
  isCold: boolean;
  /** Since when nobody has said anything, where that is so long that nothing goes on. */
  goneSince?: Millis | undefined;
}

/** So many streams are said in one turn of the loop. */
const MOST_IN_TURN = 1_000;

/** Edges are given so long to say how far they got with streams of which too little was heard. */
const ANSWERS_MS: Millis = 300;

interface KnownStream {
  series: Series;
  said: SaidSoFar | undefined;
}

/** Begins a term behind that of somebody else: says each stream behind its last message, at once where that is surely known. */
export class TakingOver {
  /** Streams that nobody says now: it is found out how far they are. */
  waiting = 0;
  /** Counts terms that were begun, or given up. */
  private run = 0;
  private cancel: Cancel = () => undefined;

  constructor(private readonly parts: TakingOverParts) {}

  begin(term: Epoch, before: KnownOfBefore): void {
    this.stop();
    const { streams, memory } = this.parts;
    const sure: KnownStream[] = [];
    const unsure: KnownStream[] = [];
    for (const series of streams.wanted.values()) {
      const { said, isSure } = this.knownOf(series, before);
      (isSure ? sure : unsure).push({ series, said });
    }
    streams.beginSilently(term);
    // What was recalled at our start is older than what others have said since.
    if (!before.isCold || !memory.isFresh) memory.forget();
    this.waiting = unsure.length;
    const { goneSince } = before;
    if (goneSince !== undefined)
      for (const { series } of [...sure, ...unsure]) this.say(series, undefined, false, goneSince);
    if (goneSince === undefined) void this.speak(this.run, sure, unsure, before.isCold);
    else this.waiting = 0;
  }

  /** It is somebody else's turn, or nobody's. */
  stop(): void {
    this.run += 1;
    this.waiting = 0;
    this.cancel();
  }

  private knownOf(series: Series, { own, heard, hasHeardAll }: KnownOfBefore): { said?: SaidSoFar; isSure: boolean } {
    const { name } = series.name;
    const ours = own.get(name);
    if (ours) return { said: ours, isSure: true };
    const theirs = heard.get(name);
    if (!hasHeardAll) theirs?.broke();
    const isSure = theirs?.isSure(this.parts.carriedSince(series), this.parts.lagMs) ?? false;
    return { ...(theirs?.mark && { said: theirs.mark }), isSure };
  }

  private async speak(run: number, sure: KnownStream[], unsure: KnownStream[], isCold: boolean): Promise<void> {
    for (let at = 0; at < sure.length; at += MOST_IN_TURN) {
      if (at > 0) await this.nextTurn();
      if (run !== this.run) return;
      for (const { series, said } of sure.slice(at, at + MOST_IN_TURN)) this.say(series, said, true);
    }
    if (unsure.length > 0) await this.speakUnsure(run, unsure, isCold);
  }

  private async speakUnsure(run: number, unsure: KnownStream[], isCold: boolean): Promise<void> {
    const { memory, edges } = this.parts;
    if (!isCold || !memory.isFresh) await memory.gatherWithin(ANSWERS_MS, edges());
    if (run !== this.run) return;
    for (const { series, said } of unsure) {
      const recalled = memory.recall(series.name);
      const goneSince = isCold ? recalled?.goneSince : undefined;
      this.say(series, goneSince === undefined ? laterOf(said, recalled) : undefined, false, goneSince);
    }
    this.waiting = 0;
    // What others reached is not where we are from now on.
    if (!isCold) memory.forget();
  }

  private say(series: Series, said: SaidSoFar | undefined, isSure: boolean, goneSince?: Millis): void {
    const { streams } = this.parts;
    if (streams.wanted.get(series.name.name) === series) streams.speak(series, said, isSure, goneSince);
  }

  private nextTurn(): Promise<void> {
    return new Promise((resolve) => {
      this.cancel = this.parts.clock.after(0, resolve);
    });
  }
}

/** What we have heard ourselves, or what edges answer: whoever knows of the later place. */
function laterOf(heard: SaidSoFar | undefined, recalled: Recalled | undefined): SaidSoFar | undefined {
  if (!recalled || (heard && isAfter(heard.place, recalled.place))) return heard;
  const { place, event } = recalled;
  return { place, event, unknowns: heard?.unknowns };
}
