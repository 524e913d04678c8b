import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { createInterface } from 'node:readline';
import type { Clock } from '#libs/core';
import type { Gateway } from './gateway.js';
import { pause, waitFor } from './wait.js';

export interface TwoRolesOptions {
  clock: Clock;
  redisUrl: string;
  /** Where the build is: the folder `dist` of the project. */
  dist: string;
  /** Settings of both processes, as environment variables, beside the addresses. */
  environment: Readonly<Record<string, string>>;
}

/** Log lines kept of each process. */
const MOST_LINES = 5_000;
const READY_WITHIN_MS = 20_000;

/** One process of ours: started from the build, its log read. */
export class RoleProcess {
  /** Its log, one JSON text per line, the newest last. */
  readonly log: string[] = [];
  private readonly child: ChildProcess;

  constructor(
    readonly role: 'upstream' | 'edge',
    readonly opsUrl: string,
    { dist }: Pick<TwoRolesOptions, 'dist'>,
    environment: Readonly<Record<string, string>>,
  ) {
    this.child = spawn(process.execPath, [`${dist}/apps/${role}/src/main.js`], {
      env: { PATH: process.env['PATH'], ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      if (stream) createInterface({ input: stream }).on('line', (line) => this.keep(line));
    }
  }

  get isRunning(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  /** Resolves when the process says it is ready. */
  async ready(clock: Clock): Promise<void> {
    let isReady = false;
    const ask = async (): Promise<void> => {
      while (!isReady && this.isRunning) {
        isReady = await fetch(`${this.opsUrl}/readyz`).then(
          ({ ok }) => ok,
          () => false,
        );
        await pause(clock, 50);
      }
    };
    void ask();
    await waitFor(clock, `${this.role} ready`, READY_WITHIN_MS, () => isReady || !this.isRunning);
    if (!isReady) throw new Error(`${this.role} ended at its start:\n${this.log.slice(-5).join('\n')}`);
  }

  /** Ends the process as an orchestrator would, or as a crash does. */
  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    if (!this.isRunning) return;
    const gone = once(this.child, 'exit');
    this.child.kill(signal);
    await gone;
  }

  private keep(line: string): void {
    if (this.log.push(line) > MOST_LINES) this.log.shift();
  }
}

/** A gateway as it is deployed: the upstream and the edge in a process each, with Redis between them. */
export class TwoRoles implements Gateway {
  private constructor(
    readonly upstream: RoleProcess,
    readonly edge: RoleProcess,
    readonly url: string,
  ) {}

  /** Resolves when both are ready. */
  static async start(options: TwoRolesOptions): Promise<TwoRoles> {
    const [port, edgeOps, upstreamOps] = await Promise.all([freePort(), freePort(), freePort()]);
    const environment = { ...options.environment, HOLDFAST_REDIS_URL: options.redisUrl };
    const process = (role: 'upstream' | 'edge', opsPort: number, more: Record<string, string> = {}): RoleProcess =>
      new RoleProcess(role, `http://127.0.0.1:${opsPort}`, options, {
        ...environment,
        ...more,
        HOLDFAST_OPS_PORT: String(opsPort),
      });
    const upstream = process('upstream', upstreamOps);
    const edge = process('edge', edgeOps, { HOLDFAST_PORT: String(port) });
    const roles = new TwoRoles(upstream, edge, `ws://127.0.0.1:${port}`);
    try {
      await Promise.all([upstream.ready(options.clock), edge.ready(options.clock)]);
    } catch (error) {
      await roles.stop();
      throw error;
    }
    return roles;
  }

  get opsUrl(): string {
    return this.upstream.opsUrl;
  }

  async stop(): Promise<void> {
    await this.edge.end('SIGTERM');
    await this.upstream.end('SIGTERM');
  }
}

/** A port that is free now; nothing keeps it so, but nobody else is likely to take it within the second. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
