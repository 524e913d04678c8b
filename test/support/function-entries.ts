import { Session } from 'node:inspector/promises';

/** How often a function was entered, per call of what was measured. */
export interface FunctionEntries {
  file: string;
  name: string;
  times: number;
}

/**
 * Counts the function entries of our own code while something runs, as V8's precise coverage has them.
 *
 * @param ours picks the files that count, by their URL.
 * @param calls by how many the counts are divided.
 */
export async function functionEntries(
  run: () => void,
  calls: number,
  ours: (url: string) => boolean,
): Promise<FunctionEntries[]> {
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false });
  await session.post('Profiler.takePreciseCoverage');
  run();
  const { result } = await session.post('Profiler.takePreciseCoverage');
  await session.post('Profiler.stopPreciseCoverage');
  session.disconnect();
  return result
    .filter(({ url }) => ours(url))
    .flatMap(({ url, functions }) =>
      functions.map(({ functionName, ranges: [whole] }) => ({
        file: url.replace(/^.*\/(libs\/)/, '$1'),
        name: functionName === '' ? '(arrow)' : functionName,
        times: (whole?.count ?? 0) / calls,
      })),
    )
    .filter(({ times }) => times >= 0.5);
}
