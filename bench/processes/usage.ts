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
export const rssBytesOf = (pid: number): number => bytesIn(pid, 'VmRSS');

/** Of that, what is no page of a file: those the kernel takes back from a process that does nothing. */
export const ownBytesOf = (pid: number): number => bytesIn(pid, 'RssAnon');

/** @see https://man7.org/linux/man-pages/man5/proc_pid_status.5.html */
function bytesIn(pid: number, field: 'VmRSS' | 'RssAnon'): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(new RegExp(String.raw`^${field}:\s+(\d+) kB$`, 'm').exec(status)?.[1]) * 1_024;
}
