import { type ParsedStream, spot } from '#libs/binance';
import type { HistoryShelf, MarketEvent } from '#libs/core';
import type { Hole } from './order/order.js';
import type { RepairTold, Repairer } from './repairer.js';
import type { Series } from './series.js';
import { type Memory, Streams } from './streams.js';
import { FakeClock } from '../../../../test/support/fake-clock.js';
import { streamOf, trade } from '../../../../test/support/series-rig.js';

const BOUNDS = { holdMs: 2_000, fillMs: 60_000, mostWaiting: 20_000 };

/** A message, as far as tests look at it. */
interface Said {
  type: string;
  stream: string;
  id: number;
  epoch: number;
  seq: number;
  state: string;
  cause: string;
  since: number;
}

/** Streams whose messages are written down, and a repairer in the test's hands. */
export class Stage {
  readonly clock = new FakeClock(1_000_000);
  readonly published: Said[] = [];
  letters = 0;
  readonly told = new Map<string, RepairTold>();
  /** What it was asked for. */
  readonly holes = new Map<string, Hole>();
  readonly streams: Streams;

  /**
   * @param memory of the upstream before this one.
   * @param repairs which streams the repairer knows.
   */
  constructor(
    memory: Memory = { recall: () => undefined, forget: () => undefined },
    repairs: (stream: ParsedStream) => boolean = () => true,
    shelf?: HistoryShelf,
  ) {
    const publish = (_: unknown, text: string): void => {
      this.letters += text.length;
      this.published.push(JSON.parse(text) as Said);
    };
    this.streams = new Streams(spot, { publish }, this.clock, BOUNDS, memory, shelf);
    const repairer: Repairer = {
      name: 'hand',
      isTireless: false,
      repairs,
      begin: ({ name }, hole, told) => {
        this.holes.set(name, hole);
        this.told.set(name, told);
        return () => this.told.delete(name);
      },
    };
    this.streams.repairs.employ([repairer]);
    this.streams.beginTerm(1, true);
  }

  open(name: string): Series {
    const series = this.streams.open(streamOf(name));
    series.sources.open(1, this.clock.now());
    return series;
  }

  /** The stream has a hole from 2 to `to`, and the event behind it. */
  holed(name: string, to: number): Series {
    const series = this.open(name);
    for (const event of [trade(1), trade(to + 1)]) this.take(series, event);
    this.clock.advance(0);
    return series;
  }

  take(series: Series, event: MarketEvent): void {
    this.streams.publish(series, series.accept([event], 1, this.clock.now()));
  }

  bring(name: string, from: number, to: number): void {
    this.told.get(name)?.bring(Array.from({ length: to - from + 1 }, (_, at) => trade(from + at)));
  }

  /** So many ticks of 100 ms. */
  tick(count: number): void {
    for (let at = 0; at < count; at += 1) {
      this.clock.advance(100);
      this.streams.tick(this.clock.now());
    }
  }

  get ids(): number[] {
    return this.published.filter(({ type }) => type === 'trade').map(({ id }) => id);
  }
}
