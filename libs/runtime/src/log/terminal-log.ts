import { lineWidth } from '#libs/terminal';
import { forPeople } from './people-lines.js';
import { standardOutput } from './standard-output.js';

/** Writes each line of a log as a person reads it, as wide as the terminal is at that moment. */
export const forTerminal = {
  write: (line: string): void => standardOutput.write(forPeople(line, lineWidth(process.stdout))),
};
