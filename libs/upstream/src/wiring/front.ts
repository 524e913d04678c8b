import { type Millis, stamp } from '#libs/core';
import type { UpstreamSettings } from '#libs/runtime';
import type { DemandBoard } from '../demand/demand-board.js';
import { DemandDesk } from '../demand/demand-desk.js';
import { MissedDesk } from '../demand/missed-desk.js';
import type { Bookmarks } from '../restart/bookmarks.js';
import { WithheldDesk } from '../standby/lending/withheld-desk.js';
import { SymbolList } from '../symbols/symbol-list.js';
import { SymbolsByAsk } from '../symbols/symbols-by-ask.js';
import { TIMINGS } from '../timings.js';
import type { MarketReading } from './reading.js';
import type { Repairing } from './repairing.js';
import { type Speaking, carriedSince } from './speaking.js';
import type { UpstreamParts } from './upstream-parts.js';

interface FrontTies extends Pick<MarketReading, 'memory' | 'streams' | 'pool'>, Pick<Repairing, 'ownRest'> {
  board: DemandBoard;
  speaking: Speaking;
  bookmarks: Bookmarks;
}

/** All that edges know of an upstream beside its streams: that it lives, that it hears what they want, what it answers; and its marks. */
export class Front {
  readonly symbols: SymbolList;
  private readonly desk: DemandDesk;
  private readonly missed: MissedDesk;
  /** There where another upstream may publish instead. */
  private readonly withheld: WithheldDesk | undefined;

  constructor(
    { symbolsEveryMs: everyMs, standby }: Readonly<UpstreamSettings>,
    private readonly parts: UpstreamParts,
    private readonly ties: FrontTies,
  ) {
    const { market, bus, clock, log, timings = TIMINGS } = parts;
    const { board, pool, streams, memory, ownRest: rest, speaking } = ties;
    const { channels } = market;
    this.missed = new MissedDesk({ ask: bus.ask, channel: channels.missed, streams, clock });
    const isOvertaken = (): boolean => !speaking.isSpeaking;
    const judged = (): void => this.desk.followSoon();
    const byAsk = standby ? new SymbolsByAsk(bus.ask, channels.symbols) : undefined;
    this.symbols = new SymbolList({ market, rest, byAsk, bus, clock, log, everyMs, timings, isOvertaken, judged });
    const { symbols } = this;
    const { listening } = speaking;
    const { lagMs } = timings;
    const { ask } = bus;
    const lending = { ask, channel: channels.withheld, streams, carriedSince, lagMs };
    this.withheld = listening && new WithheldDesk({ ...lending, listening });
    this.desk = new DemandDesk({
      market,
      bus,
      board,
      pool,
      streams,
      symbols,
      clock,
      log,
      term: speaking,
      listening,
      memory,
    });
  }

  /** Resolves when demand is heard and what is always on has been asked for. */
  async start(): Promise<void> {
    this.symbols.start();
    await this.ties.speaking.start();
    this.missed.start();
    this.withheld?.start();
    await this.desk.start();
  }

  stop(): void {
    this.symbols.stop();
    this.desk.stop();
    this.missed.stop();
    this.withheld?.stop();
    this.ties.speaking.stop();
  }

  /** To be called once every `HEARTBEAT_EVERY_MS`. */
  beat(now: Millis): void {
    const { speaking } = this.ties;
    const at = stamp(this.parts.clock);
    speaking.beat(at);
    if (speaking.isSpeaking) this.ties.bookmarks.tick(now, at);
    this.desk.tick(now);
  }

  /** Marks where all streams are now. Not waited for: the bus sees to it while it stops, and it may be down. */
  mark(): void {
    if (this.ties.speaking.isSpeaking) void this.ties.bookmarks.write(stamp(this.parts.clock));
  }

  /** Finds somebody who goes on, where there are several. */
  async part(): Promise<void> {
    await this.ties.speaking.part?.();
  }

  /** All is said: somebody else may go on. */
  async leave(): Promise<void> {
    await this.ties.speaking.leave?.();
  }

  /** Our own process stood still: nobody is judged by what was not heard. */
  pardon(now: Millis): void {
    this.ties.board.pardon(now);
    this.ties.speaking.pardon();
  }
}
