interface Benchmark {
  run(args: string[]): Promise<void>;
}

/** Exit code of a command that was called wrongly. */
const MISUSED = 2;

/** The benchmarks by name; each is loaded only when it is asked for. */
const BENCHMARKS: Record<string, () => Promise<Benchmark>> = {
  book: () => import('./book.js'),
  fanout: () => import('./fanout.js'),
  ingest: () => import('./ingest.js'),
  continuity: () => import('./continuity.js'),
  slow: () => import('./slow.js'),
  redis: () => import('./redis.js'),
  recovery: () => import('./recovery.js'),
  spare: () => import('./spare.js'),
};

const [name = '', ...args] = process.argv.slice(2);
const load = Object.hasOwn(BENCHMARKS, name) ? BENCHMARKS[name] : undefined;
if (load) {
  await (await load()).run(args).catch(explain);
} else {
  console.error(`Usage: npm run bench -- NAME [OPTIONS], where NAME is one of: ${Object.keys(BENCHMARKS).join(', ')}`);
  process.exitCode = MISUSED;
}

/** An option that does not exist is the caller's mistake, not ours. */
function explain(error: Error & { code?: string }): void {
  if (!error.code?.startsWith('ERR_PARSE_ARGS')) throw error;
  console.error(error.message);
  process.exitCode = MISUSED;
}
