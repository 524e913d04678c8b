/** Why something is not well, for people; `undefined` when it is. */
export type Trouble = string | undefined;

/** What an operator can make a process do, by `POST /commands/<name>`. */
export interface OpsCommand {
  /** One sentence: what it does and what it takes. */
  says: string;
  /** Resolves with what is shown to the operator; rejects with an `Error` whose message says what was wrong. */
  run(input: unknown): Promise<unknown>;
}

/** A condition of readiness. */
interface Condition {
  check: () => Trouble;
  /** Whether it is about something that other processes need as well. */
  isShared: boolean;
}

/**
 * Where the parts of a process tell operators about themselves. Everything is read when somebody asks; nothing is
 * pushed, so an unread status costs nothing.
 */
export class Ops {
  private readonly sections = new Map<string, () => unknown>();
  private readonly readiness = new Map<string, Condition>();
  private readonly commands = new Map<string, OpsCommand>();
  private stopping = false;
  private isReadyAlone = false;

  /** Adds a section to `/status`. */
  status(section: string, read: () => unknown): void {
    add(this.sections, section, read);
  }

  /** Adds a condition to `/readyz`: while it returns trouble, this process should get no new clients. */
  ready(name: string, check: () => Trouble): void {
    add(this.readiness, name, { check, isShared: false });
  }

  /**
   * Adds a condition of something that this process needs and shares with others: Redis, the upstream, Binance. It counts as one of
   * its own, unless the process `serves` clients.
   */
  needs(name: string, check: () => Trouble): void {
    add(this.readiness, name, { check, isShared: true });
  }

  /**
   * This process serves clients, and tells them what is down behind it: that keeps no client away. All replicas would be out of
   * their Service at once.
   */
  serves(): void {
    this.isReadyAlone = true;
  }

  /** Adds a command to `/commands`. */
  command(name: string, command: OpsCommand): void {
    add(this.commands, name, command);
  }

  /** From now on the process is not ready, because it is stopping. */
  stop(): void {
    this.stopping = true;
  }

  readStatus(): Record<string, unknown> {
    return Object.fromEntries([...this.sections].map(([section, read]) => [section, read()]));
  }

  /** One section of `/status`, for whom the others would cost too much; undefined where there is none of that name. */
  readSection(name: string): unknown {
    return this.sections.get(name)?.();
  }

  /** What keeps this process from being ready, by name; empty when it is ready. */
  readTroubles(): Record<string, string> {
    const stopping = this.stopping ? { process: 'stopping' } : {};
    return { ...stopping, ...this.troubles(({ isShared }) => !isShared || !this.isReadyAlone) };
  }

  /** What is down behind this process and does not keep it from being ready, by name. */
  readBehind(): Record<string, string> {
    return this.troubles(({ isShared }) => isShared && this.isReadyAlone);
  }

  readCommands(): Record<string, string> {
    return Object.fromEntries([...this.commands].map(([name, { says }]) => [name, says]));
  }

  find(command: string): OpsCommand | undefined {
    return this.commands.get(command);
  }

  private troubles(isMeant: (condition: Condition) => boolean): Record<string, string> {
    const troubles: Record<string, string> = {};
    for (const [name, condition] of this.readiness) {
      const trouble = isMeant(condition) ? condition.check() : undefined;
      if (trouble !== undefined) troubles[name] = trouble;
    }
    return troubles;
  }
}

/** Two parts of a process under one name would hide one of them from operators: a bug, found at start. */
function add<T>(names: Map<string, T>, name: string, one: T): void {
  if (names.has(name)) throw new Error(`Two parts of this process call themselves ${name}`);
  names.set(name, one);
}
