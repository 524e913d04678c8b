import { describe, expect, it } from 'vitest';
import { spot } from '#libs/binance';
import type { Messages } from '#libs/bus';
import type { MarketEvent } from '#libs/core';
import { FakeClock } from '../../../../test/support/fake-clock.js';
import { streamOf, trade } from '../../../../test/support/series-rig.js';
import { FILL_PACE } from './pace.js';
import type { RepairTold, Repairer } from './repairer.js';
import type { Series } from './series.js';
import { Streams } from './streams.js';

const BOUNDS = { holdMs: 2_000, fillMs: 60_000, mostWaiting: 20_000 };

/** Streams whose messages are written down, and a repairer in the test's hands. */
class Stage {
  readonly clock = new FakeClock(1_000_000);
  readonly published: { type: string; id: number; seq: number; cause: string; epoch: number }[] = [];
  letters = 0;
  readonly told = new Map<string, RepairTold>();
  readonly streams: Streams;

  constructor() {
    const publish = (_: unknown, text: string): void => {
      this.letters += text.length;
      this.published.push(JSON.parse(text) as (typeof this.published)[number]);
    };
    this.streams = new Streams(spot, { publish } as unknown as Messages, this.clock, BOUNDS);
    const repairer: Repairer = {
      name: 'hand',
      isTireless: false,
      repairs: () => true,
      begin: ({ name }, _, told) => {
        this.told.set(name, told);
        return () => undefined;
      },
    };
    this.streams.repairs.employ([repairer]);
    this.streams.beginTerm(1);
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

const upTo = (to: number): number[] => Array.from({ length: to }, (_, at) => at + 1);
const TRADES = 'btcusdt@trade';

describe('what was fetched', () => {
  it('leaves at a bounded pace, in order, and what comes live waits behind it', () => {
    const stage = new Stage();
    const series = stage.holed(TRADES, 40_000);
    stage.bring(TRADES, 2, 40_000);
    stage.take(series, trade(40_002));
    const atOnce = stage.letters;
    expect(atOnce).toBeLessThan(FILL_PACE.atOnce + 50_000);
    stage.tick(10);
    expect(stage.letters - atOnce).toBeLessThan(FILL_PACE.perSecond + 50_000);
    stage.tick(100);
    expect(stage.ids).toEqual(upTo(40_002));
    expect(stage.published.map(({ seq }) => seq)).toEqual(upTo(stage.published.length));
    expect(stage.published.at(-2)?.cause).toBe('filled');
    stage.take(series, trade(40_003));
    expect(stage.ids.at(-1)).toBe(40_003);
  });

  it('of one stream keeps no other from flowing', () => {
    const stage = new Stage();
    stage.holed(TRADES, 40_000);
    stage.bring(TRADES, 2, 40_000);
    const other = stage.open('ethusdt@trade');
    const before = stage.published.length;
    stage.take(other, trade(7));
    expect(stage.ids.slice(-1)).toEqual([7]);
    expect(stage.published.length).toBe(before + 2);
  });

  it('and is still to leave has no place yet: a newcomer hears how the stream stands now', () => {
    const stage = new Stage();
    const series = stage.holed(TRADES, 40_000);
    stage.bring(TRADES, 2, 40_000);
    const { seq } = stage.published.at(-1) ?? { seq: 0 };
    expect(series.transcript.welcome()).toMatchObject({ place: { epoch: 1, seq } });
    expect(JSON.parse(series.transcript.welcome()?.feed ?? '')).toMatchObject({ cause: 'filling' });
  });

  it('is said before a new term begins, and before a stream ends', () => {
    const stage = new Stage();
    const series = stage.holed(TRADES, 40_000);
    stage.bring(TRADES, 2, 40_000);
    stage.streams.beginTerm(2);
    expect(stage.ids).toEqual(upTo(40_001));
    expect(stage.published.at(-1)).toMatchObject({ type: 'feed', epoch: 2, seq: 1 });
    stage.take(series, trade(80_000));
    stage.clock.advance(0);
    stage.bring(TRADES, 40_002, 79_999);
    stage.streams.close(series, 'said');
    expect(stage.ids).toEqual(upTo(80_000));
  });
});
