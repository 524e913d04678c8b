import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { freePort } from '#libs/drill';
import { until } from './until.js';

/** A Redis server of a test's own, which it may kill, freeze and start again on the same port. */
export interface TestRedis {
  url: string;
  port: number;
  pid: number;
  /** Ends the server at once, as a crash would. */
  kill(): Promise<void>;
  /** Starts it again on the same port, with nothing remembered. */
  restart(): Promise<void>;
  /** Stops (SIGSTOP) the process: connections stay open and nothing answers. */
  freeze(): void;
  thaw(): void;
  stop(): Promise<void>;
}

/**
 * Starts a Redis server on a free port of the loopback address, without persistence.
 * @param more further arguments: `['--replicaof', '127.0.0.1 6379']`.
 */
export async function startRedis(more: readonly string[] = []): Promise<TestRedis> {
  const binary = findRedis();
  const port = await freePort();
  const options = ['--save', '', '--appendonly', 'no', ...more];
  let server = await runRedis(binary, port, options);
  const kill = async (): Promise<void> => {
    if (server.exitCode !== null || server.signalCode !== null) return;
    const gone = once(server, 'exit');
    server.kill('SIGKILL');
    await gone;
  };
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    get pid() {
      return server.pid ?? -1;
    },
    kill,
    restart: async () => {
      await kill();
      server = await runRedis(binary, port, options);
    },
    freeze: () => void server.kill('SIGSTOP'),
    thaw: () => void server.kill('SIGCONT'),
    stop: kill,
  };
}

/** @param options arguments of `redis-server` beside the address; the path of a configuration file comes first. */
export async function runRedis(binary: string, port: number, options: readonly string[]): Promise<ChildProcess> {
  // A replica writes down what it is sent, wherever it runs.
  const where = ['--port', `${port}`, '--bind', '127.0.0.1', '--dir', tmpdir(), '--dbfilename', `${port}.rdb`];
  const server = spawn(binary, [...options, ...where], { stdio: 'ignore' });
  await until(() => accepts(port), { deadlineMs: 10_000, what: `redis-server accepts on port ${port}` });
  return server;
}

/** The path of `redis-server`: from the PATH, or installed with apt where we may. */
export function findRedis(): string {
  if (runs('redis-server')) return 'redis-server';
  if (process.getuid?.() === 0 && runs('apt-get')) {
    execFileSync('apt-get', ['update', '-qq'], { stdio: 'ignore' });
    execFileSync('apt-get', ['install', '-y', '-qq', 'redis-server'], { stdio: 'ignore' });
    if (runs('redis-server')) return 'redis-server';
  }
  throw new Error(
    'The tests need a Redis server. Install one (Debian: apt-get install redis-server; macOS: brew install redis) so that redis-server is on the PATH, or set HOLDFAST_TEST_REDIS_URL to a Redis they may write to.',
  );
}

function runs(command: string): boolean {
  try {
    execFileSync(command, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
