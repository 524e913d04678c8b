import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { onTestFinished } from 'vitest';
import { until } from '../support/until.js';

/** Free ports, loopback, a Binance that refuses connections, and no time to warm up: a process that needs nothing and disturbs nobody. */
const ALONE = {
  HOLDFAST_PORT: '0',
  HOLDFAST_OPS_PORT: '0',
  HOLDFAST_UPSTREAM_WS_URL: 'ws://127.0.0.1:1',
  HOLDFAST_WARM_UP_MS: '0',
};

export interface RoleProcess {
  child: ChildProcess;
  output: () => string;
  exit: Promise<number | null>;
  /** The URL that a part said it listens on; waits until it has. */
  urlOf: (part: 'ops' | 'edge') => Promise<string>;
  /** Sets the clock of its machine a day forward, or back. */
  setClock: (to: 'forward' | 'back') => void;
  /** Stops the process where it is: its connections stay open, and nothing answers. */
  freeze: () => void;
  thaw: () => void;
}

/** Put before the program: the machine's clock is a day further with each SIGUSR2, and back with each SIGHUP. */
const MOVABLE_CLOCK = `let ahead = 0;
  const { now } = Date;
  Date.now = () => now() + ahead;
  process.on('SIGUSR2', () => (ahead += 86_400_000)).on('SIGHUP', () => (ahead -= 86_400_000));`;

/** What a program has from these tests: where programs are found, and what V8 has compiled of it before. */
const ofTests = (): Record<string, string | undefined> => ({
  PATH: process.env['PATH'],
  NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'],
});

interface Surroundings {
  /** Files the process may have open at once. */
  openFiles?: number;
  stdio?: StdioOptions;
  node?: string;
  /** Whether it runs on a terminal; then its process id is that of util-linux's `script`, which makes one. */
  isTerminal?: true;
  /** Whether the clock of its machine can be set, by `setClock`. */
  hasMovableClock?: true;
}

/** Runs a role as the image does: the built program, and no variable but those given. */
export function runRole(
  role: string,
  environment: Record<string, string> = {},
  { openFiles, stdio = 'pipe', node = process.execPath, isTerminal, hasMovableClock }: Surroundings = {},
): RoleProcess {
  const before = hasMovableClock ? ['--import', `data:text/javascript,${encodeURIComponent(MOVABLE_CLOCK)}`] : [];
  const program = [node, ...before, `dist/apps/${role}/src/main.js`];
  const limit = openFiles === undefined ? '' : `ulimit -n ${openFiles}; `;
  const command = isTerminal ? ['script', '-qec', `exec ${program.join(' ')}`, '/dev/null'] : program;
  const child = spawn('/bin/sh', ['-c', `${limit}exec "$@"`, 'sh', ...command], {
    stdio,
    env: { ...ALONE, ...ofTests(), ...environment },
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let output = '';
  child.stdout?.on('data', (text) => (output += String(text)));
  child.stderr?.on('data', (text) => (output += String(text)));
  const urlOf = (part: 'ops' | 'edge'): Promise<string> => {
    const said = part === 'ops' ? /"code":"ops.listening","url":"([^"]+)"/ : /"service":"edge","url":"([^"]+)"/;
    return until(() => said.exec(output)?.[1], { deadlineMs: 20_000, what: `${role} says where its ${part} listens` });
  };
  return {
    child,
    output: () => output,
    exit: once(child, 'close').then(([code]) => code as number | null),
    urlOf,
    setClock: (to) => void child.kill(to === 'forward' ? 'SIGUSR2' : 'SIGHUP'),
    freeze: () => void child.kill('SIGSTOP'),
    thaw: () => void child.kill('SIGCONT'),
  };
}

/** Takes a port until the test ends. */
export async function takePort(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  return String((server.address() as AddressInfo).port);
}
