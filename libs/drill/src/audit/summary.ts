import type { Millis, StreamName } from '#libs/core';
import type { Ledger } from './ledger.js';
import type { StreamAccount } from './ledger-page.js';
import { Ranges } from './ranges.js';
import type { StrictCheck } from './strict/strict-check.js';

/** How a client of a drill talks to the gateway: our protocol, or Binance's wire in one of its two forms. */
export type Protocol = 'native' | 'raw' | 'combined';

/** One client of a drill and its ledger. */
export interface Witness {
  readonly protocol: Protocol;
  readonly ledger: Ledger;
  /** Compares what came with what was true, where that is known. */
  readonly check?: StrictCheck | undefined;
}

/** What all clients together saw on one stream. */
export interface StreamSummary {
  stream: StreamName;
  clients: number;
  /** Market messages, all clients together. */
  messages: number;
  /** Different ids that at least one client never got. */
  missing: number;
  /** Different gaps that native clients were told of. */
  gaps: number;
  /** Different ids that had to be fetched and came in their place. */
  filled: number;
  /** How long each fill took, from the beginning of the trouble, as one native client was told; the newest ones only. */
  fillMs: readonly Millis[];
  /** Missing ids nobody was told of, all clients together; on Binance's wire, those no native client of the stream was told of. */
  unannounced: number;
  doubled: number;
  reordered: number;
  /** Places (`epoch`, `seq`) lost, doubled or out of order at native clients. */
  brokenPlaces: number;
}

/** What all clients of a drill saw. */
export interface Summary {
  clients: Record<Protocol, number>;
  messages: number;
  /** Connections that closed without the client asking for it. */
  disconnects: number;
  streams: StreamSummary[];
  /** What was not true, or not as it must be said, all clients together; and the first of it in words, and of broken places and untold ids. */
  wrong: number;
  wrongs: readonly string[];
}

/** Wrong things that are told in words. */
const MOST_WRONGS = 10;

/** Adds up the ledgers of all clients. Streams are in the order of their names. */
export function summarize(witnesses: readonly Witness[]): Summary {
  const clients: Record<Protocol, number> = { native: 0, raw: 0, combined: 0 };
  const byStream = new Map<StreamName, StreamAccount[]>();
  let disconnects = 0;
  for (const { protocol, ledger } of witnesses) {
    clients[protocol] += 1;
    disconnects += ledger.disconnects;
    for (const account of ledger.accounts()) {
      byStream.set(account.stream, [...(byStream.get(account.stream) ?? []), account]);
    }
  }
  const streams = [...byStream]
    .map(([stream, accounts]) => summarizeStream(stream, accounts))
    .sort((a, b) => (a.stream < b.stream ? -1 : 1));
  const checks = witnesses.flatMap(({ check }) => check ?? []);
  const faults = streams.flatMap(({ stream, unannounced, brokenPlaces }) =>
    unannounced + brokenPlaces > 0 ? faultsIn(stream, byStream.get(stream) ?? []) : [],
  );
  return {
    clients,
    messages: sum(streams, 'messages'),
    disconnects,
    streams,
    wrong: sum(checks, 'wrong'),
    wrongs: [...checks.flatMap(({ examples }) => examples), ...faults].slice(0, MOST_WRONGS),
  };
}

const faultsIn = (stream: StreamName, accounts: readonly StreamAccount[]): string[] =>
  accounts.flatMap(({ faults }) => faults.map((fault) => `${stream}: ${fault}`));

/** Whether a missing id is a fault where it was announced. */
export type Strictness = 'nothing may be missing' | 'gaps may be announced';

/** What a drill must not see, each with its count; a good drill has none. */
export function faultsOf(
  { disconnects, streams, wrong }: Summary,
  strictness: Strictness = 'gaps may be announced',
): { one: string; many: string; count: number }[] {
  const mayMiss = strictness === 'gaps may be announced';
  return [
    { one: 'client disconnect', many: 'client disconnects', count: disconnects },
    { one: 'missing id', many: 'missing ids', count: mayMiss ? 0 : sum(streams, 'missing') },
    { one: 'unannounced missing id', many: 'unannounced missing ids', count: sum(streams, 'unannounced') },
    { one: 'doubled id', many: 'doubled ids', count: sum(streams, 'doubled') },
    { one: 'reordered id', many: 'reordered ids', count: sum(streams, 'reordered') },
    { one: 'broken place in a stream', many: 'broken places in a stream', count: sum(streams, 'brokenPlaces') },
    { one: 'thing that was not true', many: 'things that were not true', count: wrong },
  ].filter(({ count }) => count > 0);
}

function summarizeStream(stream: StreamName, accounts: readonly StreamAccount[]): StreamSummary {
  const told = new Ranges();
  const missing = new Map<string, Ranges>();
  for (const account of accounts) {
    told.addAll(account.announced);
    for (const [series, ranges] of account.missing) {
      const all = missing.get(series) ?? new Ranges();
      all.addAll(ranges);
      missing.set(series, all);
    }
  }
  return {
    stream,
    clients: accounts.length,
    messages: sum(accounts, 'messages'),
    missing: sizeOf(missing) + Math.max(...accounts.map(({ missingBefore }) => missingBefore)),
    gaps: Math.max(...accounts.map((account) => account.gaps)),
    filled: Math.max(...accounts.map((account) => account.filled)),
    fillMs: accounts.reduce<readonly Millis[]>((most, { fillMs }) => (fillMs.length > most.length ? fillMs : most), []),
    unannounced: accounts.reduce((total, account) => total + untold(account, told), 0),
    doubled: sum(accounts, 'doubled'),
    reordered: sum(accounts, 'reordered'),
    brokenPlaces: sum(accounts, 'lostPlaces') + sum(accounts, 'doubledPlaces') + sum(accounts, 'reorderedPlaces'),
  };
}

/** A native client must have been told itself; on Binance's wire nobody can be, so the native clients speak for it. */
function untold({ isNative, unannounced, missing }: StreamAccount, told: Ranges): number {
  if (isNative) return unannounced;
  return [...missing.values()].reduce((total, ranges) => total + ranges.minus(told).size, 0);
}

const sizeOf = (missing: ReadonlyMap<string, Ranges>): number =>
  [...missing.values()].reduce((total, ranges) => total + ranges.size, 0);

/** One column of a table, added up. */
export const sum = <K extends string>(rows: readonly Record<K, number>[], key: K): number =>
  rows.reduce((total, row) => total + row[key], 0);
