import {
  type AttemptRecord,
  type Clock,
  type Millis,
  type Trade,
  counted,
  duration,
  endingInShort,
  stamp,
} from '#libs/core';
import { journalIn } from '#libs/page';
import type { Display } from '#libs/terminal';
import type { Onlooker } from './crew/watcher.js';
import { readStatus } from './gateway.js';
import { PROGRAMME, type ProgrammeItem } from './programme.js';
import type { DrillOutcome } from './show/report.js';
import { type Scene, type IncidentLine, toldLine, upstreamOf, viewOf } from './show/view.js';
import type { Stage } from './stage.js';
import { pause } from './wait.js';

export interface DemoOptions {
  clock: Clock;
  display: Display;
  clients: number;
  /** Ends after so long; absent: when `isOver` says so. */
  forMs?: Millis;
  /** Asked all the time: whether somebody pressed Ctrl-C. */
  isOver: () => boolean;
}

/** From one incident to the next, at least. */
const EVERY_MS: Millis = 2_200;
/** The next incident comes after so long even if the previous one is not over. */
const AT_MOST_MS: Millis = 6_000;
/** An incident that no stream has felt by then is over. */
const UNFELT_MS: Millis = 900;
/** The last incident strikes so long before the end, so that its end is seen. */
const QUIET_END_MS: Millis = 2_500;
const FRAME_MS: Millis = 100;
/** How often the gateway is asked for its journal: it makes a whole status page each time. */
const ASK_EVERY_MS: Millis = 1_000;
/** Incidents remembered for the screen. */
const MOST_TOLD = 50;

/** A show of incidents, one every few seconds, on a stage that runs. */
export class Demo {
  private readonly told: IncidentLine[] = [];
  private readonly prices = new Map<string, { price: string; move: 'up' | 'down' | 'same' }>();
  private readonly startedAt: Millis;
  private journal: readonly AttemptRecord[] = [];
  private wasFelt = false;
  /** When the first event came after the newest incident was felt. */
  private backAt: Millis | undefined;
  private feltWithinMs = UNFELT_MS;
  /** Ids missing in the largest gap that was announced since the newest incident struck. */
  private lost = 0;
  private next = 0;
  private struckAt = 0;
  private askedAt = -ASK_EVERY_MS;
  private rate = { at: 0, messages: 0, perSecond: 0 };

  constructor(private readonly options: DemoOptions) {
    this.startedAt = options.clock.now();
  }

  /** To be told everything native clients are told: where prices come from, and when data stops and comes back. */
  readonly onlooker: Onlooker = {
    event: (event) => {
      if (this.wasFelt) this.backAt ??= this.elapsedMs;
      if (event.type === 'trade') this.notePrice(event);
    },
    feed: ({ state, missing }) => {
      if (missing && state === 'gap') this.lost = Math.max(this.lost, missing.to - missing.from + 1);
      if (state === 'live' || state === 'gap') return;
      this.wasFelt = true;
      this.backAt = undefined;
    },
  };

  /** Runs until it is over and the last trouble has passed. */
  async run(stage: Stage): Promise<DrillOutcome> {
    const { clock, display } = this.options;
    while (!this.isOver()) {
      this.judge(stage);
      if (this.isTimeToStrike(stage)) this.strike(stage, PROGRAMME[this.next++ % PROGRAMME.length]);
      await this.draw(stage);
      await pause(clock, FRAME_MS);
    }
    await stage.flows();
    this.judge(stage);
    await this.draw(stage);
    display.end();
    return stage.outcome();
  }

  private get elapsedMs(): Millis {
    return this.options.clock.now() - this.startedAt;
  }

  private isOver(): boolean {
    const { forMs = Infinity, isOver } = this.options;
    return isOver() || this.elapsedMs >= forMs;
  }

  private isTimeToStrike(stage: Stage): boolean {
    const { forMs = Infinity } = this.options;
    if (this.elapsedMs > forMs - QUIET_END_MS) return false;
    const waited = this.elapsedMs - this.struckAt;
    const isQuiet = this.told.at(-1)?.end !== undefined || this.told.length === 0;
    return (waited >= EVERY_MS && isQuiet && stage.troubled().length === 0) || waited >= AT_MOST_MS;
  }

  private strike(stage: Stage, item: ProgrammeItem | undefined): void {
    if (!item) return;
    this.struckAt = this.elapsedMs;
    this.wasFelt = false;
    this.backAt = undefined;
    this.lost = 0;
    this.feltWithinMs = item.feltWithinMs ?? UNFELT_MS;
    this.told.push({ atMs: this.elapsedMs, what: item.what });
    if (this.told.length > MOST_TOLD) this.told.shift();
    this.options.display.say(toldLine({ atMs: this.elapsedMs, what: item.what, end: '' }).trimEnd());
    if (item.attempts) stage.script(item.attempts);
    for (const incident of item.strike ?? []) stage.strike(incident);
  }

  /** Sees what became of the newest incident. */
  private judge(stage: Stage): void {
    const last = this.told.at(-1);
    if (!last || last.end !== undefined) return;
    const isTroubled = stage.troubled().length > 0;
    const sinceMs = this.elapsedMs - last.atMs;
    if (isTroubled) return;
    if (this.wasFelt) this.close(last, this.repair(last, sinceMs));
    else if (sinceMs >= this.feltWithinMs)
      this.close(last, this.lost === 0 ? 'no stream felt it' : `a gap of ${counted(this.lost, 'id')} was announced`);
  }

  private repair({ atMs }: IncidentLine, sinceMs: Millis): string {
    const firstMs = (this.backAt ?? this.elapsedMs) - atMs;
    return `data back in ${duration(firstMs)}, on all streams in ${duration(sinceMs)}`;
  }

  private notePrice({ symbol, price }: Trade): void {
    const last = Number(this.prices.get(symbol)?.price ?? price);
    const now = Number(price);
    this.prices.set(symbol, { price, move: now > last ? 'up' : now < last ? 'down' : 'same' });
  }

  private close(told: IncidentLine, end: string): void {
    told.end = end;
    this.options.display.say(`        ${end}`);
  }

  private async draw(stage: Stage): Promise<void> {
    if (this.elapsedMs - this.askedAt >= ASK_EVERY_MS) {
      this.askedAt = this.elapsedMs;
      this.journal = journalIn(await readStatus(stage.gateway.opsUrl));
    }
    this.options.display.draw((size) => viewOf(this.scene(stage), size));
  }

  private scene(stage: Stage): Scene {
    const { crew } = stage;
    const { forMs, clients } = this.options;
    const states = [...stage.feeds.values()].map(({ state }) => state);
    const countOf = (...wanted: string[]): number => states.filter((state) => wanted.includes(state)).length;
    return {
      title: [`one connection to Binance (simulated), ${counted(clients, 'client')}, no client notices when it drops`],
      elapsedMs: this.elapsedMs,
      ...(forMs === undefined ? {} : { forMs }),
      prices: stage.simulator.market.instruments.flatMap(({ spec: { symbol } }) => {
        const seen = this.prices.get(symbol);
        return seen ? [{ symbol, ...seen }] : [];
      }),
      feeds: { live: countOf('live', 'gap'), recovering: countOf('recovering'), stale: countOf('stale') },
      upstream: this.upstream(),
      clients,
      connected: crew.watchers.filter(({ lost }) => lost === undefined).length,
      perSecond: this.perSecond(crew.messages),
      told: this.told,
      summary: crew.summary(),
    };
  }

  private upstream(): string[] {
    const open = this.journal.findLast(({ openedAt, closedAt }) => openedAt !== undefined && closedAt === undefined);
    const ended = this.journal.findLast(({ closedAt }) => closedAt !== undefined);
    const openForMs = open?.openedAt === undefined ? undefined : stamp(this.options.clock) - open.openedAt;
    return upstreamOf(this.journal.length, openForMs, ended && endingInShort(ended));
  }

  /** Counted over the last second or so. */
  private perSecond(messages: number): number {
    const sinceMs = this.elapsedMs - this.rate.at;
    if (sinceMs >= 1_000) {
      const perSecond = Math.round(((messages - this.rate.messages) * 1_000) / sinceMs);
      this.rate = { at: this.elapsedMs, messages, perSecond };
    }
    return this.rate.perSecond;
  }
}
