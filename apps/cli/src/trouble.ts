import { EXIT } from '#libs/core';

/** Something a command cannot go on after; its message is all that people need to know. */
export class CommandTrouble extends Error {
  override readonly name = 'CommandTrouble';

  constructor(
    message: string,
    readonly exitCode: number = EXIT.unavailable,
  ) {
    super(message);
  }
}
