import { RecipeKeeper, HURRIED_LIMITS, Stage, type StandaloneOptions, startStandalone } from '#libs/drill';
import { systemClock as clock } from '#libs/runtime';
import { Simulator, type SimulatorOptions } from '#libs/simulator';
import { faultsByStream } from './faults-by-stream.js';
import { until } from './until.js';

/** Kinds of which every id, candle and book level can be held against the truth. */
export const CHECKED: readonly (readonly string[])[] = [['trade', 'aggTrade', 'depth@100ms', 'kline_1s', 'bookTicker']];

export interface NoGapsOptions {
  /** A client of each protocol for each of them. */
  symbols: number;
  /** Programs that keep a book of Binance's wire by the official recipe. */
  keepers: number;
  /** Whether these fetch snapshots from the gateway rather than from Binance. */
  isAlone?: true;
  simulator?: SimulatorOptions;
  gateway?: StandaloneOptions;
}

/** A stage on which not one id may be missing: clients on all wires that hold everything against what was true. */
export class NoGapsStage {
  readonly stage: Stage;
  readonly keepers: readonly RecipeKeeper[];
  /** One more of them, with snapshots of so many levels. */
  readonly newKeeper: (name: string, symbol: string, limit: number) => RecipeKeeper;

  private constructor(
    readonly simulator: Simulator,
    gateway: ConstructorParameters<typeof Stage>[0]['gateway'],
    { symbols, keepers, isAlone }: NoGapsOptions,
  ) {
    const restUrl = isAlone ? gateway.url.replace('ws:', 'http:') : simulator.restUrl;
    this.stage = new Stage({ clock, simulator, gateway, clients: symbols * 2, menus: CHECKED });
    this.newKeeper = (name, symbol, limit) =>
      new RecipeKeeper(name, { url: gateway.url, restUrl, symbol, truth: simulator.truth, limit });
    this.keepers = simulator.market.instruments
      .slice(0, keepers)
      .map(({ spec: { symbol } }) => this.newKeeper(`keeper of ${symbol}`, symbol, 1_000));
  }

  /** Resolves when every client is served and every keeper has a book. */
  static async start(options: NoGapsOptions): Promise<NoGapsStage> {
    const { symbols } = options;
    const simulator = await Simulator.start({ clock, symbols, pace: 3, limits: HURRIED_LIMITS, ...options.simulator });
    const gateway = await startStandalone(simulator, options.gateway);
    const whole = new NoGapsStage(simulator, gateway, options);
    await whole.stage.start();
    await Promise.all(whole.keepers.map((keeper) => keeper.start()));
    // Who has just fetched a snapshot of its own is not bridged: these have been there for a while.
    await until(() => whole.keepers.every((keeper) => keeper.messages > 15 && keeper.verdict() === undefined), {
      deadlineMs: 20_000,
    });
    return whole;
  }

  /** What any client has to complain of, in words; waits for deeper levels of books, which come when there is weight for them. */
  async complaints(): Promise<string[]> {
    const verdicts = (): string[] => this.keepers.flatMap((keeper) => keeper.verdict() ?? []);
    await until(() => verdicts().length === 0, { deadlineMs: 20_000 }).catch(() => undefined);
    const faults = [...this.stage.crew.watchers, ...this.keepers].flatMap(faultsByStream);
    const broken = this.simulator.violations.map(({ rule, detail }) => `${rule}: ${detail}`);
    return [...faults.slice(0, 20), ...verdicts(), ...broken];
  }

  async stop(): Promise<void> {
    await Promise.all(this.keepers.map((keeper) => keeper.stop()));
    await this.stage.stop();
  }
}
