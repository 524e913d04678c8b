import { RoleProcess, type TwoRolesOptions, freePort } from '#libs/drill';
import { silentLog, systemClock as clock } from '#libs/runtime';
import { startEdge } from './start-edge.js';
import { until } from './until.js';

/** An edge that a balancer sends clients to. */
export interface BalancedEdge {
  readonly port: number;
  /** Whether a balancer may send it somebody, as the balancer knows. */
  readonly isReady: boolean;
  /** How many clients it has asked to go elsewhere. */
  readonly told: number;
  /** Tells it to stop. Resolves when it has, with what went wrong. */
  end(): Promise<string | undefined>;
}

/** How long an edge takes to part with its clients: each has its five seconds, but the spread is short. */
const DRAIN = { waitMs: 500, graceMs: 10_000 };

/** A balancer asks so often who is ready. */
const ASK_EVERY_MS = 100;

/** Asks an edge again and again whether it is ready, until it is gone. */
class Probe {
  isReady = false;
  isOver = false;

  constructor(private readonly opsUrl: string) {
    void this.ask();
  }

  private async ask(): Promise<void> {
    while (!this.isOver) {
      this.isReady = await fetch(`${this.opsUrl}/readyz`).then(
        ({ ok }) => ok,
        () => false,
      );
      await new Promise<void>((resolve) => void clock.after(ASK_EVERY_MS, resolve));
    }
    this.isReady = false;
  }
}

/** An edge in a process of its own. Resolves when it is ready. */
export async function edgeProcess(options: TwoRolesOptions): Promise<BalancedEdge> {
  const [port, opsPort] = [await freePort(), await freePort()];
  const process = new RoleProcess('edge', opsPort, options, {
    HOLDFAST_PORT: `${port}`,
    HOLDFAST_DRAIN_WAIT_MS: `${DRAIN.waitMs}`,
    HOLDFAST_DRAIN_GRACE_MS: `${DRAIN.graceMs}`,
  });
  await process.ready(clock);
  const probe = new Probe(process.opsUrl);
  await until(() => probe.isReady);
  return {
    port,
    get isReady() {
      return probe.isReady;
    },
    get told() {
      const line = process.log.find((one) => one.includes('"edge.draining"')) ?? '{}';
      return (JSON.parse(line) as { clients?: number }).clients ?? 0;
    },
    end: async () => {
      const code = await process.end('SIGTERM');
      probe.isOver = true;
      return code === 0 ? undefined : `an edge ended with ${code}: ${process.log.slice(-5).join('\n')}`;
    },
  };
}

/** An edge in this process: nothing has to be started but it, so hundreds can be replaced in a few minutes. */
export async function edgeInside({ redisUrl }: Pick<TwoRolesOptions, 'redisUrl'>): Promise<BalancedEdge> {
  let told = 0;
  const info = (fields: { code?: string; clients?: number }): void => {
    if (fields.code === 'edge.draining') told += fields.clients ?? 0;
  };
  const settings = { drainWaitMs: DRAIN.waitMs, drainGraceMs: DRAIN.graceMs, lingerMs: 1_000, readyNeedsData: true };
  const edge = await startEdge(settings, { redisUrl, log: { ...silentLog, info } });
  const { port } = new URL(edge.wsUrl);
  const probe = new Probe(edge.opsUrl);
  await until(() => probe.isReady, { deadlineMs: 30_000 });
  return {
    port: Number(port),
    get isReady() {
      return probe.isReady;
    },
    get told() {
      return told;
    },
    end: async () => {
      await edge.stop();
      probe.isOver = true;
      return undefined;
    },
  };
}
