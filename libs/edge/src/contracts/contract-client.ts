import type { StreamName } from '#libs/core';
import type { Flow } from '../delivery/conflation/flow.js';
import type { Hearer } from '../delivery/crowd.js';
import type { EdgeStream } from '../streams/edge-stream.js';

/** A client, as far as contracts go; a session is one. */
export interface ContractClient extends Hearer {
  /** What it has, by the name by which it asked for it; undefined where nothing ever comes. */
  readonly streams: ReadonlyMap<StreamName, EdgeStream | undefined>;
  /** As whom it hears what it does not hear as itself. */
  readonly hearers: Map<StreamName, Hearer>;
  readonly flow: Flow | undefined;
  hearerOf(name: StreamName): Hearer;
  send(...texts: string[]): void;
}
