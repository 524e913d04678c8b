import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { systemClock } from '#libs/runtime';
import { CATALOGUE } from './catalogue.js';
import type { Benchmark, Common } from './suite/plan.js';
import { type BenchRecord, readRecord, recordOf, writeRecord } from './suite/record.js';
import { ratioTable } from './suite/table.js';

/**
 * All benchmarks one after the other, each in a process of its own: what V8 has learnt of one would change the next. Prints all ratios
 * in one table. Resolves with the names of those that failed or took too long.
 */
export async function runAll(asked: Common): Promise<string[]> {
  const names = Object.keys(CATALOGUE);
  const most = names.reduce((sum, name) => sum + minutesOf(CATALOGUE[name], asked), 0);
  console.log(`${names.length} benchmarks, one after the other: ${names.join(', ')}; ${most} minutes at most`);
  const folder = await mkdtemp(join(tmpdir(), 'bench-'));
  const failed: string[] = [];
  const found: BenchRecord['benchmarks'] = {};
  try {
    for (const name of names) {
      const file = join(folder, `${name}.json`);
      console.log(`\n=== ${name}: ${CATALOGUE[name]?.says}`);
      if (await runOne(name, { ...asked, json: file })) Object.assign(found, (await readRecord(file)).benchmarks);
      else failed.push(name);
    }
  } finally {
    await rm(folder, { recursive: true });
  }
  const ratios = Object.fromEntries(Object.entries(found).map(([name, { ratios }]) => [name, ratios]));
  console.log(`\n=== all ratios, median of the repetitions\n${ratioTable(ratios)}`);
  if (asked.json !== undefined) await writeRecord(asked.json, recordOf(found));
  return failed;
}

const minutesOf = (benchmark: Benchmark | undefined, { quick }: Common): number =>
  benchmark?.minutes[quick ? 'quick' : 'usual'] ?? 0;

/** Whether it ended well, in time. It leads a group of processes, which ends with it, whatever becomes of it. */
async function runOne(name: string, asked: Common): Promise<boolean> {
  const main = fileURLToPath(new URL('./main.js', import.meta.url));
  const child = spawn(process.execPath, [...process.execArgv, main, name, ...flagsOf(asked)], {
    detached: true,
    stdio: 'inherit',
  });
  const exited = once(child, 'exit') as Promise<[code: number | null]>;
  const end = (): void => {
    if (child.exitCode === null && child.signalCode === null) process.kill(-(child.pid ?? 0), 'SIGKILL');
  };
  const interrupted = (): never => {
    end();
    process.exit(130);
  };
  const minutes = minutesOf(CATALOGUE[name], asked);
  const forget = systemClock.after(minutes * 60_000, () => {
    console.error(`${name} took longer than ${minutes} minutes and is ended`);
    end();
  });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, interrupted);
  const [code] = await exited;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, interrupted);
  forget();
  return code === 0;
}

const flagsOf = ({ quick, json, plots, cpuProfile }: Common): string[] => [
  ...(quick ? ['--quick'] : []),
  ...Object.entries({ json, plots, 'cpu-profile': cpuProfile }).flatMap(([flag, path]) =>
    path === undefined ? [] : [`--${flag}`, resolve(path)],
  ),
];
