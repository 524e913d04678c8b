import { execFileSync } from 'node:child_process';
import { machineInWords } from '../suite/machine.js';

/** The processors that the two sides of a bench stay on; undefined lets the kernel choose. */
export interface Cores {
  server: number | undefined;
  load: number | undefined;
}

/** Servers on one core and clients on another, where the machine has two and `taskset` is there. */
export function coresToUse(): Cores {
  try {
    for (const core of ['0', '1']) execFileSync('taskset', ['-c', core, 'true'], { stdio: 'ignore' });
    return { server: 0, load: 1 };
  } catch {
    return { server: undefined, load: undefined };
  }
}

/** Keeps a process that runs already, and all its threads, on a core. */
export function keepOn(pid: number, core: number | undefined): void {
  if (core !== undefined) execFileSync('taskset', ['-a', '-c', '-p', String(core), String(pid)], { stdio: 'ignore' });
}

/** The machine in words, and who runs where. */
export function placesInWords({ server, load }: Cores): string {
  const where =
    server === undefined
      ? 'NOT pinned (no taskset, or one core only): servers and clients disturb each other, expect noise'
      : `servers on core ${server}, clients on core ${load}`;
  return `${machineInWords()}; ${where}`;
}
