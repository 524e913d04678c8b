import type { Market, ParsedStream, StreamNameProblem } from '#libs/binance';
import {
  DEMAND_TTL_MS,
  type Epoch,
  type Millis,
  type Result,
  type StreamName,
  decodeDemand,
  notOk,
  ok,
} from '#libs/core';
import { fairShare } from './fair-share.js';

/** Edges that may want something at once; more are refused, whoever sends them. */
const MOST_EDGES = 1_000;

/** Names that are refused are remembered, so that each is reported once; so many of them. */
const MOST_REFUSED = 1_000;

/** Of one edge no more is taken than so many times what all may want together. */
const TIMES_ALL = 2;

/** An edge that has not been heard may have had listeners all the time; so long its streams count as not given up. */
const UNHEARD_MS: Millis = 60_000;

/** An edge, and the streams that it wants. */
interface DemandingEdge {
  edge: string;
  /** Its newest demand as it came: most say what the one before said. */
  text: string;
  streams: ReadonlyMap<StreamName, ParsedStream>;
  heardAt: Millis;
}

/** What a demand changed. */
export interface DemandChange {
  edge: string;
  /** Whether another set of streams is wanted now. */
  isChanged: boolean;
  /** Names that were refused, for the first time. */
  refused: StreamNameProblem[];
  /** The newest term that the edge has seen, where it says so. */
  epoch?: Epoch | undefined;
}

/** Every stream that somebody wants, as far as it can be had; of what cannot, at most as many of each kind as may be had. */
export interface DemandedStreams {
  streams: ReadonlyMap<StreamName, ParsedStream>;
  /** Those beyond the limit. */
  leftOut: ReadonlyMap<StreamName, ParsedStream>;
  /** Those of symbols that there are not. */
  unlisted: ReadonlyMap<StreamName, ParsedStream>;
}

/**
 * What all edges want, and what is always on. Trusts nobody: each name is parsed, each number is bounded, an edge that
 * has not been heard for `DEMAND_TTL_MS` is forgotten. A demand that says what the last one said costs one comparison.
 */
export class DemandBoard {
  private readonly edges = new Map<string, DemandingEdge>();
  private readonly byText = new Map<string, DemandingEdge>();
  /** Each wanted stream, and how many want it; those that are always on stand first. */
  private readonly wanters = new Map<StreamName, { stream: ParsedStream; count: number }>();
  private readonly always: ReadonlySet<StreamName>;
  private readonly refusedNames = new Set<StreamName>();
  /** Until when a stream counts as not given up by an edge that was forgotten. */
  private readonly unheard = new Map<StreamName, Millis>();

  constructor(
    private readonly market: Market,
    always: readonly ParsedStream[],
    private readonly mostStreams: number,
  ) {
    this.always = new Set(always.map(({ name }) => name));
    for (const stream of always) this.count(stream, 1);
  }

  /** Takes an edge's demand; the problem is a sentence. */
  take(text: string, now: Millis): Result<DemandChange, string> {
    const same = this.byText.get(text);
    if (same) {
      same.heardAt = now;
      return ok({ edge: same.edge, isChanged: false, refused: [] });
    }
    const demand = decodeDemand(text);
    if (!demand) return notOk('not a demand: expected {"edge":…,"streams":[…]}');
    const { edge, streams, epoch } = demand;
    const before = this.edges.get(edge);
    if (!before && this.edges.size >= MOST_EDGES) return notOk(`more than ${MOST_EDGES} edges`);
    const refused: StreamNameProblem[] = [];
    const wanted = this.parseAll(streams, before, refused);
    this.replace(before, { edge, text, streams: wanted, heardAt: now });
    return ok({ edge, isChanged: true, refused, epoch });
  }

  /** The edges that have said what they want, and were heard again since. */
  get edgeIds(): ReadonlySet<string> {
    return new Set(this.edges.keys());
  }

  /** Forgets edges that have gone silent; true when there were any. */
  expire(now: Millis): boolean {
    const before = this.edges.size;
    for (const edge of this.edges.values()) {
      if (now - edge.heardAt <= DEMAND_TTL_MS) continue;
      for (const name of edge.streams.keys()) this.unheard.set(name, now + UNHEARD_MS);
      this.replace(edge, undefined);
    }
    for (const [name, until] of this.unheard) if (now > until) this.unheard.delete(name);
    return this.edges.size !== before;
  }

  /** Whether an edge that wanted the stream was lost sight of a short while ago, rather than having said that it is enough. */
  isUnheard(stream: StreamName): boolean {
    return this.unheard.has(stream);
  }

  /** Whether an edge wants the stream, rather than only a list of what is always on. */
  isAsked(stream: StreamName): boolean {
    return (this.wanters.get(stream)?.count ?? 0) > (this.always.has(stream) ? 1 : 0);
  }

  /** Nobody could be heard until now, for a reason that is not theirs: they are not held to their time. */
  pardon(now: Millis): void {
    for (const edge of this.edges.values()) edge.heardAt = now;
  }

  /**
   * Every stream that somebody wants, those that are always on first, at most as many as allowed: where it is more, who wants little
   * gets all of it, and the others as many as each other.
   */
  wanted(isListed: (stream: ParsedStream) => boolean = () => true): DemandedStreams {
    const { always, mostStreams } = this;
    const listed = new Map<StreamName, ParsedStream>();
    const unlisted = new Map<StreamName, ParsedStream>();
    for (const [name, { stream }] of this.wanters) {
      if (isListed(stream)) listed.set(name, stream);
      else if (unlisted.size < mostStreams) unlisted.set(name, stream);
    }
    if (listed.size <= mostStreams) return { streams: listed, leftOut: new Map(), unlisted };
    // In an order that does not depend on who spoke last, so that the last places do not go to and fro.
    const edges = [...this.edges.values()].toSorted((one, other) => (one.edge < other.edge ? -1 : 1));
    const wishes = edges.map(({ streams: names }) => names.keys());
    const streams = fairShare(listed, always, wishes, mostStreams);
    const leftOut = [...listed].filter(([name]) => !streams.has(name)).slice(0, mostStreams);
    return { streams, leftOut: new Map(leftOut), unlisted };
  }

  /** Who wants how much, for operators. */
  read(now: Millis): { edge: string; streams: number; silentMs: Millis }[] {
    return [...this.edges.values()].map(({ edge, streams, heardAt }) => ({
      edge,
      streams: streams.size,
      silentMs: Math.round(now - heardAt),
    }));
  }

  private parseAll(
    names: readonly StreamName[],
    before: DemandingEdge | undefined,
    refused: StreamNameProblem[],
  ): Map<StreamName, ParsedStream> {
    const wanted = new Map<StreamName, ParsedStream>();
    for (const name of names) {
      // As many again may be left out, and who listens to those is told.
      if (wanted.size >= TIMES_ALL * this.mostStreams) break;
      const stream = before?.streams.get(name) ?? this.parse(name, refused);
      if (stream) wanted.set(stream.name, stream);
    }
    return wanted;
  }

  private parse(name: StreamName, refused: StreamNameProblem[]): ParsedStream | undefined {
    if (this.refusedNames.has(name)) return undefined;
    const parsed = this.market.parse(name);
    if (parsed.ok) return parsed.value;
    if (this.refusedNames.size < MOST_REFUSED) {
      this.refusedNames.add(name);
      refused.push(parsed.problem);
    }
    return undefined;
  }

  /** An edge wants something else, comes, or goes. What both demands want is touched by neither. */
  private replace(before: DemandingEdge | undefined, after: DemandingEdge | undefined): void {
    if (before) {
      this.edges.delete(before.edge);
      this.byText.delete(before.text);
    }
    for (const [name, stream] of after?.streams ?? []) {
      this.unheard.delete(name);
      if (!before?.streams.has(name)) this.count(stream, 1);
    }
    for (const [name, stream] of before?.streams ?? []) if (!after?.streams.has(name)) this.count(stream, -1);
    if (!after) return;
    this.edges.set(after.edge, after);
    this.byText.set(after.text, after);
  }

  private count(stream: ParsedStream, by: 1 | -1): void {
    const known = this.wanters.get(stream.name);
    const count = (known?.count ?? 0) + by;
    if (count === 0) this.wanters.delete(stream.name);
    else if (known) known.count = count;
    else this.wanters.set(stream.name, { stream, count });
  }
}
