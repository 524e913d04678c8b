import { beforeEach, describe, expect, it, vi } from 'vitest';
import { spot } from '#libs/binance';
import { type FeedEvent, type MissedQuestion, type NotResumed, type Place, placeIn } from '#libs/core';
import { FakeClock } from '../../../../test/support/fake-clock.js';
import { feedText } from '../../../../test/support/feed-text.js';
import { parsedStream } from '../../../../test/support/parsed-stream.js';
import { type EdgeCounts, newEdgeCounts } from '../metrics/edge-counts.js';
import { join } from '../following/joining.js';
import { EdgeStream } from '../streams/edge-stream.js';
import { newShelf } from '../streams/market-streams.rig.js';
import { type Recovered, Recovery } from './recovery.js';

const TRADE = 'btcusdt@trade';

const trade = (epoch: number, seq: number): string =>
  `{"type":"trade","stream":"${TRADE}","epoch":${epoch},"seq":${seq},"id":${seq}}`;
const feed = (epoch: number, seq: number, more: Partial<FeedEvent> = {}): string => feedText(TRADE, epoch, seq, more);
const follows = (epoch: number, seq: number, place: Place, by: FeedEvent['by'] = 'upstream'): string =>
  feed(epoch, seq, { follows: place, by });
const at = (epoch: number, seq: number): Place => ({ epoch, seq });

describe('what a client has missed', () => {
  let stream: EdgeStream;
  let clock: FakeClock;
  let counts: EdgeCounts;
  let recovery: Recovery<object>;
  let asked: { question: MissedQuestion; told: (texts: readonly string[]) => void; isWanted: boolean }[];
  const newStream = (name: string, keptBytes?: number): EdgeStream => {
    const surroundings = {
      publish: () => undefined,
      counts,
      clock,
      ownSnapshotMs: 0,
      shelf: newShelf(keptBytes),
    };
    const one = new EdgeStream(spot, parsedStream(name), 0, surroundings);
    one.phase = 'followed';
    return one;
  };
  const begin = (keptBytes?: number): void => void (stream = newStream(TRADE, keptBytes));
  beforeEach(() => {
    asked = [];
    clock = new FakeClock();
    counts = newEdgeCounts();
    recovery = new Recovery({
      clock,
      counts,
      fetch: (question, _stream, told) => {
        const open = { question, told, isWanted: true };
        asked.push(open);
        return () => void (open.isWanted = false);
      },
    });
    begin();
  });
  const keep = (...texts: string[]): void => {
    for (const text of texts) {
      stream.history?.take(text);
      stream.moveTo(placeIn(text));
    }
  };
  const shown = (recovered: Recovered | undefined): unknown =>
    recovered && 'texts' in recovered
      ? recovered.texts.map((text) => Object.values(placeIn(text)).join('.'))
      : recovered?.why;
  const recover = (epoch: number, seq: number, client = {}): Promise<NotResumed | undefined> =>
    recovery.recover(client, stream, at(epoch, seq));
  const ranges = (): unknown[] => asked.map(({ question: { after, to } }) => [after, to]);
  const look = (epoch: number, seq: number): unknown => shown(recovery.look(stream, at(epoch, seq)));
  const settle = async (): Promise<void> => {
    for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
  };

  it('is what is kept behind its place, over every change of term that says what it follows', () => {
    keep(trade(7, 4), trade(7, 5), follows(8, 1, at(7, 5)), trade(8, 2), follows(9, 1, at(8, 2)));
    expect(look(7, 3)).toEqual(['7.4', '7.5', '8.1', '8.2', '9.1']);
    expect([look(7, 5), look(8, 1), look(9, 1)]).toEqual([['8.1', '8.2', '9.1'], ['8.2', '9.1'], []]);
  });

  it('is nothing at the place that the present term goes on behind', () => {
    begin(0);
    stream.moveTo(at(8, 1));
    stream.junction = { from: at(7, 5), to: at(8, 1) };
    expect([look(7, 5), look(8, 1), look(7, 4)]).toEqual([[], [], 'out-of-history']);
  });

  it('is all that clients of this edge had, for who stands where a new upstream began that says it again', () => {
    keep(trade(7, 4), trade(7, 5));
    stream.last = trade(7, 5);
    const opening = join(stream, JSON.parse(follows(8, 1, at(7, 4))) as FeedEvent);
    keep(JSON.stringify(opening));
    expect([look(7, 4), look(7, 5), look(8, 1)]).toEqual([['7.5', '8.1'], ['8.1'], []]);
    stream.moveTo(at(8, 2));
    expect([look(7, 4), look(8, 1), look(8, 2)]).toEqual([['7.5', '8.1'], [], 'out-of-history']);
  });

  it('goes over what a new upstream has said again as its clients were told', () => {
    keep(
      trade(7, 5),
      follows(8, 1, at(7, 4), 'edge').replace('"seq":4', '"seq":5'),
      follows(8, 4, at(8, 1), 'edge'),
      trade(8, 5),
    );
    expect([look(7, 5), look(8, 1)]).toEqual([
      ['8.1', '8.4', '8.5'],
      ['8.4', '8.5'],
    ]);
    expect(look(8, 2)).toBe('out-of-history');
  });

  it('is behind any of the states of which a welcome said that there was nothing else', () => {
    keep(trade(7, 5), follows(8, 3, at(7, 5)), trade(8, 4));
    expect([look(7, 5), look(8, 1), look(8, 2)]).toEqual([
      ['8.3', '8.4'],
      ['8.3', '8.4'],
      ['8.3', '8.4'],
    ]);
  });

  it('cannot be said of what is not, was begun anew, or nobody has said', () => {
    keep(trade(7, 4), feed(7, 5, { cause: 'subscribing' }), trade(7, 6));
    expect([look(7, 7), look(8, 1), look(7, 4), look(7, 5)]).toEqual([
      'unknown-place',
      'unknown-place',
      'new-run',
      ['7.6'],
    ]);
    stream.phase = 'unheard';
    expect(look(7, 5)).toBe('not-heard');
  });

  it('is asked for where it is older than what is kept, from the newest on, and kept then', async () => {
    keep(trade(9, 4), trade(9, 5));
    expect(look(7, 2)).toBeUndefined();
    const recovered = recover(7, 2);
    await settle();
    expect(asked[0]?.question).toEqual({ stream: TRADE, epoch: 9, after: 0, to: 3 });
    asked[0]?.told([follows(9, 1, at(8, 2)), trade(9, 2), trade(9, 3)]);
    await settle();
    expect(asked[1]?.question).toEqual({ stream: TRADE, epoch: 8, after: 0, to: 2 });
    keep(trade(9, 6));
    asked[1]?.told([follows(8, 1, at(7, 4)), trade(8, 2)]);
    await settle();
    expect(asked[2]?.question).toEqual({ stream: TRADE, epoch: 7, after: 2, to: 4 });
    asked[2]?.told([trade(7, 3), trade(7, 4)]);
    const all = ['7.3', '7.4', '8.1', '8.2', '9.1', '9.2', '9.3', '9.4', '9.5', '9.6'];
    expect([await recovered, look(7, 2)]).toEqual([undefined, all]);
    expect([counts.rangesAsked, counts.rangesShared]).toEqual([3, 0]);
  });

  it('is asked for by the first who comes back, and the others have it from there', async () => {
    stream.moveTo(at(7, 5));
    const both = [recover(7, 2), recover(7, 3)];
    await settle();
    expect(asked.map(({ question }) => question)).toEqual([{ stream: TRADE, epoch: 7, after: 2, to: 5 }]);
    asked[0]?.told([trade(7, 3), trade(7, 4), trade(7, 5)]);
    expect(await Promise.all(both)).toEqual([undefined, undefined]);
    expect([look(7, 2), look(7, 3)]).toEqual([
      ['7.3', '7.4', '7.5'],
      ['7.4', '7.5'],
    ]);
    expect([counts.rangesAsked, counts.rangesShared]).toEqual([1, 1]);
  });

  it('is waited for by nobody of whose place all is here, and by nobody who asks for less behind a question that stays open', async () => {
    keep(trade(7, 8), trade(7, 9));
    let told = 0;
    void recover(7, 2).then(() => (told += 1));
    expect([await recover(7, 8), await recover(7, 7), await recover(7, 10)]).toEqual([undefined, undefined, undefined]);
    const newer = recover(7, 5);
    clock.advance(499);
    expect(ranges()).toEqual([[2, 7]]);
    clock.advance(1);
    expect(ranges()).toEqual([
      [2, 7],
      [5, 7],
    ]);
    asked[1]?.told([trade(7, 6), trade(7, 7)]);
    expect([await newer, told]).toEqual([undefined, 0]);
    asked[0]?.told([3, 4, 5, 6, 7].map((seq) => trade(7, seq)));
    await settle();
    expect([told, look(7, 2)]).toEqual([1, ['7.3', '7.4', '7.5', '7.6', '7.7', '7.8', '7.9']]);
    expect([asked.length, clock.pending]).toEqual([2, 0]);
  });

  it('is asked for from the newest place on where the oldest was asked for in vain, and so is told at once to all who lack as much', async () => {
    stream.moveTo(at(7, 9));
    const all = [3, 2, 4, 6, 5].map((seq) => recover(7, seq));
    asked[0]?.told([]);
    await settle();
    expect(ranges()).toEqual([
      [3, 9],
      [6, 9],
    ]);
    asked[1]?.told([trade(7, 7), trade(7, 8), trade(7, 9)]);
    await settle();
    expect(ranges()[2]).toEqual([5, 6]);
    asked[2]?.told([trade(7, 6)]);
    await settle();
    asked[3]?.told([]);
    const vain = 'out-of-history';
    expect(await Promise.all(all)).toEqual([vain, vain, vain, undefined, undefined]);
    expect([asked.length, clock.pending]).toEqual([4, 0]);
  });

  it('is not asked for again for three seconds where nobody had it, and then is', async () => {
    stream.moveTo(at(7, 9));
    const first = recover(7, 4);
    asked[0]?.told([]);
    expect(await first).toBe('out-of-history');
    expect([await recover(7, 4), await recover(7, 3), await recover(7, 1)]).toEqual([
      'out-of-history',
      'out-of-history',
      'out-of-history',
    ]);
    expect([look(7, 4), look(7, 5)]).toEqual(['out-of-history', undefined]);
    clock.advance(2_999);
    expect([await recover(7, 4), asked.length]).toEqual(['out-of-history', 1]);
    clock.advance(1);
    void recover(7, 4);
    expect(ranges()[1]).toEqual([4, 9]);
  });

  it('waits half a second at most for what nobody answers, however many streams that are of one client', async () => {
    const client = {};
    const streams = Array.from({ length: 200 }, (_, at) => newStream(`a${at}usdt@trade`));
    const told: NotResumed[] = [];
    for (const one of streams) {
      one.moveTo(at(7, 9));
      void recovery.recover(client, one, at(7, 8)).then((why) => why && told.push(why));
    }
    const has = new Set(streams.slice(100).map(({ name }) => name));
    // As all of the others are there who have been asked: a hundred questions stay open.
    const answer = async (): Promise<void> => {
      for (let next = 0; next < asked.length; next += 1) {
        const { question, told: tell } = asked[next] ?? {};
        if (question && has.delete(question.stream)) tell?.([trade(7, 9).replace(TRADE, question.stream)]);
        await settle();
      }
    };
    await answer();
    expect([asked.length, has.size]).toEqual([16, 100]);
    for (let halves = 0; halves < 7; halves += 1) {
      clock.advance(500);
      await answer();
    }
    expect([asked.length, has.size, told]).toEqual([200, 0, []]);
    expect(asked.every(({ isWanted }) => isWanted)).toBe(true);
    recovery.forget(client);
    await settle();
    expect([told.length, clock.pending]).toEqual([100, 0]);
  });

  it.each([
    ['open', 0],
    ['open for long', 500],
  ])('is looked at for who comes back alone, behind a question that is %s, however many wait', (_what, ms) => {
    stream.moveTo(at(7, 9));
    void recover(7, 8);
    clock.advance(ms);
    const looks = vi.spyOn(stream, 'isFollowed', 'get');
    for (let count = 0; count < 1_000; count += 1) void recover(7, 2);
    expect([asked.length, looks.mock.calls.length]).toEqual([1, 1_000]);
  });

  it('is asked for where only something behind it was asked for in vain, which is here by now', async () => {
    stream.moveTo(at(7, 9));
    const [first, second] = [recover(7, 4), recover(7, 6)];
    asked[0]?.told([]);
    await settle();
    // Nobody has the ninth yet, and then somebody does.
    asked[1]?.told([trade(7, 7), trade(7, 8), trade(7, 9)]);
    expect([await first, await second, look(7, 4), look(7, 3)]).toEqual([
      'out-of-history',
      undefined,
      undefined,
      undefined,
    ]);
    const third = recover(7, 3);
    expect(ranges()[2]).toEqual([3, 6]);
    asked[2]?.told([trade(7, 4), trade(7, 5), trade(7, 6)]);
    expect([await third, look(7, 3)]).toEqual([undefined, ['7.4', '7.5', '7.6', '7.7', '7.8', '7.9']]);
  });

  it('is asked for no more once nobody waits for it, and goes on where somebody does', async () => {
    stream.moveTo(at(7, 9));
    const [one, other, third] = [{}, {}, {}];
    const waiting = [recover(7, 2, one), recover(7, 3, other)];
    recovery.forget(one);
    expect([await waiting[0], asked[0]?.isWanted]).toEqual(['out-of-history', true]);
    recovery.forget(third);
    recovery.forget(other);
    expect([await waiting[1], asked[0]?.isWanted, clock.pending]).toEqual(['out-of-history', false, 0]);
    void recover(7, 3, third);
    expect(ranges()).toEqual([
      [2, 9],
      [3, 9],
    ]);
  });

  it.each([
    ['nobody has it', [], 'out-of-history'],
    ['the term follows nothing', [feed(9, 1), trade(9, 2), trade(9, 3)], 'new-term'],
    ['the term goes on behind something before it', [follows(9, 1, at(7, 1)), trade(9, 2), trade(9, 3)], 'new-term'],
  ])('cannot be had where %s', async (_why, texts, why) => {
    keep(trade(9, 4));
    const recovered = recover(7, 2);
    await settle();
    asked[0]?.told(texts);
    expect((await recovered) ?? look(7, 2)).toBe(why);
  });

  it('is too much where it is more than is kept, or than is asked for', async () => {
    begin(1_000);
    stream.moveTo(at(7, 30_000));
    expect(look(7, 9_999)).toBe('too-much');
    const recovered = recover(7, 29_900);
    await settle();
    asked[0]?.told(Array.from({ length: 100 }, (_, index) => trade(7, 29_901 + index)));
    expect(await recovered).toBe('too-much');
    expect(stream.history?.kept).toEqual([]);
  });

  it('is too much where it lies behind more changes of term than are asked for, and so it is for who comes back to the same place', async () => {
    keep(trade(9, 4));
    const recovered = recover(2, 1);
    for (let term = 9; term > 3; term -= 1) {
      await settle();
      asked
        .at(-1)
        ?.told(term === 9 ? [follows(9, 1, at(8, 1)), trade(9, 2), trade(9, 3)] : [follows(term, 1, at(term - 1, 1))]);
    }
    expect([await recovered, look(2, 1), await recover(2, 1)]).toEqual(['too-much', 'too-much', 'too-much']);
    expect(asked.length).toBe(6);
  });

  it('is asked for again where what is kept has begun anew meanwhile', async () => {
    keep(trade(7, 5));
    const recovered = recover(7, 2);
    await settle();
    stream.history?.clear();
    keep(trade(7, 9));
    asked[0]?.told([trade(7, 3), trade(7, 4)]);
    await settle();
    expect(stream.history?.kept).toEqual([trade(7, 9)]);
    expect(asked[1]?.question).toEqual({ stream: TRADE, epoch: 7, after: 2, to: 8 });
    asked[1]?.told([]);
    expect(await recovered).toBe('out-of-history');
  });
});
