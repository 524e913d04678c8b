import type { Millis, Random } from '#libs/core';

/** How frames of a stream come: in groups within a millisecond, most of which are of one frame. */
interface Pace {
  groupsPerSecond: number;
  /** Which share of the groups is of one frame. */
  alone: number;
  /** Frames of the others, on average. */
  together: number;
  /** Whether groups come evenly, as Binance sends diffs of books; others come at random. */
  isEven?: true;
}

const even = (groupsPerSecond: number): Pace => ({ groupsPerSecond, alone: 1, together: 1, isEven: true });

type Paces = Record<'bookTicker' | 'trade' | 'depth@100ms', Pace>;

/**
 * Recorded: 53 s of BTCUSDT (2024-08-08: 4,347 bookTicker, 1,123 trades, 530 diffs), 26 s of ETHUSDT (2024-08-09: 3,056, 680 and 264),
 * and 30 s of four symbols that few trade (NKNUSDT, BLZETH, LRCBTC, RUNEEUR; 2021-10-12: 84 bookTicker, 2 aggregated trades, 177
 * diffs). A group is what came within a millisecond of the frame before, of the same stream.
 */
const BTC: Paces = {
  bookTicker: { groupsPerSecond: 42.9, alone: 0.73, together: 4.4 },
  trade: { groupsPerSecond: 9, alone: 0.71, together: 5.7 },
  'depth@100ms': even(10),
};
const ETH: Paces = {
  bookTicker: { groupsPerSecond: 64.7, alone: 0.7, together: 3.6 },
  trade: { groupsPerSecond: 9.7, alone: 0.61, together: 5.2 },
  'depth@100ms': even(10),
};
const QUIET: Paces = {
  bookTicker: { groupsPerSecond: 0.66, alone: 0.97, together: 3.3 },
  trade: { groupsPerSecond: 0.017, alone: 1, together: 1 },
  'depth@100ms': even(1.5),
};

/** So many of a hundred symbols are as busy as the two that were recorded. */
const BUSY_OF_HUNDRED = 10;

/** Whether a symbol, by its number, is one of the busy ones. */
export const isBusy = (symbol: number): boolean => symbol % 100 < BUSY_OF_HUNDRED;

const paceOf = (stream: string): Pace => {
  const symbol = Number(/\d+/.exec(stream)?.[0]);
  const type = stream.slice(stream.indexOf('@') + 1) as keyof Paces;
  return (isBusy(symbol) ? (symbol % 2 === 0 ? BTC : ETH) : QUIET)[type];
};

/** A group of frames of a stream that is sent at one moment. */
export interface Due {
  at: Millis;
  stream: string;
  frames: number;
}

/** What the streams send in so many seconds, at the rates of the recordings, in the order of time. */
export function recordedPace(streams: readonly string[], seconds: number, random: Random): Due[] {
  return streams.flatMap((stream) => groupsOf(stream, seconds * 1_000, random)).toSorted((a, b) => a.at - b.at);
}

function groupsOf(stream: string, forMs: Millis, random: Random): Due[] {
  const { groupsPerSecond, alone, together, isEven } = paceOf(stream);
  const period = 1_000 / groupsPerSecond;
  const next = (): Millis => (isEven ? period : -Math.log(1 - random()) * period);
  const due: Due[] = [];
  for (let at = isEven ? random() * period : next(); at < forMs; at += next())
    due.push({ at, stream, frames: random() < alone ? 1 : severalOf(together, random) });
  return due;
}

/** Two at least, as many as this on average; large ones are rare. */
function severalOf(mean: number, random: Random): number {
  const goOn = 1 - 1 / (mean - 1);
  let frames = 2;
  while (random() < goOn) frames += 1;
  return frames;
}
