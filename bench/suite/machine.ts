import { cpus, loadavg } from 'node:os';

/** What the numbers of a run depend on beside the code. */
export const machineInWords = (): string =>
  `${cpus().length} x ${cpus()[0]?.model.trim() ?? 'unknown processor'}, Node.js ${process.version}, load of the last minute ${loadavg()[0]?.toFixed(1)}`;
