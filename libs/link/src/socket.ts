import type { Millis } from '#libs/core';

/** Why there was no connection, or no longer one, where no close frame and no HTTP status says it. */
export type FailureClass = 'dns' | 'tcp' | 'tls' | 'handshake' | 'timeout' | 'protocol' | 'reset';

/** Where a connection runs, for people: `10.0.0.7:51234` and `stream.binance.com:9443`. */
export interface Endpoints {
  from?: string;
  to?: string;
}

/** The peer answered the upgrade with an HTTP status instead of a WebSocket. */
export interface UpgradeRefusal {
  status: number;
  /** From a `Retry-After` header, in seconds or as a date. */
  retryAfterMs?: Millis;
}

export interface SocketFailure {
  class: FailureClass;
  message: string;
  /** The last bytes that were read before a protocol error, for the question "is it them or me?". */
  bytes?: Uint8Array;
}

/** A close handshake, or (1006) the loss of the connection without one. */
export interface Closing {
  code: number;
  reason: string;
}

/**
 * What one socket tells its owner. `opened` comes at most once; exactly one of `refused`, `failed` and `closed` ends it,
 * and nothing comes after that.
 */
export interface SocketEvents {
  opened(endpoints: Endpoints): void;
  /** One whole message. The bytes are not checked to be UTF-8. */
  readonly message: (bytes: Uint8Array, isBinary: boolean) => void;
  /** A sign of life that is no message: the peer's ping (answered already, which is one message of ours) or its pong. */
  heartbeat(kind: 'ping' | 'pong'): void;
  refused(refusal: UpgradeRefusal): void;
  failed(failure: SocketFailure): void;
  closed(closing: Closing): void;
}

/** One connection attempt and what became of it. Never used for a second one: nothing half read can survive in it. */
export interface Socket {
  /** Sends a text; does nothing when not open. */
  send(text: string): void;
  /** Starts the close handshake; ends in `closed` within a bounded time, whatever the peer does. */
  close(code: number, reason: string): void;
  /** Drops the connection without a word. */
  terminate(): void;
}

/** Opens a new socket. Events never arrive before it has returned. */
export type Dial = (url: string, events: SocketEvents) => Socket;
