import type { ParsedStream } from '#libs/binance';
import type { Cancel, Clock, Millis, StreamName } from '#libs/core';
import type { Hole } from '../streams/order/order.js';
import type { RepairTold, Repairer } from '../streams/repairer.js';
import type { Series } from '../streams/series.js';
import type { Spare } from './spare.js';

const NOT_THERE = 'the spare line does not have it';

/** What the repairer works with. */
export interface SpareRepairerParts {
  clock: Clock;
  /** How often it is looked whether the spare line has come so far, and for how long. */
  timings: { tickMs: Millis; holdMs: Millis };
  /** Whether there are spare lines at all. */
  isOn: boolean;
  seriesOf(stream: StreamName): Series | undefined;
  spareOf(stream: StreamName): Spare | undefined;
}

/** Holes that a slot's own line leaves though it is up: the spare line is asked to stand in, which brings what it has. */
export class SpareRepairer implements Repairer {
  readonly name = 'spare';
  readonly isTireless = false;

  constructor(private readonly parts: SpareRepairerParts) {}

  repairs(): boolean {
    return this.parts.isOn;
  }

  begin(stream: ParsedStream, hole: Hole, told: RepairTold): Cancel {
    const { clock } = this.parts;
    let cancel = clock.after(0, () => {
      const line = this.parts.spareOf(stream.name)?.ask();
      if (line === undefined || hole.reason === 'interrupted') return told.pass(NOT_THERE);
      // Where it stood in before the hole was found, the stream's owner has waited for it as long already.
      cancel = this.wait({ stream, line, upTo: hole.upTo, told, until: hole.since + this.parts.timings.holdMs });
    });
    return () => cancel();
  }

  /** The spare line may be the slower one: what is missing comes with what it brings next, and ends this wait from outside. */
  private wait(awaited: SlowerLine): Cancel {
    const { clock, timings } = this.parts;
    const { stream, line, upTo, told, until } = awaited;
    const reach = this.parts.seriesOf(stream.name)?.sources.get(line)?.reach ?? Infinity;
    let cancel = clock.after(reach >= upTo || clock.now() >= until ? 0 : timings.tickMs, () => {
      if (reach >= upTo || clock.now() >= until) told.pass(NOT_THERE);
      else cancel = this.wait(awaited);
    });
    return () => cancel();
  }
}

/** What the spare line is waited for. */
interface SlowerLine {
  stream: ParsedStream;
  line: number;
  upTo: number;
  told: RepairTold;
  until: Millis;
}
