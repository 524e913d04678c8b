import type { ParsedStream } from '#libs/binance';
import type { BookEvent, Cancel, Clock, MarketEvent, Millis, StreamEvent, StreamName } from '#libs/core';
import type { Repairs } from './continuity.js';
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

/** One hole, and who is asked for it now. */
interface Repair {
  readonly stream: ParsedStream;
  readonly hole: Hole;
  /** Those who have not been asked. */
  readonly others: Repairer[];
  /** Who is asked now. */
  asked: Repairer | undefined;
  end: Cancel;
}

/** Asks repairers for the holes of all streams, one after the other, and hands what they bring to the stream's owner. */
export class RepairDesk implements Repairs {
  private repairers: readonly Repairer[] = [];
  private readonly running = new Map<StreamName, Repair>();
  /** Holes that were found in this turn of the event loop; repairers hear of them when it is over. */
  private readonly found = new Set<Repair>();

  constructor(private readonly parts: RepairDeskParts) {}

  /** Who is asked, in this order. To be said before the first stream begins. */
  employ(repairers: readonly Repairer[]): void {
    this.repairers = repairers;
  }

  kindOf(stream: ParsedStream): 'none' | 'patient' | 'tireless' {
    const able = this.repairers.filter((repairer) => repairer.repairs(stream));
    if (able.some(({ isTireless }) => isTireless)) return 'tireless';
    return able.length > 0 ? 'patient' : 'none';
  }

  begin(stream: ParsedStream, hole: Hole): void {
    this.over(stream);
    const others = this.repairers.filter((repairer) => repairer.repairs(stream));
    const repair: Repair = { stream, hole, others, asked: undefined, end: () => undefined };
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
  }

  missed(): void {
    // Nobody asks yet.
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
    if (next) repair.end = next.begin(repair.stream, hole, this.told(repair, next));
    else this.tell(repair.stream, (series, now) => series.continuity.giveUp(why, now));
  }

  /** What somebody who is asked may tell, as long as nobody else is asked and the hole is not over. */
  private told(repair: Repair, by: Repairer): RepairTold {
    const isAsked = (): boolean => this.running.get(repair.stream.name) === repair && repair.asked === by;
    const tell = (act: Act): boolean => isAsked() && this.tell(repair.stream, act);
    return {
      bring: (events: readonly MarketEvent[]) => {
        tell((series, now) => series.continuity.fill(events, now));
        return isAsked() ? this.leftOf(repair) : undefined;
      },
      whole: () => {
        tell((series, now) => series.continuity.whole(now));
        if (isAsked()) this.askNext(repair, this.leftOf(repair), `${by.name}: it was not all`);
      },
      bridge: (book: BookEvent) => tell((series, now) => series.continuity.bridge(book, now)),
      pass: (why: string) => {
        if (isAsked()) this.askNext(repair, this.leftOf(repair), `${by.name}: ${why}`);
      },
    };
  }

  /** What is still missing of it. */
  private leftOf({ stream, hole }: Repair): Hole {
    const { order } = this.parts.find(stream.name)?.continuity ?? {};
    return order?.hole ?? order?.openHole(hole.since) ?? hole;
  }

  /** @returns whether the owner could do something with it. */
  private tell({ name }: ParsedStream, act: Act): boolean {
    const { clock, find, publish } = this.parts;
    const series = find(name);
    const said = series && act(series, clock.now());
    if (series && said) publish(series, said);
    return said !== undefined;
  }
}

/** What the owner of a stream is told; undefined where it can do nothing with it. */
type Act = (series: Series, now: Millis) => readonly StreamEvent[] | undefined;
