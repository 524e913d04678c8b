/** How numbers are written wherever people read them: reports, screens, pages, reasons. */

/** 1234567 → `1,234,567`. */
export const count = (value: number): string => value.toLocaleString('en-US');

/** 1, `stream` → `1 stream`; 2 → `2 streams`; 2, `rule of Binance`, `rules of Binance` → `2 rules of Binance`. */
export const counted = (value: number, one: string, many = `${one}s`): string =>
  `${count(value)} ${value === 1 ? one : many}`;

/** In seconds, however short: 48 → `0.05 s`, 754 → `0.8 s`, 83,000 → `1 min 23 s`, 7,380,000 → `2 h 3 min`. */
export function duration(ms: number): string {
  if (ms < 59_950) return `${(ms / 1_000).toFixed(ms > 0 && ms < 95 ? 2 : 1)} s`;
  const seconds = Math.round(ms / 1_000);
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  return `${Math.floor(seconds / 3_600)} h ${Math.floor((seconds % 3_600) / 60)} min`;
}

/** The same in whole seconds, for what is told anew each second: 4,300 → `4 s`. */
export const wholeSeconds = (ms: number): string =>
  ms < 59_500 ? `${Math.max(0, Math.round(ms / 1_000))} s` : duration(Math.max(ms, 60_000));

/** In the unit that people read: 900 → `900 B`, 12,345 → `12.3 kB`, 4,194,304 → `4.2 MB`. */
export function bytes(size: number): string {
  if (size < 1_000) return `${size} B`;
  return size < 1_000_000 ? `${(size / 1_000).toFixed(1)} kB` : `${(size / 1_000_000).toFixed(1)} MB`;
}

/** 0.25 → `0.3/s`, 1,234.4 → `1,234/s`. */
export const perSecond = (rate: number): string =>
  rate > 0 && rate < 9.95 ? `${rate.toFixed(1)}/s` : `${count(Math.round(rate))}/s`;

/** How long something has run, as a clock shows it: 83,000 → `1:23`. */
export function clockOf(ms: number): string {
  const seconds = Math.floor(ms / 1_000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

/** The time of day, by the wall of whoever reads it: `21:03:12`. */
export const timeOfDay = (at: number): string => new Date(at).toTimeString().slice(0, 8);

/** A decimal without the zeros that Binance pads numbers with, but with two digits behind the point at least. */
export const trimmed = (decimal: string): string => decimal.replace(/(\.\d\d\d*?)0+$/, '$1');
