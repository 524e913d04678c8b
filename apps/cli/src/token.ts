import { EXIT } from '#libs/core';
import { makeToken } from '#libs/tokens';
import { remark, say } from './output.js';
import { CommandTrouble } from './trouble.js';

interface TokenRights {
  patterns?: string;
  connections?: string;
  streams?: string;
  ops?: true;
}

/** Prints a new token, then the line for the tokens file that admits whoever has it. */
export function token(name: string, { patterns, connections, streams, ops }: TokenRights): void {
  const words = Object.entries({ patterns, connections, streams, ops: ops && 'yes' });
  const rights = words.flatMap(([word, value]) => (value === undefined ? [] : [`${word}=${value}`]));
  const made = makeToken(name, rights);
  if (!made.ok) throw new CommandTrouble(`The token would not be good: ${made.problem}.`, EXIT.usage);
  say(made.value.token);
  say(made.value.line);
  remark('The first line is the token: give it to its holder, it is nowhere else.');
  remark('The second line is for the file that HOLDFAST_TOKENS_FILE names; the token cannot be told from it.');
}
