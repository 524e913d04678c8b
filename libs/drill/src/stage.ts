import type { Clock, FeedEvent, Millis, StreamName } from '#libs/core';
import { journalIn } from '#libs/page';
import type { Incident, Simulator, GateStep } from '#libs/simulator';
import type { Strictness } from './audit/summary.js';
import { Crew } from './crew/crew.js';
import type { Onlooker } from './crew/watcher.js';
import { type Gateway, readStatus } from './gateway.js';
import type { DrillOutcome } from './show/report.js';
import { pause, waitFor } from './wait.js';

export interface StageParts {
  clock: Clock;
  simulator: Simulator;
  gateway: Gateway;
  clients: number;
  /** Kinds of streams that clients take; the crew's usual ones unless given. */
  menus?: readonly (readonly string[])[];
  onlooker?: Onlooker;
}

/** How long a stage waits for its world to become whole again. */
const PATIENCE_MS: Millis = 20_000;

/** The longest time from one diff of the quietest symbol to the next, and a little. */
const SETTLING_MS: Millis = 1_000;

/** What one client has been told already may still be on its way to another. */
const UNDER_WAY_MS: Millis = 300;

/** Holes that are told in words; a demo may go on for days. */
const MOST_GAPS = 100;

/** A simulator, a gateway in front of it, and a crew of clients in front of that. */
export class Stage {
  readonly crew: Crew;
  readonly incidents: string[] = [];
  /** The newest state of every stream that a native client watches. */
  readonly feeds = new Map<StreamName, FeedEvent>();
  /** What clients were told of holes that were not filled, in words, each once; the newest of them only. */
  readonly gaps = new Set<string>();
  private readonly startedAt: Millis;

  constructor(private readonly parts: StageParts) {
    const { simulator, gateway, clients, menus, onlooker = {} } = parts;
    this.startedAt = parts.clock.now();
    this.crew = new Crew({
      url: gateway.url,
      clients,
      ...(menus && { menus }),
      truth: simulator.truth,
      symbols: simulator.market.instruments.map(({ spec }) => spec.symbol),
      onlooker: {
        ...onlooker,
        feed: (event) => {
          this.feeds.set(event.stream, event);
          if (event.state === 'gap') this.noteGap(event);
          onlooker.feed?.(event);
        },
      },
    });
  }

  get simulator(): Simulator {
    return this.parts.simulator;
  }

  get gateway(): Gateway {
    return this.parts.gateway;
  }

  /** Resolves when every client is served and has seen something. */
  async start(): Promise<void> {
    await this.crew.start();
    await this.flows();
    // Who has just come to a stream of diffs on Binance's wire may hold a snapshot of its own: that one would not be bridged.
    await this.wait(SETTLING_MS);
  }

  /** Strikes, and remembers that it did. Returns how many connections were struck at once. */
  strike(incident: Incident): number {
    this.incidents.push(incident.name);
    return this.simulator.strike(incident);
  }

  /** Decides what happens to the next connection attempts, one after the other. */
  script(steps: readonly GateStep[]): void {
    this.simulator.script(steps);
  }

  /** Resolves `ms` from now. */
  wait(ms: Millis): Promise<void> {
    return pause(this.parts.clock, ms);
  }

  /** Resolves when the gateway has tried to connect `count` times more than the `since` times before. */
  async attempted(count: number, since: number): Promise<void> {
    const { simulator, clock } = this.parts;
    await waitFor(clock, `attempt ${count} to connect`, PATIENCE_MS, () => simulator.attempts.length >= since + count);
  }

  /** Resolves when no stream is in trouble and every client has got at least one message more. */
  async flows(patienceMs: Millis = PATIENCE_MS): Promise<void> {
    const before = this.crew.watchers.map(({ messages }) => messages);
    const isFlowing = (): boolean =>
      this.crew.watchers.every(
        ({ messages, ledger }, index) => ledger.disconnects > 0 || messages > (before[index] ?? 0),
      );
    const { clock } = this.parts;
    await waitFor(clock, 'data on every client', patienceMs, () => isFlowing() && this.troubled().length === 0);
  }

  /**
   * Resolves when data flows and the gateway is back to one connection: no replacement is under way. One that Binance reads no
   * longer is over for the gateway, whether Binance can see that or not.
   */
  async settled(): Promise<void> {
    const { clock, simulator } = this.parts;
    const open = (): number => simulator.connections.filter(({ isOpen, isBlind }) => isOpen && !isBlind).length;
    await waitFor(clock, 'one connection to Binance', PATIENCE_MS, () => open() === 1);
    await this.flows();
  }

  /** Streams whose newest state is neither `live` nor an announced gap. */
  troubled(): FeedEvent[] {
    return [...this.feeds.values()].filter(({ state }) => state === 'stale' || state === 'recovering');
  }

  /** What has been seen so far. */
  async outcome(failures: readonly string[] = [], strictness?: Strictness): Promise<DrillOutcome> {
    const summary = this.crew.summary();
    const isPuzzling = summary.streams.some(({ unannounced }) => unannounced > 0);
    if (isPuzzling) await this.wait(UNDER_WAY_MS);
    return {
      lastedMs: this.parts.clock.now() - this.startedAt,
      summary: isPuzzling ? this.crew.summary() : summary,
      incidents: this.incidents,
      journal: journalIn(await readStatus(this.gateway.opsUrl)),
      violations: this.simulator.violations.map(({ rule, detail }) => `${rule}: ${detail}`),
      failures,
      newestGap: [...this.gaps].at(-1),
      ...(strictness && { strictness }),
    };
  }

  /** The clients leave first, so that nothing that follows is a disconnect. */
  async stop(): Promise<void> {
    await this.crew.stop();
    await this.gateway.stop();
    await this.simulator.stop();
  }

  private noteGap(event: FeedEvent): void {
    this.gaps.add(gapInWords(event));
    const [oldest = ''] = this.gaps;
    if (this.gaps.size > MOST_GAPS) this.gaps.delete(oldest);
  }
}

const gapInWords = ({ stream, epoch, seq, by, cause, message }: FeedEvent): string =>
  `${stream} at ${epoch}/${seq}, by the ${by}, ${cause}${message === undefined ? '' : `: ${message}`}`;
