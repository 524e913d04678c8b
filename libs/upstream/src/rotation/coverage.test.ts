import { describe, expect, it } from 'vitest';
import { candle, seriesTools, streamOf, trade } from '../../../../test/support/series-rig.js';
import { Series } from '../streams/series.js';
import { Coverage } from './coverage.js';

const PATIENCE = { lagMs: 1_000, settleMs: 2_500 };
const OLD = 1;
const NEW = 2;
const CONFIRMED_AT = 10_000;

const tools = seriesTools();

/** A stream that both lines carry. */
function stream(name: string): Series {
  const series = new Series(streamOf(name), tools, { topic: name, at: 0, seq: 0 });
  series.sources.open(OLD, 0);
  series.sources.open(NEW, CONFIRMED_AT);
  return series;
}

const isReady = (streams: Series[], now: number, confirmedAt: number | undefined = CONFIRMED_AT): boolean =>
  new Coverage(PATIENCE).isReady({ streams, old: OLD, successor: NEW, confirmedAt }, now);

describe('a successor', () => {
  const busy = (): Series => {
    const series = stream('btcusdt@kline_1s');
    series.accept([candle(0, 1)], NEW, 10_100);
    return series;
  };

  it('takes over at once when it has delivered everything', () => {
    expect(isReady([busy(), busy()], 10_300)).toBe(true);
  });

  it('never takes over before Binance’s list holds every stream', () => {
    const coverage = new Coverage(PATIENCE);
    expect(coverage.isReady({ streams: [busy()], old: OLD, successor: NEW, confirmedAt: undefined }, 99_999)).toBe(
      false,
    );
  });

  it('waits for a stream that may only be slow, and excuses one that is quiet on both lines', () => {
    const quiet = stream('btcusdt@trade');
    expect(isReady([busy(), quiet], 12_499)).toBe(false);
    expect(isReady([busy(), quiet], 12_500)).toBe(true);
  });

  it('excuses what the old line delivered so early that it may predate the subscription, and nothing later', () => {
    const early = stream('btcusdt@trade');
    early.accept([trade(1)], OLD, 10_999);
    expect(isReady([busy(), early], 12_500)).toBe(true);
    const late = stream('btcusdt@trade');
    late.accept([trade(1)], OLD, 11_000);
    expect(isReady([busy(), late], 60_000)).toBe(false);
  });

  it('waits while something is held back', () => {
    const held = stream('btcusdt@trade');
    held.accept([trade(1)], OLD, 10_100);
    held.accept([trade(3)], NEW, 10_200);
    expect(isReady([held], 10_300)).toBe(false);
  });

  it('waits while it is behind the old line by more than the lag, and not for the moment that it is always behind', () => {
    const lagging = (behind: number): boolean => {
      const series = stream('btcusdt@trade');
      const coverage = new Coverage(PATIENCE);
      let isReady = false;
      // One trade every 100 ms.
      for (let now = 10_000; now < 20_000; now += 100) {
        const id = now / 100;
        series.accept([trade(id)], OLD, now);
        if (now - behind >= 10_000) series.accept([trade(id - behind / 100)], NEW, now);
        isReady = coverage.isReady({ streams: [series], old: OLD, successor: NEW, confirmedAt: CONFIRMED_AT }, now);
        if (isReady) return true;
      }
      return isReady;
    };
    expect(lagging(300)).toBe(true);
    expect(lagging(4_000)).toBe(false);
  });

  /** Looks again and again, as a slot does. */
  const looking = (series: Series): ((now: number) => boolean) => {
    const coverage = new Coverage(PATIENCE);
    return (now) => coverage.isReady({ streams: [series], old: OLD, successor: NEW, confirmedAt: CONFIRMED_AT }, now);
  };

  it('has kept up where it has brought what the old line had, and once it has, a moment behind is nothing', () => {
    const series = stream('btcusdt@trade');
    const isReady = looking(series);
    series.accept([trade(1)], OLD, 10_100);
    series.accept([trade(1)], NEW, 10_200);
    expect(isReady(10_200)).toBe(true);
    series.accept([trade(2)], OLD, 10_300);
    expect(isReady(10_300)).toBe(true);
  });

  it.each([
    [1_000, true],
    [1_001, false],
  ])('that brings after %i ms what the old line had keeps up: %s', (lateMs, keepsUp) => {
    const series = stream('btcusdt@trade');
    const isReady = looking(series);
    for (const id of [1, 2]) series.accept([trade(id)], OLD, 10_100);
    series.accept([trade(1)], NEW, 10_150);
    expect(isReady(10_200)).toBe(false);
    series.accept([trade(3)], OLD, 10_300);
    series.accept([trade(2)], NEW, 10_200 + lateMs);
    expect(isReady(10_200 + lateMs)).toBe(keepsUp);
    expect(isReady(10_300 + lateMs)).toBe(keepsUp);
  });

  it('is not held to the clock of another server where there are no ids', () => {
    const series = stream('btcusdt@kline_1s');
    series.accept([candle(0, 500)], OLD, 10_100);
    series.accept([candle(0, 400)], NEW, 10_200);
    expect(isReady([series], 10_200)).toBe(true);
  });
});
