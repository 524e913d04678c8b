import type { Millis } from '#libs/core';

/** What is plotted over the last hour. */
export const SERIES = [
  'frames',
  'events',
  'deliveries',
  'clients',
  'backlogBytes',
  'lagMedianMs',
  'edgeP50Ms',
  'edgeP99Ms',
  'busP99Ms',
  'cpuPercent',
  'loopPercent',
  'memoryBytes',
] as const;

export type SeriesName = (typeof SERIES)[number];

/** One look: a number for each series, null where this process has none. */
export interface Sample {
  at: Millis;
  values: Readonly<Partial<Record<SeriesName, number | null>>>;
}

/** The samples as columns, as they are drawn: of equal length, the oldest first. */
export interface Columns {
  at: number[];
  series: Partial<Record<SeriesName, (number | null)[]>>;
}

/** The columns, and those that came behind them; what is older than an hour before the newest goes. */
export function joined(columns: Columns, news: Columns): Columns {
  const at = [...columns.at, ...news.at];
  const first = at.findIndex((one) => one > (at.at(-1) ?? 0) - MOST_SAMPLES * SAMPLE_EVERY_MS);
  const nulls = (length: number): null[] => Array<null>(length).fill(null);
  const series: Columns['series'] = {};
  for (const name of SERIES) {
    const [before, after] = [columns.series[name], news.series[name]];
    if (!before && !after) continue;
    const all = [...(before ?? nulls(columns.at.length)), ...(after ?? nulls(news.at.length))];
    series[name] = all.slice(Math.max(0, first));
  }
  return { at: at.slice(Math.max(0, first)), series };
}

/** So many samples make an hour, and so far apart they are. */
export const SAMPLE_EVERY_MS: Millis = 5_000;
const MOST_SAMPLES = 720;

/** The last hour in numbers, in memory that never grows: a ring of doubles for each series. */
export class HourRing {
  private readonly instants = new Float64Array(MOST_SAMPLES);
  private readonly columns = new Map<SeriesName, Float64Array>();
  private next = 0;
  private size = 0;

  add({ at, values }: Sample): void {
    this.instants[this.next] = at;
    for (const name of SERIES) {
      const value = values[name] ?? Number.NaN;
      if (!this.columns.has(name) && Number.isNaN(value)) continue;
      this.columnOf(name)[this.next] = value;
    }
    this.next = (this.next + 1) % MOST_SAMPLES;
    this.size = Math.min(MOST_SAMPLES, this.size + 1);
  }

  /** Those after this instant; series of which nothing was ever known are left out. */
  read(after: Millis = -Infinity): Columns {
    const all = Array.from(
      { length: this.size },
      (_, nth) => (this.next - this.size + nth + MOST_SAMPLES) % MOST_SAMPLES,
    );
    const places = all.filter((place) => (this.instants[place] ?? 0) > after);
    const series: Columns['series'] = {};
    for (const [name, column] of this.columns) series[name] = places.map((place) => known(column[place]));
    return { at: places.map((place) => this.instants[place] ?? 0), series };
  }

  private columnOf(name: SeriesName): Float64Array {
    const column = this.columns.get(name) ?? new Float64Array(MOST_SAMPLES).fill(Number.NaN);
    this.columns.set(name, column);
    return column;
  }
}

/** Three digits are enough for a plot. */
const known = (value = Number.NaN): number | null => (Number.isNaN(value) ? null : Number(value.toPrecision(4)));
