import type { Truth } from '../audit/strict/strict-check.js';
import { type Summary, summarize } from '../audit/summary.js';
import { NativeWatcher } from './native-watcher.js';
import type { Onlooker, Watcher } from './watcher.js';
import { WireWatcher } from './wire-watcher.js';

export interface CrewOptions {
  /** Where the gateway listens: `ws://127.0.0.1:…`. */
  url: string;
  /** How many clients: half native, a quarter each of Binance's two forms. */
  clients: number;
  /** Upper case, as in payloads. */
  symbols: readonly string[];
  /** Kinds of streams a client takes of its symbol; each round of clients takes the next menu. */
  menus?: readonly (readonly string[])[];
  /** Looks over the shoulder of every native client. */
  onlooker?: Onlooker;
  /** What really happens; every client holds what it sees against it. */
  truth?: Truth;
}

/** Every client has the trades, so that every id has several witnesses. */
const MENUS: readonly (readonly string[])[] = [
  ['trade', 'bookTicker', 'kline_1s'],
  ['trade', 'aggTrade', 'depth@100ms'],
  ['trade', 'depth@100ms', 'miniTicker'],
  ['trade', 'aggTrade', 'bookTicker', 'ticker'],
];

/** The clients of a drill, on both protocols and several streams each. */
export class Crew {
  readonly watchers: readonly Watcher[];

  constructor(options: CrewOptions) {
    this.watchers = Array.from({ length: options.clients }, (_, index) => recruit(index, options));
  }

  get messages(): number {
    return this.watchers.reduce((sum, { messages }) => sum + messages, 0);
  }

  /** Resolves when the gateway serves every client all it wants. */
  async start(): Promise<void> {
    await Promise.all(this.watchers.map((watcher) => watcher.start()));
  }

  async stop(): Promise<void> {
    await Promise.all(this.watchers.map((watcher) => watcher.stop()));
  }

  summary(): Summary {
    return summarize(this.watchers);
  }
}

/** Clients come in pairs, one native and one on Binance's wire, and each pair takes the next symbol. */
function recruit(index: number, { url, symbols, menus = MENUS, onlooker, truth }: CrewOptions): Watcher {
  const pair = Math.floor(index / 2);
  const round = Math.floor(pair / symbols.length);
  const symbol = symbols[pair % symbols.length] ?? '';
  const streams = (menus[round % menus.length] ?? []).map((kind) => `${symbol.toLowerCase()}@${kind}`);
  const name = `client ${index + 1}`;
  if (index % 2 === 0) return new NativeWatcher(name, url, streams, { ...onlooker, ...(truth && { truth }) });
  return new WireWatcher(name, (pair + round) % 2 === 0 ? 'raw' : 'combined', url, streams, truth && { truth });
}
