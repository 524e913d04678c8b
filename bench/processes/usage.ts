import { readFileSync, readdirSync } from 'node:fs';

/**
 * CPU time of all threads of a process so far, in microseconds, as Linux' scheduler counts it (not in ticks of 10 ms).
 *
 * @see https://docs.kernel.org/scheduler/sched-stats.html `/proc/<pid>/schedstat`
 */
export function cpuMicrosOf(pid: number): number {
  const tasks = `/proc/${pid}/task`;
  const nanos = readdirSync(tasks).map((task) =>
    Number(readFileSync(`${tasks}/${task}/schedstat`, 'utf8').split(' ')[0]),
  );
  return nanos.reduce((sum, each) => sum + each, 0) / 1_000;
}

/** Memory of a process that is in use, in bytes; what its sockets take in the kernel is not in it. */
export const rssBytesOf = (pid: number): number =>
  Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1_024;
