import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { profiledAs } from '../suite/profile.js';

/** Orders by name: each takes at most one thing and resolves with the answer. */
type Handlers<O> = { [K in keyof O]: (ask: never) => Promise<unknown> };

type Answer = { ok: true; value: unknown } | { ok: false; problem: string };

interface ChildOptions {
  /** In the folder of the benchmarks, without its extension. */
  script:
    | 'fanout/server'
    | 'crowd/load-client'
    | 'slow/crowd'
    | 'stacks/feed'
    | 'stacks/relay'
    | 'stacks/relay-edge'
    | 'stacks/whole-relay';
  args?: string[];
  /** Processor to stay on; undefined lets the kernel choose. */
  core?: number | undefined;
  /** Folder for a CPU profile of it. */
  cpuProfile?: string | undefined;
}

/** For a process that does not end by itself. */
const PATIENCE_MS = 10_000;

/** A process of this bench, pinned to a core, that obeys one order at a time. */
export class Child<O extends Handlers<O>> {
  private constructor(
    private readonly process: ChildProcess,
    private readonly name: string,
  ) {}

  static start<O extends Handlers<O>>({ script, args = [], core, cpuProfile }: ChildOptions): Child<O> {
    const file = fileURLToPath(new URL(`../${script}.js`, import.meta.url));
    const command = [process.execPath, file, ...args];
    const pinned = core === undefined ? command : ['taskset', '-c', String(core), ...command];
    const [program = process.execPath, ...rest] = pinned;
    const name = [script, ...args].join(' ');
    const env = { ...process.env, ...profiledAs(name.replaceAll(/\W+/g, '-'), cpuProfile) };
    return new Child<O>(spawn(program, rest, { env, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] }), name);
  }

  get pid(): number {
    return this.process.pid ?? -1;
  }

  async ask<K extends keyof O & string>(order: K, ...ask: Parameters<O[K]>): Promise<Awaited<ReturnType<O[K]>>> {
    const gone = new AbortController();
    const answered = once(this.process, 'message', { signal: gone.signal });
    const died = once(this.process, 'exit', { signal: gone.signal }).then(([code]) => {
      throw new Error(`${this.name} ended with ${String(code)} while it was asked to ${order}`);
    });
    this.process.send({ order, ask: ask[0] });
    try {
      const [answer] = (await Promise.race([answered, died])) as [Answer];
      if (!answer.ok) throw new Error(`${this.name} could not ${order}: ${answer.problem}`);
      return answer.value as Awaited<ReturnType<O[K]>>;
    } finally {
      gone.abort();
      await Promise.allSettled([answered, died]);
    }
  }

  async end(): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    const exited = once(this.process, 'exit');
    // Without its parent it ends by itself, with what it has started, and writes its profile down; who is killed does neither.
    this.process.disconnect();
    const isGone = await Promise.race([exited.then(() => true), pause(PATIENCE_MS, false, { ref: false })]);
    if (!isGone) this.process.kill('SIGKILL');
    await exited;
  }
}

/** The other side: answers the parent's orders for as long as the parent lives. */
export function obey<O extends Handlers<O>>(handlers: O): void {
  process.on('disconnect', () => process.exit(0));
  process.on('message', (message: { order: keyof O; ask: never }) => {
    handlers[message.order](message.ask).then(
      (value) => answer({ ok: true, value }),
      (error: unknown) =>
        answer({ ok: false, problem: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
    );
  });
}

const answer = (message: Answer): void => {
  process.send?.(message);
};
