import type { History, HistorySource } from '#libs/binance';
import type { Hole } from '../streams/order/order.js';

/** One question. */
export interface HistoryPage {
  source: HistorySource;
  /** Rows from this position on. */
  from: number;
  /** What it brings must reach this position; what is above belongs to the next one. */
  end: number;
  /** Whether it goes up to what has just been sent, where a database is a moment behind. */
  isNewest: boolean;
}

/** So many pages of one hole are asked for side by side; the others when those are there. */
const MOST_PAGES = 8;

/** A hole of more events than this is not filled: it would hold up the stream for longer than anybody waits. */
const MOST_EVENTS = 100_000;

/** The newest rows are asked for where a hole is this part of what they hold: what came since must be in them, too. */
const MEMORY_SHARE = 0.8;

/** What to ask for; nothing where nobody can be asked. */
export function choose({ sources }: History, hole: Hole, isUsable: (source: HistorySource) => boolean): HistoryPage[] {
  const { from, to, count } = hole;
  if (count !== undefined && count > MOST_EVENTS) return [];
  const end = (to ?? Infinity) + 1;
  const source = sources.filter(isUsable).find((one) => one.kept === 'database' || reaches(one, hole));
  if (!source) return [];
  if (source.kept === 'memory' || count === undefined) return [{ source, from, end, isNewest: true }];
  const pages = Math.ceil(count / source.mostRows);
  return Array.from({ length: Math.min(pages, MOST_PAGES) }, (_, at) => {
    const first = from + at * source.mostRows;
    return { source, from: first, end: Math.min(end, first + source.mostRows), isNewest: at === pages - 1 };
  });
}

/** Whether the newest rows are likely to hold all of it. A hole without an end is that of a quiet stream. */
const reaches = ({ mostRows }: HistorySource, { to, count }: Hole): boolean =>
  to === undefined || (count !== undefined && count <= mostRows * MEMORY_SHARE);
