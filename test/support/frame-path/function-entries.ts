import { Session } from 'node:inspector/promises';

/** A function of ours, and how often it was entered. */
export interface FunctionEntry {
  file: string;
  name: string;
  times: number;
}

/**
 * Counts the function entries of our own code while something runs, as V8's precise coverage has them: functions that V8
 * has inlined count like any other.
 */
export async function functionEntries(run: () => void | Promise<void>): Promise<FunctionEntry[]> {
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false });
  await session.post('Profiler.takePreciseCoverage');
  await run();
  const { result } = await session.post('Profiler.takePreciseCoverage');
  session.disconnect();
  return result
    .filter(({ url }) => /\/dist\/libs\/[a-z]+\/src\//.test(url))
    .flatMap(({ url, functions }) =>
      functions.map(({ functionName, ranges: [whole] }) => ({
        file: url.replace(/^.*\/dist\//, '').replace(/\.js$/, '.ts'),
        name: functionName,
        times: whole?.count ?? 0,
      })),
    );
}
