import type { Market, ParsedStream, StreamNameProblem } from '#libs/binance';
import { DEMAND_TTL_MS, type Millis, type Result, type StreamName, decodeDemand, notOk, ok } from '#libs/core';

/** Edges that may want something at once; more are refused, whoever sends them. */
const MOST_EDGES = 1_000;

/** Names that are refused are remembered, so that each is reported once; so many of them. */
const MOST_REFUSED = 1_000;

/** An edge that has not been heard may have had listeners all the time; so long its streams count as not given up. */
const UNHEARD_MS: Millis = 60_000;

/** An edge, and the streams that it wants, as it calls them. */
interface Wanting {
  streams: ReadonlyMap<StreamName, ParsedStream>;
  heardAt: Millis;
}

/** What a demand changed. */
export interface DemandChange {
  edge: string;
  /** Names that were refused, for the first time. */
  refused: StreamNameProblem[];
}

/** Every stream that somebody wants, as far as the limit allows. */
export interface DemandedStreams {
  streams: ReadonlyMap<StreamName, ParsedStream>;
  /** Those beyond the limit; of these, too, at most as many as allowed. */
  leftOut: ReadonlyMap<StreamName, ParsedStream>;
}

/**
 * What all edges want, and what is always on. Trusts nobody: each name is parsed, each number is bounded, an edge that
 * has not been heard for `DEMAND_TTL_MS` is forgotten.
 */
export class DemandBoard {
  private readonly edges = new Map<string, Wanting>();
  private readonly refusedNames = new Set<StreamName>();
  /** Until when a stream counts as not given up by an edge that was forgotten. */
  private readonly unheard = new Map<StreamName, Millis>();

  constructor(
    private readonly market: Market,
    private readonly always: readonly ParsedStream[],
    private readonly mostStreams: number,
  ) {}

  /** Takes an edge's demand; the problem is a sentence. */
  take(text: string, now: Millis): Result<DemandChange, string> {
    const demand = decodeDemand(text);
    if (!demand) return notOk('not a demand: expected {"edge":…,"streams":[…]}');
    const { edge, streams } = demand;
    const before = this.edges.get(edge);
    if (!before && this.edges.size >= MOST_EDGES) return notOk(`more than ${MOST_EDGES} edges`);
    const refused: StreamNameProblem[] = [];
    const wanted = new Map<StreamName, ParsedStream>();
    for (const name of streams) {
      // One more than all edges may want together, so that who wants too much is told of a stream that is left out.
      if (wanted.size > this.mostStreams) break;
      const stream = before?.streams.get(name) ?? this.parse(name, refused);
      if (stream) wanted.set(name, stream);
    }
    for (const { name } of wanted.values()) this.unheard.delete(name);
    this.edges.set(edge, { streams: wanted, heardAt: now });
    return ok({ edge, refused });
  }

  /** Forgets edges that have gone silent; true when there were any. */
  expire(now: Millis): boolean {
    const before = this.edges.size;
    for (const [edge, { heardAt, streams }] of this.edges) {
      if (now - heardAt <= DEMAND_TTL_MS) continue;
      for (const { name } of streams.values()) this.unheard.set(name, now + UNHEARD_MS);
      this.edges.delete(edge);
    }
    for (const [name, until] of this.unheard) if (now > until) this.unheard.delete(name);
    return this.edges.size !== before;
  }

  /** Whether an edge that wanted the stream was lost sight of a short while ago, rather than having said that it is enough. */
  isUnheard(stream: StreamName): boolean {
    return this.unheard.has(stream);
  }

  /** Nobody could be heard until now, for a reason that is not theirs: they are not held to their time. */
  pardon(now: Millis): void {
    for (const edge of this.edges.values()) edge.heardAt = now;
  }

  /** Every stream that somebody wants, those that are always on first, at most as many as allowed. */
  wanted(): DemandedStreams {
    const wanted = new Map<StreamName, ParsedStream>();
    const leftOut = new Map<StreamName, ParsedStream>();
    const add = (stream: ParsedStream): void => {
      if (wanted.size < this.mostStreams || wanted.has(stream.name)) wanted.set(stream.name, stream);
      else if (leftOut.size < this.mostStreams) leftOut.set(stream.name, stream);
    };
    this.always.forEach(add);
    for (const { streams } of this.edges.values()) for (const stream of streams.values()) add(stream);
    return { streams: wanted, leftOut };
  }

  /** Who wants how much, for operators. */
  read(now: Millis): { edge: string; streams: number; silentMs: Millis }[] {
    return [...this.edges].map(([edge, { streams, heardAt }]) => ({
      edge,
      streams: streams.size,
      silentMs: Math.round(now - heardAt),
    }));
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
}
