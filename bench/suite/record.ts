import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { machineInWords } from './machine.js';
import type { Ratio } from './outcome.js';

/** What one benchmark found, as a file keeps it. */
interface Found {
  ratios: Ratio[];
  numbers: unknown;
}

/** What a run found, by the names of benchmarks. */
export interface BenchRecord {
  machine: string;
  benchmarks: { [name: string]: Found };
}

export const recordOf = (benchmarks: BenchRecord['benchmarks']): BenchRecord => ({
  machine: machineInWords(),
  benchmarks,
});

export async function writeRecord(file: string, record: BenchRecord): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, `${JSON.stringify(record, null, 2)}\n`);
}

export const readRecord = async (file: string): Promise<BenchRecord> =>
  JSON.parse(await readFile(file, 'utf8')) as BenchRecord;
