import type { ParsedStream } from '#libs/binance';
import type { Cancel, Clock, StreamName } from '#libs/core';
import type { Hole } from '../streams/order/order.js';
import type { RepairTold, Repairer } from '../streams/repairer.js';
import { CheapestFirst } from './cheapest-first.js';
import { type HistoryClient, HistoryRepair } from './history-repair.js';
import { Lag } from './lag.js';

/** So many questions are under way at once. */
const MOST_AT_ONCE = 8;

/**
 * Brings what was missed from Binance's REST API. Holes that are filled at once share a bounded number of questions, the
 * cheapest first, and what is known of how far the database is behind. Nothing is read that is answered after a repair has ended.
 */
export class HistoryDesk implements Repairer {
  readonly name = 'history';
  readonly isTireless = false;
  private readonly turns = new CheapestFirst(MOST_AT_ONCE);
  /** By path. */
  private readonly lags = new Map<string, Lag>();

  constructor(
    private readonly rest: HistoryClient,
    private readonly clock: Clock,
    /** Whether a client wants the stream, rather than only a list of what is always on: those go first. */
    private readonly isAsked: (stream: StreamName) => boolean,
  ) {}

  repairs({ known: { history }, isArray }: ParsedStream): boolean {
    return history !== undefined && !isArray;
  }

  begin(stream: ParsedStream, hole: Hole, told: RepairTold): Cancel {
    const end = new AbortController();
    const { rest, clock, turns } = this;
    const isFirst = (): boolean => this.isAsked(stream.name);
    const tools = { rest, clock, turns, isFirst, lagOf: (path: string) => this.lagOf(path), signal: end.signal };
    const { history } = stream.known;
    if (history) void new HistoryRepair(stream, history, told, tools).run(hole);
    return () => end.abort();
  }

  private lagOf(path: string): Lag {
    let lag = this.lags.get(path);
    if (!lag) this.lags.set(path, (lag = new Lag()));
    return lag;
  }
}
