import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../../../test/support/fake-clock.js';
import { seriesTools, streamOf } from '../../../../test/support/series-rig.js';
import type { Hole } from '../streams/order/order.js';
import { Series } from '../streams/series.js';
import { SpareRepairer } from './spare-repairer.js';
import type { Spare } from './spare.js';

const TRADES = streamOf('btcusdt@trade');
const SPARE = 9;
const HOLD_MS = 2_000;

/** A repairer, the spare line that it asks, and what it told of one hole, whose end is 5. */
class Scene {
  readonly clock = new FakeClock(10_000);
  readonly series = new Series(TRADES, seriesTools(), { topic: 't', at: 0, seq: 0 });
  readonly passed: string[] = [];
  asked = 0;

  /** @param line that stands in when it is asked. */
  constructor(
    readonly line: number | undefined = SPARE,
    readonly isThere = true,
  ) {}

  repairer(isOn = true): SpareRepairer {
    const spare = { ask: () => ((this.asked += 1), this.line) } as unknown as Spare;
    const spareOf = (): Spare | undefined => (this.isThere ? spare : undefined);
    const timings = { tickMs: 100, holdMs: HOLD_MS };
    return new SpareRepairer({ clock: this.clock, timings, isOn, seriesOf: () => this.series, spareOf });
  }

  begin(reason: Hole['reason'] = 'skipped', since = 10_000): () => void {
    const nothing = (): undefined => undefined;
    return this.repairer().begin(
      TRADES,
      { from: 2, to: 4, upTo: 5, since, reason },
      { bring: nothing, whole: nothing, lost: nothing, bridge: () => false, pass: (why) => void this.passed.push(why) },
    );
  }

  /** How far the spare line is. */
  reach(reach: number): void {
    this.series.sources.open(SPARE, 0);
    const view = this.series.sources.get(SPARE);
    if (view) view.reach = reach;
  }
}

describe('a hole that a line leaves though it is up', () => {
  it('is asked for where there are spare lines, and in a moment, not while it is found', () => {
    const scene = new Scene();
    expect([scene.repairer(true).repairs(), scene.repairer(false).repairs()]).toEqual([true, false]);
    expect([scene.repairer().name, scene.repairer().isTireless]).toEqual(['spare', false]);
    scene.begin();
    expect([scene.asked, scene.passed]).toEqual([0, []]);
    scene.clock.advance(0);
    expect(scene.asked).toBe(1);
  });

  it('is left to others where no spare line stands in, or where it is only doubted that something is missing', () => {
    const scenes = [new Scene(undefined, false), new Scene(SPARE)];
    for (const scene of [...scenes, Object.assign(new Scene(), { line: undefined })]) {
      scene.reach(-Infinity);
      scene.begin(scene === scenes[1] ? 'interrupted' : 'skipped');
      scene.clock.advance(0);
      expect(scene.passed).toEqual(['the spare line does not have it']);
      expect(scene.clock.pending).toBe(0);
    }
  });

  it('is left to others at once where the spare line is past it, or is no source of the stream', () => {
    const past = new Scene();
    past.reach(5);
    for (const scene of [past, new Scene()]) {
      scene.begin();
      scene.clock.advance(0);
      expect(scene.passed).toHaveLength(1);
    }
  });

  it('waits for a spare line that is behind it, until it is past it', () => {
    const scene = new Scene();
    scene.reach(1);
    scene.begin();
    scene.clock.advance(1_000);
    scene.reach(4);
    scene.clock.advance(500);
    expect(scene.passed).toEqual([]);
    scene.reach(5);
    scene.clock.advance(100);
    expect(scene.passed).toEqual(['the spare line does not have it']);
    expect(scene.clock.pending).toBe(0);
  });

  it('waits for it no longer than two seconds since it was found', () => {
    const [fresh, old] = [new Scene(), new Scene()];
    for (const scene of [fresh, old]) scene.reach(1);
    fresh.begin();
    fresh.clock.advance(HOLD_MS - 1);
    expect(fresh.passed).toEqual([]);
    fresh.clock.advance(1);
    expect(fresh.passed).toHaveLength(1);
    old.begin('skipped', 10_000 - HOLD_MS);
    old.clock.advance(0);
    expect(old.passed).toHaveLength(1);
  });

  it('is over when it is, whether anybody was asked yet or is waited for', () => {
    const [early, late] = [new Scene(), new Scene()];
    for (const scene of [early, late]) scene.reach(1);
    early.begin()();
    const end = late.begin();
    late.clock.advance(300);
    end();
    for (const { clock } of [early, late]) {
      expect(clock.pending).toBe(0);
      clock.advance(10_000);
    }
    expect([early.asked, early.passed, late.passed]).toEqual([0, [], []]);
  });
});
