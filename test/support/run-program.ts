import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { onTestFinished } from 'vitest';

/** A program that runs, and ends with its test at the latest. */
export interface RunningProgram {
  /** Everything it has said so far, errors too. */
  readonly said: string;
  readonly ended: Promise<number | null>;
  interrupt(): void;
}

export function runProgram(command: string, args: readonly string[], cwd = process.cwd()): RunningProgram {
  const child = spawn(command, args, { cwd });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (said += chunk.toString()));
  onTestFinished(() => void child.kill('SIGKILL'));
  return {
    get said() {
      return said;
    },
    ended: once(child, 'close').then(([code]) => code as number | null),
    interrupt: () => void child.kill('SIGINT'),
  };
}
