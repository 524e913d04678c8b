import { type Cancel, type Millis, assertNever } from '#libs/core';
import type { Connection } from '../line/connection.js';
import { Line, type LineOwner } from '../line/line.js';
import { Taint } from '../problems/taint.js';
import { lineDueAt } from '../rotation/schedule.js';
import type { Slot, SlotTools } from '../rotation/slot.js';
import type { Goodbye } from '../rotation/step.js';
import { CAUSES, DISCLAIMED, GOODBYES } from '../rotation/texts.js';
import type { Series } from '../streams/series.js';
import type { SourceId } from '../streams/sources.js';
import type { Streams } from '../streams/streams.js';
import { type Kept, keptEvents } from './catch-up.js';
import { keyOfFrame, keyOfStream } from './frame-key.js';
import { Lead } from './lead.js';
import { Return } from './return.js';
import { Ring } from './ring.js';
import { MOVES, type SpareEffect, type SpareEvent, type SpareState } from './table.js';

/** How often what happened, over all spare lines; read by the metrics. */
export interface SpareCounts {
  /** Frames kept. */
  kept: number;
  /** Kept frames that were read because something was missing. */
  read: number;
  /** Times that one stood in for a slot's own line. */
  stoodIn: number;
}

/** What spare lines are made with. */
export interface SpareTools extends SlotTools {
  streams: Streams;
  counts: SpareCounts;
}

/** One line keeps so much at most, whatever time that is. */
const MOST_BYTES = 32 * 1_024 * 1_024;

/** The server's farewell, which the connection itself reads. */
const FAREWELL = keyOfStream('!serverShutdown');

/**
 * The second connection of a slot: the same streams, kept as bytes until they are missing. Then it is one more source of each of them,
 * first with what it has kept and then with what comes, until the slot's own line brings everything again. See `spare.why.md`.
 */
export class Spare {
  private now: SpareState = 'none';
  private line: Line | undefined;
  private dueAt: Millis = Infinity;
  private readonly kept: Kept;
  private readonly taint = new Taint();
  private readonly lead: Lead;
  private comeback: Return | undefined;
  private cancelJoin: Cancel | undefined;

  constructor(
    private readonly slot: Slot,
    private readonly tools: SpareTools,
  ) {
    const { market, clock, settings, timings } = tools;
    const ring = new Ring({ keepMs: settings.spareMs, mostBytes: MOST_BYTES });
    this.kept = { ring, market, clock, lagMs: timings.lagMs };
    this.lead = new Lead(timings.lagMs);
  }

  /** Its line, for those who look at all lines, and how it stands. */
  get view(): { state: SpareState; line: Line | undefined; bytes: number; dueAt: Millis } {
    return { state: this.now, line: this.line, bytes: this.kept.ring.bytes, dueAt: this.dueAt };
  }

  /** The connection that brings the slot's streams in place of its own line; undefined while it only keeps. */
  get standIn(): Connection | undefined {
    return this.now === 'standing-in' ? this.line?.connection : undefined;
  }

  /** The set of streams has changed. */
  sync(): void {
    const wanted = new Set(this.slot.cargo.names());
    this.line?.want(wanted);
    this.kept.ring.retain(new Set([...wanted].map(keyOfStream)));
  }

  /** A stream more. */
  add(series: Series): void {
    const now = this.tools.clock.now();
    if (this.standIn) series.sources.open(this.line?.generation ?? -1, now);
  }

  /** Something is missing, or soon will be. Whether this line brings the slot's streams now, and which it is. */
  ask(): number | undefined {
    this.handle('asked');
    return this.standIn && this.line?.generation;
  }

  /** Judges what is going on; called often. */
  tick(now: Millis): void {
    const own = this.slot.line?.connection;
    const spare = this.line?.connection;
    this.kept.ring.expire(now);
    // Whoever has no line yet is not helped by two that dial.
    if (!this.line && own) this.handle('needed');
    if (this.now === 'keeping' && spare) {
      if (!own || this.lead.isTooLong(own, spare, now)) this.handle('asked');
      else if (now >= this.dueAt && this.slot.isCalm) this.handle('worn', 'took-over');
    } else if (this.now === 'standing-in' && this.comeback?.isComplete(this.line?.generation ?? -1, now)) {
      this.handle('covered');
    }
  }

  /** Another line is to take its place, unless clients have nothing else. */
  renew(): void {
    this.handle('worn', 'took-over');
  }

  /** Resolves when its socket is gone. */
  async stop(because: Goodbye): Promise<void> {
    const { line } = this;
    this.handle('unneeded', because);
    await line?.stop(CAUSES[because], GOODBYES[because]);
  }

  private handle(event: SpareEvent, because: Goodbye = 'unneeded'): void {
    const move = MOVES[this.now][event];
    if (!move) return;
    this.now = move.to;
    for (const effect of move.do) this.carryOut(effect, because);
  }

  private carryOut(effect: SpareEffect, because: Goodbye): void {
    const { cargo, line: own } = this.slot;
    switch (effect) {
      case 'dial':
        return this.dial();
      case 'retire':
        void this.line?.stop(CAUSES[because], GOODBYES[because]);
        this.line = undefined;
        return;
      case 'join':
        return this.join();
      case 'leave':
        this.cancelJoin?.();
        this.comeback = undefined;
        return cargo.drop(this.line?.generation ?? -1);
      case 'disclaim':
        // A line of its own that has all names is a line that brings them.
        if (!own?.connection?.isSynced) cargo.announce(DISCLAIMED);
        return;
      default:
        return assertNever(effect);
    }
  }

  private dial(): void {
    const { generations } = this.tools;
    const generation = generations.upcoming++;
    const { route } = this.slot.identity;
    const identity = { generation, why: 'spare', purpose: 'spare', route, taint: this.taint } as const;
    this.dueAt = Infinity;
    const tools = { ...this.tools, pipe: (line: Line) => this.keep(line) };
    this.line = new Line(identity, new Set(this.slot.cargo.names()), tools, this.owner());
    this.line.start();
  }

  /**
   * It is a source of what it surely carries, at once, and need not be told that its own line has dropped; and of what it is just asking
   * for, after that has dropped: in between such a stream had no source, which its owner must see.
   */
  private join(): void {
    const { slot, tools, line } = this;
    const connection = line?.connection;
    if (!line || !connection) return;
    const { log, counts, clock, timings } = tools;
    const { generation } = line;
    const now = clock.now();
    counts.stoodIn += 1;
    log.info({ code: 'spare.stands-in', generation, line: slot.line?.generation }, 'a spare line brings the streams');
    this.comeback = new Return(slot, timings, now);
    for (const series of slot.cargo.all()) {
      if (connection.requests.carriedSince.has(series.name.name)) this.bring(series, generation, now);
    }
    this.cancelJoin = clock.after(0, () => slot.cargo.carry(generation));
  }

  private bring(series: Series, source: SourceId, now: Millis): void {
    const { streams, counts } = this.tools;
    series.sources.open(source, now);
    const view = series.sources.get(source);
    if (view) view.heardAt = now;
    for (const events of keptEvents(series, this.kept, now)) {
      counts.read += 1;
      streams.publishPaced(series, series.accept(events, source, now));
    }
  }

  /** What becomes of its messages: kept as they are; what is no frame of a stream, or comes while it stands in, is read. */
  private keep(line: Line): (bytes: Uint8Array, isBinary: boolean) => void {
    const { clock, counts } = this.tools;
    const read = this.tools.pipe(line);
    return (bytes, isBinary) => {
      const frame = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes);
      const key = isBinary ? undefined : keyOfFrame(frame);
      if (key === undefined || key === FAREWELL) return read(bytes, isBinary);
      const now = clock.now();
      counts.kept += 1;
      this.kept.ring.keep(key, frame, now);
      if (this.now === 'standing-in') read(bytes, isBinary);
      else line.connection?.pass(frame, now);
    };
  }

  private owner(): LineOwner {
    const { clock, log } = this.tools;
    return {
      opened: ({ connection }) => {
        const now = clock.now();
        this.dueAt = lineDueAt(connection?.openedAt ?? now, this.tools);
        this.handle('opened');
        this.tick(now);
      },
      distrusted: ({ generation }, reason, why) => {
        log.warn({ code: 'line.distrusted', generation, reason, why }, 'a spare connection is to be replaced');
        this.renew();
      },
      // What Binance refuses it says to the slot's own line, too.
      refused: () => undefined,
      carries: () => undefined,
      held: () => undefined,
      ended: (line, _, retryMs) => {
        if (retryMs === undefined || line !== this.line) return { do: 'nothing' };
        this.handle('lost');
        if (this.slot.cargo.size > 0) return { do: 'retry', inMs: retryMs };
        this.handle('unneeded');
        return { do: 'nothing' };
      },
    };
  }
}
