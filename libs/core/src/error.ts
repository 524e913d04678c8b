/**
 * Codes of an `error` message on the native protocol. Programs read the code, people read the message.
 * A code is never given a second meaning; PROTOCOL.md lists them.
 */
export const ERROR_CODES = [
  'bad-json',
  'bad-command',
  'unknown-command',
  'bad-stream',
  'retired-stream',
  'forbidden',
  'too-many-streams',
  'no-room',
  'too-many-commands',
  'internal',
] as const;

export type ErrorCode = (typeof ERROR_CODES)[number];

export interface HoldfastErrorOptions extends ErrorOptions {
  /** Streams that are to blame, with a sentence for each. */
  streams?: Readonly<Record<string, string>>;
}

/** A refusal that carries a code for programs and a sentence for people: what was wrong, where, what was expected. */
export class HoldfastError extends Error {
  /** Streams that are to blame, with a sentence for each; absent where it is not about some of them only. */
  readonly streams?: Readonly<Record<string, string>>;

  constructor(
    readonly code: ErrorCode,
    message: string,
    { streams, ...options }: HoldfastErrorOptions = {},
  ) {
    super(message, options);
    this.name = 'HoldfastError';
    if (streams) this.streams = streams;
  }
}
