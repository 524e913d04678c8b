import type { RequestId } from '#libs/binance';
import type { HoldfastError, Result } from '#libs/core';

/** A client's message, understood as far as its wire goes; what it asks for is the handler's business. */
export interface Command {
  /** Name of the gateway's handler. */
  handler: string;
  /** Comes back in the reply; absent where the client gave none. */
  id?: RequestId;
  /** What the handler gets. */
  data?: unknown;
}

/**
 * What became of a command: the reply, which the wire puts into words (undefined where the handler has written it itself), or
 * why it was refused.
 */
export type Outcome = Result<unknown, HoldfastError>;

/** What a message from a client turned out to be. */
export type Incoming =
  | { kind: 'command'; command: Command }
  | { kind: 'refused'; error: HoldfastError; id?: RequestId }
  | { kind: 'hopeless'; code: number; reason: string };

/** The form of messages on one kind of path. */
export interface Wire {
  readonly name: 'native' | 'binance';
  /** How clients are told that the edge stops. */
  readonly goodbye: { code: number; reason: string };
  /** How a client is told that it sends more than is read. */
  readonly flood: { code: number; reason: string };
  /** How a client is told that it has read too slowly. */
  readonly slow: { code: number; reason: string };
  /** A client is closed after so many refused commands without a good one between. */
  readonly mostRefusals: number;
  /** Never throws. Undefined stands for a binary message. */
  read(text: string | undefined): Incoming;
  /** What becomes of a message beyond so many per second. */
  tooFast(text: string | undefined, perSecond: number): Incoming;
  /** The text of the reply to a command that was carried out. */
  reply(command: Command, result: unknown): string;
  /** The text of the reply to one that was not. */
  refuse(error: HoldfastError, id?: RequestId): string;
}
