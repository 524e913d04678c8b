import { describe, expect, it } from 'vitest';
import { bookAt, streamOf, trade } from '../../../../test/support/series-rig.js';
import { Stage } from './streams-stage.rig.js';
import type { Memory } from './streams.js';

const TRADES = 'btcusdt@trade';
const BOOK = 'btcusdt@depth';
const nobody = (): boolean => false;

/** What was said of a stream, in few words. */
const said = (stage: Stage, name = TRADES): (string | number)[] =>
  stage.published.flatMap(({ type, id, cause, stream }) => (stream === name ? [type === 'feed' ? cause : id] : []));
const places = (stage: Stage, name = TRADES): number[] =>
  stage.published.filter(({ stream }) => stream === name).map(({ seq }) => seq);
const upTo = (to: number): number[] => Array.from({ length: to }, (_, at) => at + 1);

describe('a stream that is wanted again', () => {
  /** It had trades 1 to 3, was left, and is wanted again after a while; then comes trade 5. */
  const again = (why: 'said' | 'unheard', afterMs: number): Stage => {
    const stage = new Stage(undefined, nobody);
    const first = stage.open(TRADES);
    for (const id of [1, 2, 3]) stage.take(first, trade(id));
    stage.streams.close(first, why);
    stage.clock.advance(afterMs);
    stage.take(stage.open(TRADES), trade(5));
    return stage;
  };
  const before = ['subscribing', 'first-event', 1, 2, 3, 'subscribing'];

  it('says what it missed where its listeners were only lost sight of, for less than a minute', () => {
    expect(said(again('unheard', 59_999))).toEqual([...before, 'ids-missing', 'resumed', 5]);
  });

  it('begins anew where somebody said that it is over, or after a minute', () => {
    expect(said(again('said', 1))).toEqual([...before, 'first-event', 5]);
    expect(said(again('unheard', 60_000))).toEqual([...before, 'first-event', 5]);
  });

  it('gives no place twice', () => {
    for (const stage of [again('said', 1), again('unheard', 1)])
      expect(places(stage)).toEqual(upTo(places(stage).length));
  });

  it('does so also when 20,000 others were wanted since, and of no more anything is remembered', () => {
    const stage = new Stage(undefined, nobody);
    const openAndClose = (name: string): void => stage.streams.close(stage.open(name), 'said');
    const first = stage.open(TRADES);
    for (const id of [1, 2, 3]) stage.take(first, trade(id));
    stage.streams.close(first, 'said');
    for (let at = 1; at < 20_000; at += 1) openAndClose(`c${at}usdt@trade`);
    openAndClose('ethusdt@trade');
    expect(places(stage, 'ethusdt@trade')).toEqual([1]);
    // From now on the first one is forgotten: who comes new begins above all of its places.
    openAndClose('xrpusdt@trade');
    expect(places(stage, 'xrpusdt@trade')).toEqual([6]);
    stage.open(TRADES);
    expect(places(stage)).toEqual(upTo(6));
  });
});

describe('a term', () => {
  it('gives places from 1 to each stream, behind the last ones of the term before where nobody else has published', () => {
    const stage = new Stage(undefined, nobody);
    stage.take(stage.open(TRADES), trade(1));
    stage.streams.beginTerm(2, true);
    expect(stage.published.at(-1)).toMatchObject({
      epoch: 2,
      seq: 1,
      cause: 'first-event',
      follows: { epoch: 1, seq: 3 },
    });
    stage.streams.beginTerm(5);
    expect(stage.published.at(-1)).toMatchObject({ epoch: 5, seq: 1, cause: 'first-event' });
    expect(stage.published.at(-1)).not.toHaveProperty('follows');
  });

  it('knows nothing of places of the one before, nor of the upstream before', () => {
    const past = { place: { epoch: 0, seq: 7 }, event: trade(3), goneSince: undefined };
    const memory: Memory & { isForgotten: boolean } = {
      isForgotten: false,
      recall: () => (memory.isForgotten ? undefined : past),
      forget: () => void (memory.isForgotten = true),
    };
    const stage = new Stage(memory, nobody);
    expect(memory.isForgotten).toBe(true);
    memory.isForgotten = false;
    const first = stage.open(TRADES);
    expect(stage.published.at(-1)).toMatchObject({ follows: past.place });
    stage.streams.beginTerm(2, false);
    expect(stage.published.at(-1)).not.toHaveProperty('follows');
    stage.streams.close(first, 'unheard');
    stage.streams.beginTerm(3, false);
    stage.take(stage.open(TRADES), trade(9));
    expect(stage.published.slice(-3)).toMatchObject([
      { epoch: 3, seq: 1, cause: 'subscribing' },
      { epoch: 3, seq: 2, cause: 'first-event' },
      { epoch: 3, seq: 3, id: 9 },
    ]);
    expect(stage.published.at(-3)).not.toHaveProperty('follows');
  });

  it('begins with nothing to say of a stream that says nothing', () => {
    const stage = new Stage(undefined, nobody);
    const before = stage.published.length;
    stage.streams.beginTerm(2, true);
    expect(stage.published.length).toBe(before);
  });
});

describe('an event that waits for another line', () => {
  const waiting = (): Stage => {
    const stage = new Stage(undefined, nobody);
    const series = stage.open(TRADES);
    series.sources.open(2, 0);
    for (const id of [1, 4]) stage.take(series, trade(id));
    return stage;
  };

  it('waits for two seconds, then what is before it is announced', () => {
    const stage = waiting();
    stage.tick(19);
    expect(said(stage).slice(2)).toEqual([1]);
    stage.tick(1);
    expect(said(stage).slice(2)).toEqual([1, 'ids-missing', 'resumed', 4]);
  });

  it('waits anew after our own process stood still', () => {
    const stage = waiting();
    stage.clock.advance(60_000);
    stage.streams.pardon(stage.clock.now());
    stage.tick(19);
    expect(said(stage).slice(2)).toEqual([1]);
    stage.tick(1);
    expect(said(stage).slice(2)).toEqual([1, 'ids-missing', 'resumed', 4]);
  });
});

describe('the end', () => {
  it('is said of every stream, behind what was decided before, and whoever repairs is told that it is over', () => {
    const stage = new Stage();
    stage.holed(TRADES, 40_000);
    stage.holed('ethusdt@trade', 3);
    stage.bring(TRADES, 2, 40_000);
    expect([...stage.told.keys()]).toEqual(['ethusdt@trade']);
    stage.streams.stop();
    expect(said(stage).slice(-3)).toEqual([40_001, 'filled', 'stopped']);
    expect(said(stage, 'ethusdt@trade').at(-1)).toBe('stopped');
    expect([...stage.told.keys()]).toEqual([]);
    const before = stage.published.length;
    stage.tick(10);
    expect(stage.published.length).toBe(before);
  });

  it('of one stream is the end of its repair, and nothing is said of it any more', () => {
    const stage = new Stage();
    const series = stage.holed(TRADES, 3);
    stage.streams.close(series, 'said');
    expect([...stage.told.keys()]).toEqual([]);
    const before = stage.published.length;
    stage.streams.beginTerm(2, true);
    stage.tick(10);
    expect(stage.published.length).toBe(before);
  });
});

describe('what is told of streams', () => {
  it('counts messages and their letters as they leave', () => {
    const stage = new Stage();
    const series = stage.open(TRADES);
    for (const id of [1, 2, 3]) stage.take(series, trade(id));
    expect(stage.streams.published).toBe(stage.published.length);
    expect(stage.streams.letters).toBe(stage.letters);
    expect(stage.letters).toBeGreaterThan(0);
  });

  it('stamps states with the time of day at which they began', () => {
    const stage = new Stage();
    stage.clock.setWall(5_000_000);
    stage.open(TRADES);
    expect(stage.published.at(-1)).toMatchObject({ cause: 'subscribing', since: 6_000_000, by: 'upstream' });
  });
});

describe('what leaves at a bounded pace', () => {
  it('leaves of every stream in turn: a long one does not keep a short one waiting', () => {
    const stage = new Stage();
    stage.holed(TRADES, 40_000);
    stage.holed('ethusdt@trade', 1_000);
    stage.bring(TRADES, 2, 40_000);
    stage.bring('ethusdt@trade', 2, 1_000);
    stage.tick(4);
    expect(said(stage, 'ethusdt@trade').at(-1)).toBe('filled');
    expect(said(stage).at(-1)).not.toBe('filled');
  });

  it('leaves no room for a book until it has left, nor while the pace is used up by another stream', () => {
    const stage = new Stage();
    const [series, other] = [stage.holed(TRADES, 40_000), stage.open(BOOK)];
    const { streams, clock } = stage;
    expect([series, other].map((one) => streams.isFree(one, clock.now()))).toEqual([true, true]);
    stage.bring(TRADES, 2, 40_000);
    expect([series, other].map((one) => streams.isFree(one, clock.now()))).toEqual([false, false]);
    stage.tick(200);
    streams.publishPaced(other, [bookAt(7)]);
    expect(stage.published.at(-1)).toMatchObject({ type: 'book', stream: BOOK });
    expect([series, other].map((one) => streams.isFree(one, clock.now()))).toEqual([true, true]);
    streams.publishPaced(other, []);
    expect(other.outbox).toBeUndefined();
  });

  it('leaves at once where a stream brings more than the pace could ever carry', () => {
    const stage = new Stage();
    const series = stage.streams.open(streamOf(TRADES));
    const before = stage.published.length;
    stage.streams.publishPaced(
      series,
      Array.from({ length: 200_001 }, (_, at) => trade(at)),
    );
    expect(stage.published.length - before).toBe(200_001);
  });
});
