import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Clock } from '#libs/core';
import { freePort } from './free-port.js';
import type { Gateway } from './gateway.js';
import { pause, waitFor } from './wait.js';

/** What every process of ours is started with. */
interface RoleProcessOptions {
  /** Where the build is: the folder `dist` of the project. */
  dist: string;
  /** None for a standalone gateway. */
  redisUrl?: string;
  /** Settings as environment variables, beside the addresses. */
  environment: Readonly<Record<string, string>>;
}

export interface TwoRolesOptions extends RoleProcessOptions {
  clock: Clock;
  redisUrl: string;
  /** Whether a second upstream stands by for the first. */
  hasStandby?: boolean;
}

/** Log lines kept of each process. */
const MOST_LINES = 5_000;
const READY_WITHIN_MS = 45_000;

/** One process of ours: started from the build, its log read. */
export class RoleProcess {
  /** Its log, one JSON text per line, the newest last. */
  readonly log: string[] = [];
  readonly opsUrl: string;
  private readonly child: ChildProcess;

  constructor(
    readonly role: 'upstream' | 'edge' | 'standalone',
    opsPort: number,
    { dist, redisUrl, environment }: RoleProcessOptions,
    more: Readonly<Record<string, string>> = {},
  ) {
    this.opsUrl = `http://127.0.0.1:${opsPort}`;
    const env = {
      PATH: process.env['PATH'],
      // Roles begin often: what V8 has compiled once may be kept where somebody says.
      NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'],
      // As long as usual, where nobody says otherwise.
      HOLDFAST_WARM_UP_MS: process.env['HOLDFAST_WARM_UP_MS'],
      ...environment,
      ...more,
      // Clients of a drill come when data does.
      ...(role === 'edge' && { HOLDFAST_READY_NEEDS_DATA: 'yes' }),
      ...(redisUrl !== undefined && { HOLDFAST_REDIS_URL: redisUrl }),
      HOLDFAST_OPS_PORT: String(opsPort),
    };
    this.child = spawn(process.execPath, [`${dist}/apps/${role}/src/main.js`], {
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      if (stream) createInterface({ input: stream }).on('line', (line) => this.keep(line));
    }
  }

  get pid(): number {
    return this.child.pid ?? -1;
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

  /** Of an upstream that is one of several: what it is now. Undefined where it does not answer. */
  async leadState(): Promise<unknown> {
    const status: unknown = await fetch(`${this.opsUrl}/status`).then(
      (answer) => answer.json(),
      () => undefined,
    );
    return Object(Reflect.get(Object(status), 'term')).role;
  }

  /** Ends the process as an orchestrator would, or as a crash does. Resolves with its exit code, when its log is read; null where a signal ended it. */
  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null> {
    if (this.isRunning) {
      const gone = once(this.child, 'close');
      this.child.kill(signal);
      await gone;
    }
    return this.child.exitCode;
  }

  /** Stops the process where it is (SIGSTOP): its connections stay open, and nothing answers. */
  freeze(): void {
    this.child.kill('SIGSTOP');
  }

  thaw(): void {
    this.child.kill('SIGCONT');
  }

  private keep(line: string): void {
    if (this.log.push(line) > MOST_LINES) this.log.shift();
  }
}

/** A gateway as it is deployed: the upstream and the edge in a process each, with Redis between them. */
export class TwoRoles implements Gateway {
  private constructor(
    private readonly options: TwoRolesOptions,
    private readonly ports: RolePorts,
    public upstream: RoleProcess,
    public edge: RoleProcess,
    /** The second upstream, where there are two; which of them publishes they say themselves. */
    public standby: RoleProcess | undefined,
  ) {}

  /** Resolves when both are ready. */
  static async start(options: TwoRolesOptions): Promise<TwoRoles> {
    const [clients, edgeOps, upstreamOps, standbyOps] = await Promise.all(Array.from({ length: 4 }, freePort));
    const ports = { clients, edgeOps, upstreamOps, standbyOps } as RolePorts;
    const standby = options.hasStandby ? spawnUpstream(options, ports.standbyOps) : undefined;
    const upstream = spawnUpstream(options, ports.upstreamOps);
    const roles = new TwoRoles(options, ports, upstream, spawnEdge(options, ports), standby);
    try {
      await Promise.all([upstream, roles.edge, ...(standby ? [standby] : [])].map((role) => role.ready(options.clock)));
    } catch (error) {
      await roles.stop();
      throw error;
    }
    return roles;
  }

  get url(): string {
    return `ws://127.0.0.1:${this.ports.clients}`;
  }

  get opsUrl(): string {
    return this.upstream.opsUrl;
  }

  /** Ends the upstream as a crash or an orchestrator does, and starts another one. Resolves when that one is ready. */
  async replaceUpstream(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    await this.upstream.end(signal);
    this.upstream = spawnUpstream(this.options, this.ports.upstreamOps);
    await this.upstream.ready(this.options.clock);
  }

  /** The one of two upstreams that publishes; undefined while none does. */
  async leader(): Promise<RoleProcess | undefined> {
    const all = [this.upstream, ...(this.standby ? [this.standby] : [])].filter(({ isRunning }) => isRunning);
    const roles = await Promise.all(all.map((role) => role.leadState()));
    return all[roles.indexOf('leading')];
  }

  /** The other one. */
  async follower(): Promise<RoleProcess | undefined> {
    return (await this.leader()) === this.upstream ? this.standby : this.upstream;
  }

  /** Ends the one that publishes, and starts another in its place, which stands by. Resolves when it is ready to. */
  async replaceLeader(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const { options, ports } = this;
    const leader = await this.leader();
    if (!leader) throw new Error('no upstream publishes');
    await leader.end(signal);
    const isFirst = leader === this.upstream;
    const next = spawnUpstream(options, isFirst ? ports.upstreamOps : ports.standbyOps);
    if (isFirst) this.upstream = next;
    else this.standby = next;
    await next.ready(options.clock);
  }

  async stop(): Promise<void> {
    await this.edge.end('SIGTERM');
    await Promise.all([this.upstream.end('SIGTERM'), this.standby?.end('SIGTERM')]);
  }
}

interface RolePorts {
  clients: number;
  edgeOps: number;
  upstreamOps: number;
  standbyOps: number;
}

function spawnUpstream(options: TwoRolesOptions, opsPort: number): RoleProcess {
  return new RoleProcess('upstream', opsPort, options, options.hasStandby ? { HOLDFAST_STANDBY: 'yes' } : {});
}

function spawnEdge(options: TwoRolesOptions, { edgeOps, clients }: RolePorts): RoleProcess {
  return new RoleProcess('edge', edgeOps, options, { HOLDFAST_PORT: String(clients) });
}
