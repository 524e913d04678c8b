import type { ParsedStream } from '#libs/binance';
import type { BookEvent, Cancel, Clock, MarketEvent, Millis, StreamEvent, StreamName } from '#libs/core';
import type { HoleLoss, Repairs } from './mending.js';
import type { Hole } from './order/order.js';
import type { RepairTold, Repairer } from './repairer.js';
import type { Series } from './series.js';

/** What the desk does its work on. */
export interface RepairDeskParts {
  clock: Clock;
  find(stream: StreamName): Series | undefined;
  /** Publishes what was fetched, and what follows it, at a pace that nobody is hurt by. */
  publish(series: Series, said: readonly StreamEvent[]): void;
}

/** What became of a hole. */
export interface RepairEnd {
  /** The repairer that closed it; `line` where a connection brought it after all, `nobody` where it became a gap. */
  by: string;
  /** How many events repairers brought. */
  events: number;
  /** Since it was found. */
  ms: Millis;
}

/** Where holes are written down for operators. */
export interface HoleBook {
  ended(end: RepairEnd): void;
  missed(stream: ParsedStream, hole: Hole, loss: HoleLoss): void;
}

/** One hole, and who is asked for it now. */
interface Repair {
  readonly stream: ParsedStream;
  readonly hole: Hole;
  /** Those who have not been asked. */
  readonly others: Repairer[];
  /** Who is asked now. */
  asked: Repairer | undefined;
  /** Who brought something last. */
  by: string;
  /** How many events had been brought to the stream before. */
  readonly filledBefore: number;
  end: Cancel;
}

/** Asks repairers for the holes of all streams, one after the other, and hands what they bring to the stream's owner. */
export class RepairDesk implements Repairs {
  private repairers: readonly Repairer[] = [];
  private book: HoleBook | undefined;
  private readonly running = new Map<StreamName, Repair>();
  /** Holes that were found in this turn of the event loop; repairers hear of them when it is over. */
  private readonly found = new Set<Repair>();

  constructor(private readonly parts: RepairDeskParts) {}

  /** Who is asked, in this order, and who writes down what became of it. To be said before the first stream begins. */
  employ(repairers: readonly Repairer[], book?: HoleBook): void {
    this.repairers = repairers;
    this.book = book;
  }

  isMuted({ name }: ParsedStream): boolean {
    return this.parts.find(name)?.withheld !== undefined;
  }

  kindOf(stream: ParsedStream): 'none' | 'patient' | 'tireless' {
    if (this.isMuted(stream)) return 'none';
    const able = this.repairers.filter((repairer) => repairer.repairs(stream));
    if (able.some(({ isTireless }) => isTireless)) return 'tireless';
    return able.length > 0 ? 'patient' : 'none';
  }

  begin(stream: ParsedStream, hole: Hole): void {
    this.over(stream);
    const others = this.repairers.filter((repairer) => repairer.repairs(stream));
    const end = (): void => undefined;
    const filledBefore = this.filledOf(stream);
    const repair: Repair = { stream, hole, others, asked: undefined, by: 'line', filledBefore, end };
    this.running.set(stream.name, repair);
    if (this.found.size === 0) this.parts.clock.after(0, () => this.askAll());
    this.found.add(repair);
  }

  over({ name }: ParsedStream): void {
    const repair = this.running.get(name);
    if (!repair) return;
    this.running.delete(name);
    this.found.delete(repair);
    repair.end();
    const { hole, by, filledBefore } = repair;
    const events = this.filledOf(repair.stream) - filledBefore;
    // Where nothing was known to be missing, and nothing was, there was no hole.
    if (hole.to === undefined && events === 0) return;
    this.book?.ended({ by, events, ms: this.parts.clock.now() - hole.since });
  }

  missed(stream: ParsedStream, hole: Hole, loss: HoleLoss): void {
    if (this.isMuted(stream)) return;
    const repair = this.running.get(stream.name);
    if (repair) repair.by = 'nobody';
    this.book?.missed(stream, hole, loss);
  }

  private askAll(): void {
    const found = [...this.found];
    this.found.clear();
    for (const repair of found) this.askNext(repair, repair.hole, 'nobody has it');
  }

  /** @param why the one before had nothing. */
  private askNext(repair: Repair, hole: Hole, why: string): void {
    const next = repair.others.shift();
    repair.asked = next;
    repair.end = () => undefined;
    if (next) {
      const end = next.begin(repair.stream, hole, this.told(repair, next));
      if (repair.asked === next) repair.end = end;
    } else this.tell(repair.stream, (series, now) => series.continuity.giveUp(why, now));
  }

  /** What somebody who is asked may tell, as long as nobody else is asked and the hole is not over. */
  private told(repair: Repair, by: Repairer): RepairTold {
    const isAsked = (): boolean => this.running.get(repair.stream.name) === repair && repair.asked === by;
    const tell = (act: OwnerAct): boolean => isAsked() && this.tell(repair.stream, act);
    return {
      bring: (events: readonly MarketEvent[]) => {
        if (isAsked() && events.length > 0) repair.by = by.name;
        tell((series, now) => series.continuity.fill(events, now));
        return isAsked() ? this.leftOf(repair) : undefined;
      },
      whole: () => {
        tell((series, now) => series.continuity.whole(now));
        if (isAsked()) this.askNext(repair, this.leftOf(repair), `${by.name}: it was not all`);
      },
      lost: (to: number, why: string) => {
        tell((series, now) => series.continuity.lost(to, `${by.name}: ${why}`, now));
        return isAsked() ? this.leftOf(repair) : undefined;
      },
      bridge: (book: BookEvent) => {
        if (isAsked()) repair.by = by.name;
        return tell((series, now) => series.continuity.bridge(book, now));
      },
      pass: (why: string) => {
        if (isAsked()) this.askNext(repair, this.leftOf(repair), `${by.name}: ${why}`);
      },
    };
  }

  private filledOf({ name }: ParsedStream): number {
    return this.parts.find(name)?.continuity.filled ?? 0;
  }

  /** What is still missing of it. */
  private leftOf({ stream, hole }: Repair): Hole {
    const { order } = this.parts.find(stream.name)?.continuity ?? {};
    return order?.hole ?? order?.openHole(hole.since) ?? hole;
  }

  /** @returns whether the owner could do something with it. */
  private tell({ name }: ParsedStream, act: OwnerAct): boolean {
    const { parts } = this;
    const series = parts.find(name);
    const said = series && act(series, parts.clock.now());
    if (series && said) parts.publish(series, said);
    return said !== undefined;
  }
}

/** What the owner of a stream is told; undefined where it can do nothing with it. */
type OwnerAct = (series: Series, now: Millis) => readonly StreamEvent[] | undefined;
