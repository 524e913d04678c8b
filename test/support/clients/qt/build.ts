import { execFile, execFileSync } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const SOURCE = fileURLToPath(new URL('one-socket.cpp', import.meta.url));

/** Debian: `qt6-websockets-dev` or `libqt5websockets5-dev`, with `g++` and `pkg-config`. */
const LIBRARIES = ['Qt6WebSockets', 'Qt5WebSockets'];

const library = (): string | undefined => LIBRARIES.find((name) => works('pkg-config', ['--exists', name]));

/** Whether this machine can build a program with Qt's WebSockets. */
export const hasQt = (): boolean => works('g++', ['--version']) && library() !== undefined;

/** Builds the Qt program into a new folder; resolves with its path. */
export async function buildQtProgram(folder: string): Promise<string> {
  const flags = execFileSync('pkg-config', ['--cflags', '--libs', library() ?? ''], { encoding: 'utf8' });
  const program = join(folder, 'one-socket');
  await mkdir(folder);
  await promisify(execFile)('g++', ['-std=c++17', '-fPIC', '-o', program, SOURCE, ...flags.trim().split(/\s+/)]);
  return program;
}

function works(command: string, args: string[]): boolean {
  try {
    execFileSync(command, args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
