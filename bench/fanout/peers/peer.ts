import type { Seq } from '#libs/core';

/** How a client gets onto the stream: the path it asks for and, where the protocol wants one, the text it sends first. */
export interface Door {
  path: string;
  hello?: string;
  /** Messages that come whether or not anything was asked for. */
  greetings?: number;
}

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
}
