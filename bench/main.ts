interface Benchmark {
  run(args: string[]): Promise<void>;
}

/** The benchmarks by name; each is loaded only when it is asked for. */
const BENCHMARKS: Record<string, () => Promise<Benchmark>> = {
  fanout: () => import('./fanout.js'),
  ingest: () => import('./ingest.js'),
};

const [name = '', ...args] = process.argv.slice(2);
const load = BENCHMARKS[name];
if (load) {
  await (await load()).run(args);
} else {
  console.error(`Usage: npm run bench -- NAME [OPTIONS], where NAME is one of: ${Object.keys(BENCHMARKS).join(', ')}`);
  process.exitCode = 64;
}
