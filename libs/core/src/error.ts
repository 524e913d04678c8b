/**
 * Codes of an `error` message on the native protocol. Programs read the code, people read the message.
 * A code is never given a second meaning; PROTOCOL.md lists them.
 */
export type ErrorCode =
  | 'bad-json'
  | 'bad-command'
  | 'unknown-command'
  | 'bad-stream'
  | 'retired-stream'
  | 'too-many-streams'
  | 'too-many-commands'
  | 'internal';

/** A refusal that carries a code for programs and a sentence for people: what was wrong, where, what was expected. */
export class HoldfastError extends Error {
  constructor(
    readonly code: ErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'HoldfastError';
  }
}
