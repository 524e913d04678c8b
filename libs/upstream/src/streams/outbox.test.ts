import { describe, expect, it } from 'vitest';
import { trade } from '../../../../test/support/series-rig.js';
import { Stage } from './streams-stage.rig.js';
import { FILL_PACE } from './pace.js';

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
    stage.streams.beginTerm(2, true);
    expect(stage.ids).toEqual(upTo(40_001));
    expect(stage.published.at(-1)).toMatchObject({ type: 'feed', epoch: 2, seq: 1 });
    stage.take(series, trade(80_000));
    stage.clock.advance(0);
    stage.bring(TRADES, 40_002, 79_999);
    stage.streams.close(series, 'said');
    expect(stage.ids).toEqual(upTo(80_000));
  });
});
