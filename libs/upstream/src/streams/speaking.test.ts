import { describe, expect, it } from 'vitest';
import { bookAt } from '../../../../test/support/series-rig.js';
import { Follower, NEXT_TERM, PLACE, saidUpTo, wholeArrays } from './muted/follower.rig.js';
import { ARRAYS, BLOCKS, CANDLES, DIFFS, type FrameKind, KINDS, TRADES, UNKNOWNS } from './muted/kinds.rig.js';
import { textOf } from './muted/unsaid.js';
import type { Series } from './series.js';

/** A follower whose line has brought these frames. */
const following = (kind: FrameKind, from: number, to: number, isFetched = true): [Follower, Series] => {
  const follower = new Follower(isFetched);
  const series = follower.open(kind);
  follower.bring(series, kind, from, to);
  return [follower, series];
};
const upTo = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, at) => from + at);
const unknownTexts = (...numbers: number[]): string[] =>
  numbers.map((number) => textOf(UNKNOWNS.frame(number)[0]!) ?? '');

describe('who speaks after somebody else', () => {
  it.each(KINDS)('of $name says what he has not said, behind his last place, and asks nobody', (kind) => {
    const [follower, series] = following(kind, 1, 9);
    series.heard(saidUpTo(kind, 2));
    follower.speak(series, saidUpTo(kind, 4));
    follower.bring(series, kind, 10, 10);
    expect(follower.said).toEqual(['live resumed', ...upTo(5, 10)]);
    expect(follower.messages[0]).toMatchObject({ epoch: NEXT_TERM, seq: 1, follows: PLACE });
    expect(follower.messages.map(({ seq }) => seq)).toEqual(upTo(1, 7));
    expect(follower.messages.filter(({ follows }) => follows)).toHaveLength(1);
    expect([...follower.stage.told.keys()]).toEqual([]);
    expect(follower.stage.streams.withheld.size).toBe(0);
  });

  it.each(KINDS)('of $name says nothing that he has said, where our lines are behind him', (kind) => {
    const [follower, series] = following(kind, 1, 4);
    follower.speak(series, saidUpTo(kind, 6));
    follower.bring(series, kind, 5, 8);
    expect(follower.said).toEqual(['live resumed', 7, 8]);
  });

  it('says what waited for another of our lines when its turn comes', () => {
    const [follower, series] = following(TRADES, 1, 2);
    series.sources.open(2, follower.stage.clock.now());
    follower.bring(series, TRADES, 4, 5, 2);
    follower.speak(series, saidUpTo(TRADES, 2));
    expect(follower.said).toEqual(['live resumed']);
    follower.bring(series, TRADES, 3, 3);
    expect(follower.said).toEqual(['live resumed', 3, 4, 5]);
  });

  it('goes on behind his book', () => {
    const [follower, series] = following(DIFFS, 1, 4);
    follower.speak(series, { place: PLACE, event: bookAt(25) });
    expect(follower.said).toEqual(['live resumed', 3, 4]);
  });

  it.each(KINDS.filter((kind) => kind !== BLOCKS))('says what came of $name before its line dropped', (kind) => {
    const [follower, series] = following(kind, 1, 4);
    series.sourceGone(1, follower.stage.clock.now());
    follower.speak(series, saidUpTo(kind, 2));
    expect(follower.said.filter((one) => typeof one === 'number')).toEqual([3, 4]);
  });

  it('is told twice to speak and speaks once', () => {
    const [follower, series] = following(TRADES, 1, 2);
    follower.speak(series, saidUpTo(TRADES, 1));
    follower.stage.streams.speak(series, saidUpTo(TRADES, 1), true);
    expect(follower.said).toEqual(['live resumed', 2]);
  });
});

describe('how a stream is called by who speaks after somebody else', () => {
  it('is as it was, where nothing has come on it since we look and that is nothing to wonder at', () => {
    for (const cause of ['subscribing', 'acknowledged'] as const) {
      const [follower, series] = following(TRADES, 1, 0);
      series.become({ state: 'recovering', cause }, 0);
      follower.speak(series, saidUpTo(TRADES, 4));
      expect(follower.said).toEqual(['live resumed']);
      follower.bring(series, TRADES, 5, 5);
      expect(follower.said).toEqual(['live resumed', 5]);
      expect([...follower.stage.told.keys()]).toEqual([]);
    }
    const [follower, series] = following(TRADES, 1, 0);
    series.become({ state: 'stale', cause: 'not-delivering' }, 0);
    follower.speak(series, saidUpTo(TRADES, 4));
    expect(follower.said).toEqual(['live resumed']);
  });

  it('is what we say of it where it should have come, or is refused, or nobody is sure', () => {
    const [paced, average] = [new Follower(), KINDS.find(({ name }) => name.endsWith('avgPrice')) ?? TRADES];
    const silent = paced.open(average);
    silent.become({ state: 'stale', cause: 'not-delivering' }, 0);
    paced.speak(silent, saidUpTo(average, 4));
    expect(paced.said).toEqual(['stale not-delivering']);
    for (const [state, cause] of [['stale', 'silent'] as const, ['refused', 'unknown-symbol'] as const]) {
      const [follower, series] = following(TRADES, 1, 0);
      series.become({ state, cause }, 0);
      follower.speak(series, saidUpTo(TRADES, 4));
      expect(follower.said).toEqual([`${state} ${cause}`]);
    }
    const [torn, own] = following(TRADES, 1, 0);
    own.transcript.gap('of our own', 0);
    torn.speak(own, saidUpTo(TRADES, 4), false);
    expect(torn.said).toEqual(['live resumed']);
    const [unsure, series] = following(TRADES, 1, 0, false);
    unsure.speak(series, saidUpTo(TRADES, 4), false);
    expect(unsure.said).toEqual(['recovering subscribing']);
  });

  it('is that it begins, where he has said states and nothing else', () => {
    const [follower, series] = following(TRADES, 4, 6);
    follower.speak(series, { place: PLACE });
    expect(follower.said).toEqual(['live first-event', 4, 5, 6]);
    expect(follower.messages[0]).toMatchObject({ follows: PLACE });
    const [quiet, other] = following(TRADES, 1, 0);
    quiet.speak(other, { place: PLACE });
    expect(quiet.said).toEqual(['recovering subscribing']);
    expect(quiet.messages[0]).toMatchObject({ follows: PLACE });
  });

  it('is that it begins behind nothing, where nobody knows what was said', () => {
    const [follower, series] = following(TRADES, 4, 6);
    follower.speak(series, undefined, false);
    expect(follower.said).toEqual(['live first-event', 4, 5, 6]);
    expect(follower.messages[0]).not.toHaveProperty('follows');
    expect([...follower.stage.told.keys()]).toEqual([]);
  });

  it('is that events are missing, where he may have said one that nobody knows', () => {
    const [event] = UNKNOWNS.frame(1);
    for (const said of [
      { place: PLACE, isEventLost: true },
      { place: PLACE, event },
    ]) {
      const [follower, series] = following(TRADES, 4, 6);
      follower.speak(series, said, false);
      follower.bring(series, TRADES, 7, 7);
      expect(follower.said).toEqual(['gap ids-missing', 'live resumed', 7]);
      expect(follower.messages[0]).toMatchObject({ follows: PLACE, seq: 1 });
    }
  });
});

describe('where he may have said more than is known', () => {
  it('who speaks goes on behind the event that is known, at that place: who has heard more leaves out what comes again', () => {
    const [follower, series] = following(TRADES, 3, 6);
    const said = saidUpTo(TRADES, 4);
    follower.speak(series, { ...said, place: { epoch: 7, seq: 75 }, isEventLost: true });
    expect(follower.said).toEqual(['live resumed', 5, 6]);
    expect(follower.messages[0]).toMatchObject({ follows: PLACE });
    const [quiet, other] = following(TRADES, 1, 0);
    quiet.speak(other, { ...said, isEventLost: true });
    expect([...quiet.stage.told.keys()]).toEqual([TRADES.name]);
  });

  it('arrays begin anew, as nobody could leave out what comes again', () => {
    const [follower, series] = following(ARRAYS, 3, 5);
    const place = { epoch: 7, seq: 75 };
    follower.speak(series, { ...saidUpTo(ARRAYS, 4), place, isEventLost: true }, false);
    follower.bring(series, ARRAYS, 6, 6);
    expect(follower.said).toEqual(['gap ids-missing', 'live resumed', ...wholeArrays(6)]);
    expect(follower.messages[0]).toMatchObject({ follows: place });
  });
});

describe('where nobody is sure that our lines have all', () => {
  it.each([TRADES, CANDLES, BLOCKS])('repairers are asked for the hole behind his last event in $name', (kind) => {
    const [follower, series] = following(kind, 8, 9);
    follower.speak(series, saidUpTo(kind, 4), false);
    follower.bring(series, kind, 10, 10);
    follower.stage.clock.advance(0);
    expect(follower.said).toHaveLength(2);
    expect(follower.said[1]).toMatch(/^recovering \d+-\d+$/);
    const told = follower.stage.told.get(kind.name);
    // Of a candle that is missed only its end can be fetched.
    told?.bring((kind === CANDLES ? [6] : upTo(5, 7)).flatMap((n) => kind.frame(n)));
    told?.whole();
    follower.stage.tick(20);
    const ids = follower.said.filter((one) => typeof one === 'number');
    expect(ids).toEqual(kind === CANDLES ? [6, 8, 9, 10] : upTo(5, 10));
    expect(follower.said.at(-1)).toBe('live filled');
  });

  it('they are asked of a quiet stream as well, at once where a line carries it, otherwise when one does', () => {
    const [carried, series] = following(TRADES, 1, 0);
    carried.speak(series, saidUpTo(TRADES, 4), false);
    expect([...carried.stage.told.keys()]).toEqual([TRADES.name]);
    const late = new Follower();
    const other = late.stage.open(TRADES.name);
    late.speak(other, saidUpTo(TRADES, 4), false);
    expect([...late.stage.told.keys()]).toEqual([]);
    other.confirm(late.stage.clock.now(), late.stage.clock.now());
    late.stage.tick(1);
    expect([...late.stage.told.keys()]).toEqual([TRADES.name]);
  });

  it('they are asked also where we were called sure, but our line has dropped since', () => {
    const [follower, series] = following(TRADES, 1, 4);
    series.sourceGone(1, follower.stage.clock.now());
    follower.speak(series, saidUpTo(TRADES, 4));
    series.sources.open(2, follower.stage.clock.now());
    series.confirm(follower.stage.clock.now(), follower.stage.clock.now());
    follower.stage.tick(1);
    expect([...follower.stage.told.keys()]).toEqual([TRADES.name]);
  });

  it('they are asked where our line had dropped, and only they can tell what came meanwhile', () => {
    const [follower, series] = following(BLOCKS, 1, 3);
    const { clock } = follower.stage;
    series.sourceGone(1, clock.now());
    series.sources.open(2, clock.now());
    series.confirm(clock.now(), clock.now());
    follower.bring(series, BLOCKS, 6, 7, 2);
    follower.speak(series, saidUpTo(BLOCKS, 2), false);
    follower.bring(series, BLOCKS, 8, 8, 2);
    follower.stage.clock.advance(0);
    expect(follower.said).toEqual(['live resumed', 'recovering 7-17']);
  });

  it('what comes on a line that is back waits until they have said what came before, where only they can tell', () => {
    const [follower, series] = following(BLOCKS, 1, 4);
    series.sourceGone(1, follower.stage.clock.now());
    follower.speak(series, saidUpTo(BLOCKS, 4));
    series.sources.open(2, follower.stage.clock.now());
    for (const n of [7, 8]) follower.bring(series, BLOCKS, n, n, 2);
    expect(follower.said).toEqual(['live resumed', 'recovering 13-20']);
  });

  it('the hole is announced where nobody can be asked', () => {
    const [follower, series] = following(TRADES, 8, 9, false);
    follower.speak(series, saidUpTo(TRADES, 4), false);
    follower.bring(series, TRADES, 10, 10);
    expect(follower.said).toEqual(['live resumed', 'gap 5-7', 'live resumed', 8, 9, 10]);
    expect(follower.stage.streams.counts).toMatchObject({ gaps: 1, missing: 3 });
  });

  it('repairers are asked for what there was no room for, however sure we are', () => {
    const [trades, series] = following(TRADES, 1, 20_001);
    trades.speak(series, saidUpTo(TRADES, 1));
    trades.bring(series, TRADES, 20_002, 20_002);
    expect(trades.messages[1]).toMatchObject({ state: 'recovering', missing: { from: 2 } });
    const [later, last] = following(BLOCKS, 1, 20_001);
    later.speak(last, saidUpTo(BLOCKS, 10_000));
    expect([later.said[1], later.stage.holes.size]).toEqual([10_001, 0]);
    const [blocks, other] = following(BLOCKS, 1, 20_001);
    blocks.speak(other, saidUpTo(BLOCKS, 1));
    blocks.bring(other, BLOCKS, 20_002, 20_002);
    expect(blocks.messages[1]).toMatchObject({ state: 'recovering', missing: { from: 4 } });
    const [first, fresh] = following(TRADES, 1, 20_001);
    first.speak(fresh, { place: PLACE });
    expect(first.said.slice(0, 2)).toEqual(['gap ids-missing', 'live first-event']);
  });
});

describe('an array', () => {
  it.each([0, 1, 2, 3])('of which he has said the elements up to %i becomes whole, and is no two', (element) => {
    for (const ours of [1, 2, 3]) {
      const [follower, series] = following(ARRAYS, 1, ours);
      series.heard(saidUpTo(ARRAYS, 1, 2));
      follower.speak(series, saidUpTo(ARRAYS, 2, element));
      follower.bring(series, ARRAYS, ours + 1, 4);
      const [first, ...rest] = follower.said;
      expect(first).toBe('live resumed');
      expect(rest).toEqual(wholeArrays(2, 3, 4).slice(element + 1));
    }
  });

  it('of which none of our lines has the element that he has said last is whole if it is newer', () => {
    const [follower, series] = following(ARRAYS, 1, 1);
    const [event] = ARRAYS.frame(2);
    follower.speak(series, { place: PLACE, event: { ...event!, symbol: 'OTHER' } as typeof event });
    follower.bring(series, ARRAYS, 3, 4);
    expect(follower.said.slice(1)).toEqual(wholeArrays(3, 4));
  });
});

describe('what nobody has a word for', () => {
  it('is said where he has not said it, among the events around it', () => {
    const follower = new Follower();
    const series = follower.open(TRADES);
    for (const n of upTo(1, 4)) {
      follower.bring(series, TRADES, n, n);
      follower.bring(series, UNKNOWNS, n, n);
    }
    const said = { ...saidUpTo(TRADES, 2), unknowns: unknownTexts(1) };
    series.heard(said);
    follower.speak(series, said);
    expect(follower.said).toEqual(['live resumed', 'unknown 2', 3, 'unknown 3', 4, 'unknown 4']);
  });

  it('is not said again when it comes on our own lines after he has said it', () => {
    const [follower, series] = following(UNKNOWNS, 1, 2);
    follower.speak(series, { place: PLACE, unknowns: unknownTexts(1, 2, 3, 4) });
    follower.bring(series, UNKNOWNS, 3, 5);
    expect(follower.said.slice(1)).toEqual(['unknown 5']);
  });
});

describe('what he has not said leaves', () => {
  it('of every stream its first event at once, the rest within a second, and what is live behind it', () => {
    const follower = new Follower();
    const { stage } = follower;
    const [many, few] = [follower.open(TRADES), follower.open(DIFFS)];
    follower.bring(many, TRADES, 1, 1_001);
    follower.bring(few, DIFFS, 1, 3);
    stage.streams.beginSilently(NEXT_TERM);
    for (const series of [many, few]) stage.streams.speak(series, { place: PLACE }, true);
    expect(follower.said).toEqual(['live first-event', 1, 'live first-event', 1]);
    follower.bring(many, TRADES, 1_002, 1_002);
    expect(follower.said).toHaveLength(4);
    expect(stage.streams.isFree(many, stage.clock.now())).toBe(false);
    stage.tick(1);
    expect(follower.messages.filter(({ stream }) => stream === TRADES.name)).toHaveLength(2 + 101);
    stage.tick(8);
    expect(follower.messages.filter(({ stream }) => stream === DIFFS.name)).toHaveLength(2 + 2);
    expect(follower.messages.length).toBeLessThan(1_000);
    stage.tick(1);
    follower.bring(many, TRADES, 1_003, 1_003);
    const ids = follower.messages.flatMap(({ stream, n }) => (stream === TRADES.name && n !== undefined ? [n] : []));
    expect(ids).toEqual(upTo(1, 1_003));
  });

  it('before the stream ends, before another term begins, and not at all once somebody else speaks', () => {
    const spoken = (): [Follower, Series] => {
      const [follower, series] = following(TRADES, 1, 100);
      follower.stage.streams.beginSilently(NEXT_TERM);
      follower.stage.streams.speak(series, { place: PLACE }, true);
      return [follower, series];
    };
    const [ended, series] = spoken();
    ended.stage.streams.close(series, 'said');
    expect(ended.said.at(-1)).toBe(100);
    const [next] = spoken();
    next.stage.streams.beginTerm(NEXT_TERM + 1, true);
    expect(next.said.slice(-2)).toEqual([100, 'live first-event']);
    const [muted, silent] = spoken();
    muted.stage.streams.mute();
    muted.stage.tick(20);
    muted.bring(silent, TRADES, 101, 101);
    expect(muted.said).toEqual(['live first-event', 1]);
    expect(muted.stage.streams.withheld.size).toBe(100);
  });
});
