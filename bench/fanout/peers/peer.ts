import type { Seq } from '#libs/core';
import type { Door } from '../../crowd/orders.js';

/** A server under test that is listening; the doors are named by the contestants that go through them. */
export interface Listening {
  port: number;
  doors: Record<string, Door>;
  /** Where its metrics are, if it has any. */
  opsUrl?: string;
}

/** One server under test, of whatever make. */
export interface Peer {
  listen(): Promise<Listening>;
  /** Hands one message to the server, which gets it to every client on the stream. `seq` is the one in the text. */
  publish(text: string, seq: Seq): void;
  /** Processes that serve, where they are not this one: what it takes to hand a message over is then not counted. */
  pids?(): readonly number[];
  /** Ends them, at once. */
  end?(): void;
}
