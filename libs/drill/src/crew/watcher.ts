import type { FeedEvent, StreamEvent, StreamName } from '#libs/core';
import type { Ledger } from '../audit/ledger.js';
import type { StrictCheck, Truth } from '../audit/strict/strict-check.js';
import type { Protocol } from '../audit/summary.js';

/** A client of a drill: connects once, never again, and enters everything it sees in its ledger. */
export interface Watcher {
  readonly name: string;
  readonly protocol: Protocol;
  readonly streams: readonly StreamName[];
  readonly ledger: Ledger;
  readonly check?: StrictCheck | undefined;
  /** Market messages received. */
  readonly messages: number;
  /** Why the connection ended, where it did so unasked. */
  readonly lost: string | undefined;
  /** Resolves when the gateway serves every stream; rejects when it refuses one or cannot be reached. */
  start(): Promise<void>;
  /** Leaves. What happens to the connection afterwards is nobody's fault. */
  stop(): Promise<void>;
}

/** Looks over a watcher's shoulder: for a screen, and for a drill that compares whole frames. Called after the ledger. */
export interface Onlooker {
  /** One text of Binance's wire, as it came. */
  wire?(text: string): void;
  event?(event: StreamEvent): void;
  feed?(event: FeedEvent): void;
  /** What really happens, to hold everything against that the watcher sees. */
  truth?: Truth;
}
