import { type ParsedStream, type StreamNameProblem, parseStreamName } from '#libs/binance';
import { DEMAND_TTL_MS, type Demand, type Millis, type Result, type StreamName, notOk, ok } from '#libs/core';

/** Edges that may want something at once; more are refused, whoever sends them. */
const MOST_EDGES = 1_000;

/** Names that are refused are remembered, so that each is reported once; so many of them. */
const MOST_REFUSED = 1_000;

interface Edge {
  streams: Set<StreamName>;
  heardAt: Millis;
}

/** What a demand changed. */
export interface DemandChange {
  edge: string;
  /** Streams to welcome this edge to. */
  newcomers: StreamName[];
  /** Names that were refused, for the first time. */
  refused: StreamNameProblem[];
}

/**
 * What all edges want, and what is always on. Trusts nobody: each name is parsed, each number is bounded, an edge that
 * has not been heard for `DEMAND_TTL_MS` is forgotten.
 */
export class DemandBoard {
  private readonly edges = new Map<string, Edge>();
  private readonly names = new Map<StreamName, ParsedStream | undefined>();
  private refusedNames = 0;
  /** Streams that are wanted and left out, because there are too many. */
  leftOut = 0;

  constructor(
    private readonly always: readonly StreamName[],
    private readonly mostStreams: number,
  ) {}

  /** Takes an edge's demand; the problem is a sentence. */
  take(text: string, now: Millis): Result<DemandChange, string> {
    const demand = readDemand(text);
    if (!demand) return notOk('not a demand: expected {"edge":…,"streams":[…]}');
    const { edge, streams, again } = demand;
    const known = this.edges.get(edge);
    if (!known && this.edges.size >= MOST_EDGES) return notOk(`more than ${MOST_EDGES} edges`);
    const refused: StreamNameProblem[] = [];
    const wanted = streams.slice(0, this.mostStreams).filter((stream) => this.isStream(stream, refused));
    const newcomers = wanted.filter((stream) => again === true || !known?.streams.has(stream));
    this.edges.set(edge, { streams: new Set(wanted), heardAt: now });
    return ok({ edge, newcomers, refused });
  }

  /** Forgets edges that have gone silent; true when there were any. */
  expire(now: Millis): boolean {
    const before = this.edges.size;
    for (const [edge, { heardAt }] of this.edges) if (now - heardAt > DEMAND_TTL_MS) this.edges.delete(edge);
    return this.edges.size !== before;
  }

  /** Nobody could be heard until now, for a reason that is not theirs: they are not held to their time. */
  pardon(now: Millis): void {
    for (const edge of this.edges.values()) edge.heardAt = now;
  }

  /** Every stream that somebody wants, those that are always on first, at most as many as allowed. */
  wanted(): Map<StreamName, ParsedStream> {
    const wanted = new Map<StreamName, ParsedStream>();
    const add = (stream: StreamName): void => {
      const name = this.names.get(stream) ?? this.parse(stream);
      if (!name || wanted.has(stream)) return;
      if (wanted.size < this.mostStreams) wanted.set(stream, name);
      else this.leftOut += 1;
    };
    this.leftOut = 0;
    this.always.forEach(add);
    for (const { streams } of this.edges.values()) streams.forEach(add);
    this.forgetUnwanted(wanted);
    return wanted;
  }

  /** Who wants how much, for operators. */
  read(now: Millis): { edge: string; streams: number; silentMs: Millis }[] {
    return [...this.edges].map(([edge, { streams, heardAt }]) => ({
      edge,
      streams: streams.size,
      silentMs: Math.round(now - heardAt),
    }));
  }

  private isStream(stream: StreamName, refused: StreamNameProblem[]): boolean {
    if (this.names.has(stream)) return this.names.get(stream) !== undefined;
    const parsed = parseStreamName(stream);
    if (!parsed.ok && this.refusedNames >= MOST_REFUSED) return false;
    this.names.set(stream, parsed.ok ? parsed.value : undefined);
    if (parsed.ok) return true;
    this.refusedNames += 1;
    refused.push(parsed.problem);
    return false;
  }

  private parse(stream: StreamName): ParsedStream | undefined {
    const parsed = parseStreamName(stream);
    return parsed.ok ? parsed.value : undefined;
  }

  private forgetUnwanted(wanted: ReadonlyMap<StreamName, ParsedStream>): void {
    for (const [stream, name] of this.names) if (name && !wanted.has(stream)) this.names.delete(stream);
  }
}

function readDemand(text: string): Demand | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const { edge, streams, again }: Partial<Record<string, unknown>> = value;
  if (typeof edge !== 'string' || edge === '' || edge.length > 200 || !isTextList(streams)) return undefined;
  return { edge, streams, ...(again === true && { again }) };
}

const isTextList = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((item) => typeof item === 'string');
