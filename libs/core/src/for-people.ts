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
