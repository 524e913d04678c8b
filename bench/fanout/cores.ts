import { execFileSync } from 'node:child_process';
import { cpus } from 'node:os';

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

/** The machine in words, and who runs where. */
export function placesInWords({ server, load }: Cores): string {
  const machine = `${cpus().length} x ${cpus()[0]?.model.trim() ?? 'unknown processor'}, Node.js ${process.version}`;
  const where =
    server === undefined
      ? 'NOT pinned (no taskset, or one core only): servers and clients disturb each other, expect noise'
      : `servers on core ${server}, clients on core ${load}`;
  return `${machine}; ${where}`;
}
