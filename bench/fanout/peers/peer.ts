import type { Listening } from '../orders.js';

/** One server under test, of whatever make. */
export interface Peer {
  listen(): Promise<Listening>;
  /** Hands one message to the server, which gets it to every client on the stream. */
  publish(text: string): void;
}
