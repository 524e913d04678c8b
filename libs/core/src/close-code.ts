/**
 * WebSocket close codes that Holdfast itself sends to a client, from the range RFC 6455 leaves to applications.
 * 4000 to 4499: come back, perhaps later. 4500 to 4999: do not come back unchanged. A code is never reused: 4500 has been one.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6455#section-7.4.2
 */
export const CLOSE = {
  /** This process is going away; another one takes over. */
  shuttingDown: 4000,
  /** The client read too slowly and its buffer reached the limit. */
  tooSlow: 4001,
  /** This edge already holds as many connections as it was told to. */
  tooManyConnections: 4002,
  /** Sent commands faster than allowed, again and again. */
  tooFast: 4003,
  /** The client was behind its streams, and what it lacks is not kept any more. */
  fellBehind: 4004,
  /** The token with which the client came in has ended. */
  tokenExpired: 4005,
  /** This edge has no room for the streams now. */
  noRoom: 4006,
  /** Sent something that is not a command, again and again. */
  tooManyErrors: 4501,
} as const;

export type CloseCode = (typeof CLOSE)[keyof typeof CLOSE];

/** Whether a client that was closed with this code should connect again: yes for every code that is not 4500 to 4999. */
export const shouldComeBack = (code: number): boolean => code < 4500 || code > 4999;
