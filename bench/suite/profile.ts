import { mkdirSync, writeFileSync } from 'node:fs';
import { Session } from 'node:inspector/promises';
import { join, resolve } from 'node:path';

let profiles = 0;

/**
 * The environment in which a Node.js process writes down, as it ends by itself, where its CPU time went; nothing where no folder is
 * given. Such a process must not be killed.
 */
export function profiledAs(name: string, folder: string | undefined): { NODE_OPTIONS?: string } {
  if (folder === undefined) return {};
  profiles += 1;
  const file = `${name}-${process.pid}-${profiles}.cpuprofile`;
  return { NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${resolve(folder)} --cpu-prof-name=${file}` };
}

/** The same of this process, while `act` runs. */
export async function profiled<T>(name: string, folder: string, act: () => Promise<T>): Promise<T> {
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.start');
  try {
    return await act();
  } finally {
    const { profile } = await session.post('Profiler.stop');
    session.disconnect();
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, `${name}-${process.pid}.cpuprofile`), JSON.stringify(profile));
  }
}
