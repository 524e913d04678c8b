/**
 * How a process of ours ends.
 *
 * @see https://man.freebsd.org/cgi/man.cgi?query=sysexits for 64, 69, 70 and 78
 */
export const EXIT = {
  ok: 0,
  /** The command line is wrong; the message says how. */
  usage: 64,
  /** A port that cannot be listened on, a Redis that cannot be reached at start. */
  unavailable: 69,
  /** A bug of ours. */
  software: 70,
  /** A setting is not what it should be; the line names it. */
  config: 78,
} as const;
