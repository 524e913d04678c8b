import { describe, expect, it } from 'vitest';
import { type Depth, HistoryShelf, encode } from '#libs/core';
import { bookAt, inShort, streamOf } from '../../../../../test/support/series-rig.js';
import { BookBench } from '../../books/book-bench.rig.js';
import { Stage } from '../streams-stage.rig.js';
import { Follower, NEXT_TERM, PLACE, eventsOf, saidUpTo } from './follower.rig.js';
import { BLOCKS, DIFFS, KINDS, TRADES } from './kinds.rig.js';

const AVERAGES = KINDS.find(({ name }) => name.endsWith('avgPrice')) ?? TRADES;

describe('while somebody else says the streams', () => {
  it('nothing is said, however they are, nor told to those who come late', () => {
    const follower = new Follower();
    const { stage } = follower;
    const series = follower.open(TRADES);
    follower.bring(series, TRADES, 1, 3);
    stage.streams.publishPaced(series, TRADES.frame(4));
    stage.streams.publish(series, series.become({ state: 'stale', cause: 'silent' }, stage.clock.now()));
    stage.streams.publish(series, series.sourceGone(1, stage.clock.now()));
    stage.tick(20);
    expect(series.transcript.welcome()).toBeUndefined();
    stage.streams.close(series, 'said');
    stage.streams.stop();
    follower.open(DIFFS);
    stage.streams.stop();
    expect(follower.said).toEqual([]);
  });

  it('what would have been said is kept until he is heard to say it, and no longer than the stream is wanted', () => {
    const follower = new Follower();
    const [series, other] = [follower.open(TRADES), follower.open(DIFFS)];
    const { withheld } = follower.stage.streams;
    follower.bring(series, TRADES, 1, 5);
    follower.bring(other, DIFFS, 1, 2);
    expect(withheld.size).toBe(7);
    series.heard(saidUpTo(TRADES, 3));
    expect(withheld.size).toBe(4);
    follower.stage.streams.close(series, 'said');
    expect(withheld.size).toBe(2);
  });

  it('nobody is asked for what our own lines lack, it counts as no loss, and it is none', () => {
    const follower = new Follower();
    const { stage } = follower;
    const told: string[] = [];
    stage.streams.repairs.employ(
      [
        {
          name: 'any',
          isTireless: false,
          repairs: () => true,
          begin: () => {
            told.push('asked');
            return () => undefined;
          },
        },
      ],
      { ended: () => void told.push('ended'), missed: () => void told.push('missed') },
    );
    const series = follower.open(TRADES);
    for (const [from, to] of [[1, 2] as const, [5, 6] as const]) follower.bring(series, TRADES, from, to);
    stage.streams.publish(series, series.sourceGone(1, stage.clock.now()));
    series.sources.open(2, stage.clock.now());
    series.confirm(stage.clock.now(), stage.clock.now());
    stage.tick(30);
    expect(told).toEqual([]);
    expect(stage.streams.counts).toMatchObject({ gaps: 0, missing: 0, holes: 0 });
    follower.speak(series, saidUpTo(TRADES, 4), false);
    expect(follower.said).toEqual(['live resumed', 5, 6]);
  });

  it('a stream is carried whole since its first line surely carries it, whatever line that is by now, until there is none', () => {
    const { stage } = new Follower();
    const { clock } = stage;
    const series = stage.open(TRADES.name);
    expect([series.wholeSince, series.withheld?.since]).toEqual([undefined, clock.now()]);
    clock.advance(100);
    const since = clock.now();
    series.confirm(since, since);
    series.sources.open(2, since);
    clock.advance(100);
    series.sourceGone(1, clock.now());
    series.confirm(clock.now(), clock.now());
    expect(series.wholeSince).toBe(since);
    series.sourceGone(2, clock.now());
    expect(series.wholeSince).toBeUndefined();
    series.sources.open(3, clock.now());
    series.confirm(since, clock.now());
    expect(series.wholeSince).toBeUndefined();
    clock.advance(100);
    series.confirm(clock.now(), clock.now());
    expect(series.wholeSince).toBe(clock.now());
  });

  it('a book may be said at any time: it costs nobody anything', () => {
    const follower = new Follower();
    const { streams, clock } = follower.stage;
    const series = follower.open(DIFFS);
    streams.pace.spend(4_000_000);
    expect(streams.isFree(series, clock.now())).toBe(true);
  });

  it('a stream begins anew that is wanted again: its places are not ours, and nothing is recalled', () => {
    const recalled = { place: PLACE, event: saidUpTo(TRADES, 4).event!, goneSince: undefined };
    const stage = new Stage({ recall: () => recalled, forget: () => undefined });
    stage.streams.mute();
    const series = stage.open(TRADES.name);
    stage.take(series, TRADES.frame(1)[0]!);
    stage.streams.close(series, 'unheard');
    const again = stage.open(TRADES.name);
    expect([again.transcript.seq, again.reached, again.transcript.feed?.cause]).toEqual([0, undefined, 'subscribing']);
  });
});

describe('what those are told who come late', () => {
  it('is the newest event that he has said, at its place, also where it came on none of our lines', () => {
    for (const ours of [1, 2, 3]) {
      const follower = new Follower();
      const series = follower.open(AVERAGES);
      follower.bring(series, AVERAGES, 1, ours);
      follower.speak(series, saidUpTo(AVERAGES, 2));
      const newest = JSON.parse(series.transcript.welcome()?.latest[0] ?? '{}') as object;
      expect(newest).toMatchObject(ours === 3 ? { n: 3, epoch: NEXT_TERM, seq: 2 } : { n: 2, ...PLACE });
    }
  });

  it('is made of all diffs that he has said, each once and in order, and of no other before we say it', () => {
    const follower = new Follower();
    follower.remember();
    const series = follower.open(DIFFS);
    const ends = (): number[] => follower.noted.flatMap((one) => (one.type === 'depth' ? [one.lastUpdateId] : []));
    follower.bring(series, DIFFS, 1, 3);
    series.heard(saidUpTo(DIFFS, 2));
    series.heard(saidUpTo(DIFFS, 2));
    expect(ends()).toEqual([10, 20]);
    follower.stage.streams.publishPaced(series, [bookAt(20)]);
    expect(follower.noted.at(-1)).toMatchObject({ type: 'book', lastUpdateId: 20 });
    follower.bring(series, DIFFS, 4, 5);
    follower.speak(series, saidUpTo(DIFFS, 3));
    expect(ends()).toEqual([10, 20, 30, 40, 50]);
  });

  it('is made of his own texts where our lines are behind him', () => {
    const shelf = new HistoryShelf({ streamBytes: 100_000, totalBytes: 100_000, ageMs: 60_000 });
    const follower = new Follower(true, shelf);
    follower.remember();
    const series = follower.open(DIFFS);
    for (const event of eventsOf(DIFFS, 1, 5)) series.history?.take(encode(event));
    follower.bring(series, DIFFS, 1, 2);
    follower.speak(series, saidUpTo(DIFFS, 5));
    follower.bring(series, DIFFS, 3, 6);
    const diffs = follower.noted.filter(({ type }) => type === 'depth');
    expect(diffs).toMatchObject([1, 2, 3, 4, 5, 6].map((n) => ({ n })));
    expect(follower.said).toEqual(['live resumed', 6]);
  });
});

it('a book is where he is, and when it is our turn it goes on from there', async () => {
  const bench = new BookBench({ streams: [DIFFS.name], stages: [{ levels: 3, weight: 5 }] });
  const series = bench.series(DIFFS.name);
  const diffs: Depth[] = [];
  const place = { epoch: 1, seq: 1 };
  const live = (): void => {
    bench.exchange.change('bids', 1, 1 + (bench.exchange.id % 3));
    const diff = bench.exchange.takeDiff(DIFFS.name);
    if (!diff) return;
    diffs.push({ ...diff });
    bench.streams.publish(series, series.accept([diff], 1, bench.clock.now()));
  };
  live();
  await bench.pass(100);
  // It was asked for while this upstream published, and comes when somebody else does.
  bench.streams.mute();
  bench.heard();
  await bench.answer();
  await bench.pass(100);
  const [book] = bench.books.all;
  for (let more = 0; more < 3; more += 1) live();
  expect(book?.keeper.known).toMatchObject({ isKnown: true, reached: diffs[0]?.lastUpdateId });
  series.heard({ place, event: diffs[1] });
  expect(book?.keeper.known.reached).toBe(diffs[1]?.lastUpdateId);
  bench.streams.beginSilently(2);
  bench.streams.speak(series, { place, event: diffs[2] }, true);
  await bench.pass(1_000);
  const said = bench.heard();
  expect(said.map(inShort)).toEqual(['live', diffs[3]?.lastUpdateId]);
  const [latest] = series.transcript.welcome()?.latest ?? [];
  const { bids } = bench.exchange.snapshot(diffs[3]?.lastUpdateId ?? 0, 3);
  expect(JSON.parse(latest ?? '{}')).toMatchObject({ lastUpdateId: diffs[3]?.lastUpdateId, bids, epoch: 2, seq: 2 });
  expect(bench.asked).toEqual([]);
});

describe('an upstream that steps down', () => {
  it('says nothing more, not even what it had decided to say, and whoever repairs is told that it is over', () => {
    const stage = new Stage();
    stage.holed(TRADES.name, 40_000);
    stage.holed('ethusdt@trade', 3);
    stage.bring(TRADES.name, 2, 40_000);
    stage.streams.mute();
    const before = stage.published.length;
    expect([...stage.told.keys()]).toEqual([]);
    stage.tick(300);
    const series = stage.streams.wanted.get(TRADES.name);
    if (series) stage.take(series, TRADES.frame(40_002)[0]!);
    stage.streams.stop();
    expect(stage.published.length).toBe(before);
    expect(series?.transcript.welcome()).toBeUndefined();
  });

  it('remembers no place of its own', () => {
    const stage = new Stage();
    const series = stage.open(TRADES.name);
    stage.take(series, TRADES.frame(1)[0]!);
    stage.streams.close(series, 'unheard');
    stage.streams.mute();
    const again = stage.open(TRADES.name);
    expect([again.transcript.seq, again.reached]).toEqual([0, undefined]);
  });

  it('waits, when it is to speak again, for what repairers had not said yet', () => {
    const stage = new Stage();
    const series = stage.open(BLOCKS.name);
    stage.take(series, BLOCKS.frame(1)[0]!);
    stage.clock.advance(10);
    series.sourceGone(1, stage.clock.now());
    series.sources.open(2, stage.clock.now());
    series.confirm(stage.clock.now(), stage.clock.now());
    stage.clock.advance(0);
    expect([...stage.told.keys()]).toEqual([BLOCKS.name]);
    stage.streams.mute();
    const { seq, last } = series.transcript;
    stage.streams.beginSilently(2);
    stage.streams.speak(series, { place: { epoch: 1, seq }, event: last }, true);
    for (const n of [5, 6]) stage.streams.publish(series, series.accept(BLOCKS.frame(n), 2, stage.clock.now()));
    expect(stage.published.at(-1)).toMatchObject({ type: 'feed', cause: 'filling' });
  });

  it('says all that it had decided to say where it is to speak again, and nothing twice', () => {
    const stage = new Stage();
    const series = stage.holed(TRADES.name, 15_000);
    stage.bring(TRADES.name, 2, 15_000);
    stage.streams.mute();
    stage.streams.mute();
    const { seq, last } = series.transcript;
    stage.streams.beginSilently(2);
    stage.streams.speak(series, { place: { epoch: 1, seq }, event: last }, true);
    stage.tick(10);
    expect(stage.ids).toEqual(Array.from({ length: 15_001 }, (_, at) => at + 1));
    expect(stage.published.find(({ epoch }) => epoch === 2)).toMatchObject({ seq: 1, follows: { epoch: 1, seq } });
  });

  it('has asked anew, when it is to speak again, for what it had been asking for', () => {
    const stage = new Stage();
    const series = stage.holed(TRADES.name, 4);
    stage.streams.mute();
    const { seq, last } = series.transcript;
    stage.streams.beginSilently(2);
    stage.streams.speak(series, { place: { epoch: 1, seq }, event: last }, true);
    stage.tick(21);
    stage.bring(TRADES.name, 2, 4);
    expect(stage.ids).toEqual([1, 2, 3, 4, 5]);
  });

  it('gives places from 1 on in the next term, also to a stream that says nothing yet', () => {
    const stage = new Stage();
    const series = stage.holed(TRADES.name, 2);
    stage.streams.mute();
    expect(series.transcript.seq).toBeGreaterThan(0);
    stage.streams.beginSilently(2);
    expect([series.transcript.seq, stage.streams.epoch]).toEqual([0, 2]);
    expect(stage.open('ethusdt@trade').transcript).toMatchObject({ seq: 1 });
    expect(stage.streams.wanted.get(streamOf(TRADES.name).name)?.transcript.welcome()).toBeUndefined();
  });
});
