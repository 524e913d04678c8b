#!/usr/bin/env node
import { CommanderError } from 'commander';
import { EXIT } from '#libs/core';
import { withCompletion } from './completion.js';
import { remark } from './output.js';
import { program } from './program.js';
import { CommandTrouble } from './trouble.js';

try {
  await withCompletion(program, process.argv[2]);
  await program.parseAsync();
  // Nothing else is waited for: an HTTP connection kept alive must not keep the command.
  process.exit();
} catch (error) {
  process.exit(codeOf(error));
}

function codeOf(error: unknown): number {
  // Commander has said already what was wrong.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  remark((error as Error).message);
  return error instanceof CommandTrouble ? error.exitCode : EXIT.software;
}
