import type { Clock, Millis } from '#libs/core';
import type { SymbolSpec } from './market/symbols.js';
import type { Limits } from './server/rules/limits.js';

/** Frames from a recording instead of a market. */
export interface ReplayOptions {
  /** JSONL of combined frames; a file of the same name with `.recv-ns.txt` or `.recv-s.txt` gives the times. */
  file: string;
  /** 1 is the original speed, 10 ten times as fast. */
  speed?: number;
  /** Starts again at the end, for ever. */
  loop?: boolean;
  /** Frames, by their number from 0, that happen as the others do and are sent to nobody: REST knows them. */
  cut?: ReadonlySet<number>;
  /** Asked of each frame, by its number from 0, when its time has come: until it may, the time of the recording stands still. */
  mayPlay?: (frame: number) => boolean;
}

/** How to start a simulator; everything has a default. */
export interface SimulatorOptions {
  /** Address to listen on; 127.0.0.1 unless told otherwise. */
  host?: string;
  /** Port of streams and REST; 0 (the default) takes a free one. */
  port?: number;
  /** Port of the control port; 0 (the default) takes a free one. */
  controlPort?: number;
  /** The same seed and start give the same market. Default 1. */
  seed?: number;
  /** The symbols, or how many of them. Default: six, one of them non-ASCII. */
  symbols?: readonly SymbolSpec[] | number;
  clock?: Clock;
  /** Multiplies how much happens per second. Default 1. */
  pace?: number;
  /** How much history there is at the start. Default one minute. */
  historyMs?: Millis;
  /** Trades kept per symbol for REST. Default 50,000, or 5,000 with more than 50 symbols. */
  keepTrades?: number;
  /** How often the market moves on. Default 10 ms. */
  tickMs?: Millis;
  /** Rules other than Binance's. */
  limits?: Partial<Limits>;
  /** Bounds of how long a reply to a control message takes. Default 20 to 60 ms; Binance itself takes 130 to 190. */
  ackDelayMs?: readonly [least: Millis, most: Millis];
  /** Rows younger than this are missing from REST answers that Binance gives from its database. Default 0. */
  databaseLagMs?: Millis;
  /** Serves wss and https with this certificate (PEM). */
  tls?: { key: string | Buffer; cert: string | Buffer };
  replay?: ReplayOptions;
}
