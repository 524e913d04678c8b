import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { systemClock as clock } from '#libs/runtime';
import type { Look, Workload } from './workload.js';

const pause = (ms: number): Promise<void> => new Promise((resolve) => void clock.after(ms, resolve));

interface PodPlace {
  node: string;
  opsPort: number;
  clientsPort: number;
  /** What the machine of the drill says otherwise than the manifest: addresses. */
  here: Readonly<Record<string, string>>;
}

/** Lines of its log that are kept. */
const LAST_LINES = 20;

/** A process as the kubelet runs it: probed, told to end, and killed when it does not. */
export class Pod {
  /** Whether its readiness probe passes. */
  isReady = false;
  /** How long it has been ready without a break. */
  readySince: number | undefined;
  isTerminating = false;
  /** What went wrong, in words. */
  readonly troubles: string[] = [];
  private readonly lines: string[] = [];
  private readonly child: ChildProcess;
  private isLost = false;

  constructor(
    readonly workload: Workload,
    readonly place: PodPlace,
  ) {
    const { PATH, NODE_COMPILE_CACHE, HOLDFAST_WARM_UP_MS } = process.env;
    this.child = spawn(process.execPath, [workload.program], {
      env: { PATH, NODE_COMPILE_CACHE, HOLDFAST_WARM_UP_MS, ...workload.environment, ...place.here },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      if (stream) createInterface({ input: stream }).on('line', (line) => this.keep(line));
    }
    void this.probe(workload.readiness, (passes) => this.takeReadiness(passes));
    void this.probe(workload.liveness, (passes) => {
      if (!passes && this.hasBegun) this.troubles.push(`${workload.component} would have been restarted`);
    });
  }

  get isRunning(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  /** Ready for as long as its Deployment asks for. */
  get isAvailable(): boolean {
    const { readySince } = this;
    return readySince !== undefined && !this.isTerminating && clock.now() - readySince >= this.workload.minReadyMs;
  }

  /** One part of `/status`; undefined where it does not answer. */
  async status(section: string): Promise<unknown> {
    return Reflect.get(Object(await this.ask('/status').then((answer) => answer?.json())), section);
  }

  /** Whether one of its probes passes now. */
  async passes(probe: 'readiness' | 'liveness'): Promise<boolean> {
    return (await this.ask(this.workload[probe].path))?.ok === true;
  }

  /** Tells it to end, and kills it after its grace. Resolves when it is gone. */
  async terminate(): Promise<void> {
    this.isTerminating = true;
    const gone = once(this.child, 'close');
    this.child.kill('SIGTERM');
    const cancel = clock.after(this.workload.graceMs, () => void this.child.kill('SIGKILL'));
    const [code, signal] = (await gone) as [number | null, string | null];
    cancel();
    if (code !== 0)
      this.troubles.push(`${this.workload.component} ended with ${code ?? signal}: ${this.lines.join('\n')}`);
  }

  /** Its node is gone: it says no last word. Frozen, its connections stay open. */
  lose(how: 'SIGKILL' | 'SIGSTOP'): void {
    this.isLost = true;
    this.isReady = false;
    this.child.kill(how);
  }

  /** For the end of a drill. */
  async kill(): Promise<void> {
    this.isLost = true;
    if (!this.isRunning) return;
    const gone = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await gone;
  }

  /** Whether it was ready once: until then it is the startup probe that counts. */
  private hasBegun = false;

  private takeReadiness(passes: boolean): void {
    this.isReady = passes && !this.isLost;
    this.hasBegun ||= passes;
    this.readySince = this.isReady ? (this.readySince ?? clock.now()) : undefined;
  }

  private async probe({ path, everyMs, failures }: Look, took: (passes: boolean) => void): Promise<void> {
    let failed = 0;
    while (this.isRunning && !this.isLost) {
      const passes = (await this.ask(path))?.ok === true;
      failed = passes ? 0 : failed + 1;
      if (this.isLost || !this.isRunning) break;
      // Not ready, it says so at once; only silence is counted.
      if (passes || failed >= failures || !this.hasBegun) took(passes);
      await pause(everyMs);
    }
    this.isReady = false;
  }

  private ask(path: string): Promise<Response | undefined> {
    const signal = AbortSignal.timeout(this.workload.readiness.within);
    return fetch(`http://127.0.0.1:${this.place.opsPort}${path}`, { signal }).catch(() => undefined);
  }

  private keep(line: string): void {
    if (this.lines.push(line) > LAST_LINES) this.lines.shift();
  }
}
