import type { Seq } from '#libs/core';
import type { Listening } from '../orders.js';

/** One server under test, of whatever make. */
export interface Peer {
  listen(): Promise<Listening>;
  /** Hands one message to the server, which gets it to every client on the stream. `seq` is the one in the text. */
  publish(text: string, seq: Seq): void;
}
