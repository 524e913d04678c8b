import type { Spread } from './statistics.js';

/** One thing beside another that was measured in the same run: what carries over to other machines. */
export interface Ratio {
  /** What was measured, and of whom: `CPU a message, 50 messages/s x 1,000 clients: Nest`. */
  what: string;
  /** What it is divided by. */
  beside: string;
  times: Spread;
  /** Most that it should be. A noisy machine can miss it too. */
  goal?: number | undefined;
}

/** How something went over time, or grew: a line for each contestant. */
export interface LinePlot {
  /** Ends the name of its file. */
  name: string;
  title: string;
  x: string;
  y: string;
  /** Whether both axes are logarithmic. */
  isLogLog: boolean;
  points: readonly { line: string; x: number; y: number }[];
}

/** What a benchmark found. That every client got every message exactly once is no outcome: a benchmark rejects where it is not so. */
export interface Outcome {
  ratios: Ratio[];
  /** Everything measured, for files. */
  numbers: unknown;
  plots?: LinePlot[];
}
