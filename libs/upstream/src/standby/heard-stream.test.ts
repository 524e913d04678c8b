import { beforeEach, describe, expect, it } from 'vitest';
import { type FeedEvent, type MarketEvent, type Place } from '#libs/core';
import { bookAt, diff, streamOf, trade } from '../../../../test/support/series-rig.js';
import { HeardStream } from './heard-stream.js';
import { textOf } from './standby.rig.js';

const LAG_MS = 1_000;
const at = (seq: number, epoch = 7): Place => ({ epoch, seq });
const tradeAt = (id: number, place: Place): string => textOf(trade(id), place);
const feed: FeedEvent = {
  type: 'feed',
  stream: 'btcusdt@trade',
  ...at(0),
  state: 'live',
  since: 1,
  cause: 'resumed',
  by: 'upstream',
};
const unknown = (raw: unknown): MarketEvent => ({
  type: 'unknown',
  stream: 'btcusdt@trade',
  ...at(0),
  receivedAt: 1,
  raw,
});

let heard: HeardStream;
beforeEach(() => {
  heard = new HeardStream(streamOf('btcusdt@trade'));
});
const isSure = (carriedSince: number | undefined = 0): boolean => heard.isSure(carriedSince, LAG_MS);
/** What is said reaches us, over a bus that works. */
function hear(text: string, now = 10_000): void {
  expect(heard.hear(text)).toBe(true);
  heard.confirm(now);
}

describe('a stream that is heard', () => {
  it('stands where its newest message stands, behind its newest event', () => {
    expect(heard.mark).toBeUndefined();
    hear(tradeAt(5, at(1)));
    expect(heard.mark).toMatchObject({ place: at(1), event: { id: 5 } });
    hear(textOf(feed, at(2)));
    expect(heard.mark).toMatchObject({ place: at(2), event: { id: 5 } });
    hear(tradeAt(6, at(4)));
    expect(heard.mark).toMatchObject({ place: at(4), event: { id: 6 } });
    hear(tradeAt(7, at(1, 8)));
    expect(heard.mark).toMatchObject({ place: at(1, 8), event: { id: 7 } });
  });

  it('hears nothing that is not behind that, and nothing that is not its own', () => {
    hear(tradeAt(5, at(3)));
    for (const text of [
      tradeAt(6, at(3)),
      tradeAt(6, at(2)),
      tradeAt(6, at(9, 6)),
      'junk',
      textOf({ ...trade(6), stream: 'ethusdt@trade' }, at(4)),
      textOf(diff(1, 2), at(4)),
      textOf({ ...bookAt(9), stream: 'btcusdt@trade' }, at(4)),
    ])
      expect(heard.hear(text)).toBe(false);
    expect(heard.mark).toMatchObject({ place: at(3), event: { id: 5 } });
  });

  it('may stand behind a book', () => {
    heard = new HeardStream(streamOf('btcusdt@depth'));
    hear(textOf(diff(1, 2), at(1)));
    hear(textOf(bookAt(9), at(2)));
    expect(heard.mark).toMatchObject({ place: at(2), event: { type: 'book', lastUpdateId: 9 } });
  });

  it('has no event where nothing but states were said, or its event has nothing that orders it', () => {
    hear(textOf(feed, at(1)));
    expect(heard.mark).toEqual({ place: at(1), isEventLost: true, unknowns: [] });
    hear(`{"type":"trade","stream":"btcusdt@trade","epoch":7,"seq":2}`);
    expect(heard.mark).toEqual({ place: at(2), isEventLost: true, unknowns: [] });
  });

  it('remembers the newest that nobody has a word for, by what they said', () => {
    for (let number = 0; number < 66; number += 1) hear(textOf(unknown({ e: 'new', b: 1, a: number }), at(number + 1)));
    const unknowns = Array.from({ length: 64 }, (_, index) => `{"e":"new","b":1,"a":${index + 2}}`);
    expect(heard.mark).toEqual({ place: at(66), isEventLost: true, unknowns });
  });
});

describe('what comes behind a stream that is heard', () => {
  it('is sure to be ours where it was heard long enough after our lines had begun to carry it', () => {
    hear(tradeAt(5, at(1)), 10_000);
    expect([9_000, 9_001, undefined].map((since) => heard.isSure(since, LAG_MS))).toEqual([true, false, false]);
  });

  it('is not sure before anything was heard, nor where only states were: which event was the newest is not known', () => {
    expect(isSure()).toBe(false);
    hear(textOf(feed, at(5)));
    expect(isSure()).toBe(false);
    hear(textOf(feed, at(6)));
    expect(isSure()).toBe(false);
    hear(tradeAt(5, at(7)));
    hear(textOf(feed, at(8)));
    expect(isSure()).toBe(true);
  });

  it('is sure where a new term says that it goes on behind the last message that was heard, and not where it does not', () => {
    for (const [follows, expected] of [
      [at(1), true],
      [at(2), false],
      [undefined, false],
    ] as const) {
      heard = new HeardStream(streamOf('btcusdt@trade'));
      hear(tradeAt(5, at(1)));
      hear(textOf({ ...feed, ...(follows && { follows }) }, at(1, 8)));
      expect([heard.mark?.place, isSure()]).toEqual([at(1, 8), expected]);
    }
  });

  it('is not sure where our lines began to carry it while the one who publishes may have lacked something', () => {
    const lost = { ...feed, state: 'recovering', cause: 'connection-lost' } as const;
    hear(tradeAt(5, at(1)), 10_000);
    hear(textOf(lost, at(2)), 20_000);
    expect([isSure(0), isSure(15_000)]).toEqual([true, false]);
    heard.asked(21_000)({ stream: 'btcusdt@trade', place: at(2), isLacking: true });
    expect([isSure(0), isSure(15_000)]).toEqual([true, false]);
    hear(textOf({ ...feed, state: 'stale', cause: 'silent' }, at(3)), 22_000);
    expect(isSure(15_000)).toBe(true);
    heard.asked(30_000)({ stream: 'btcusdt@trade', place: at(3) });
    expect(isSure(25_000)).toBe(true);
  });

  it('is not sure where a message was heard while nobody could say whether it is the last', () => {
    heard.hear(tradeAt(5, at(1)));
    expect(isSure()).toBe(false);
  });

  it('is not sure once it is not heard any more, until its next event is', () => {
    hear(tradeAt(5, at(1)));
    heard.broke();
    expect(isSure()).toBe(false);
    hear(textOf(feed, at(2)));
    expect([heard.mark, isSure()]).toMatchObject([{ place: at(2), event: { id: 5 }, isEventLost: true }, false]);
    hear(tradeAt(6, at(3)));
    expect([heard.mark?.isEventLost, isSure()]).toEqual([false, true]);
  });

  it('is not sure where its next event was heard while nobody could say whether it is the last', () => {
    hear(tradeAt(5, at(1)));
    heard.broke();
    heard.hear(tradeAt(6, at(2)));
    expect(isSure()).toBe(false);
    heard.confirm(10_000);
    expect(isSure()).toBe(true);
  });

  it('is sure though messages before the newest event were never heard, and not where the newest event may be among them', () => {
    hear(tradeAt(5, at(1)));
    hear(tradeAt(9, at(5)));
    expect(isSure()).toBe(true);
    hear(textOf(feed, at(7)));
    expect(isSure()).toBe(false);
    hear(textOf(feed, at(1, 8)));
    expect(isSure()).toBe(false);
  });
});

describe('what the one who publishes answers', () => {
  const tell = (mark: { place: Place; event?: string }, askedAt = 10_000): void =>
    heard.asked(askedAt)({ stream: 'btcusdt@trade', ...mark });

  it('makes a quiet stream sure, with its newest event or without any', () => {
    tell({ place: at(3), event: tradeAt(5, at(2)) });
    expect([heard.mark, isSure(9_000), isSure(9_001)]).toMatchObject([{ place: at(3), event: { id: 5 } }, true, false]);
    heard = new HeardStream(streamOf('btcusdt@trade'));
    tell({ place: at(2) });
    expect([heard.mark, isSure()]).toEqual([{ place: at(2), isEventLost: false, unknowns: [] }, true]);
  });

  it('counts as of when he was asked, and what was heard since is newer', () => {
    const told = heard.asked(10_000);
    hear(tradeAt(5, at(3)), 10_500);
    told({ stream: 'btcusdt@trade', place: at(3), event: tradeAt(5, at(3)) });
    expect([isSure(9_500), isSure(9_501)]).toEqual([true, false]);
    told({ stream: 'btcusdt@trade', place: at(2), event: tradeAt(4, at(2)) });
    expect(heard.mark).toMatchObject({ place: at(3), event: { id: 5 } });
  });

  it('says which event is the newest where only states were heard behind it', () => {
    hear(textOf(feed, at(5)));
    tell({ place: at(5), event: tradeAt(5, at(4)) });
    expect([heard.mark, isSure()]).toMatchObject([{ place: at(5), event: { id: 5 } }, true]);
  });

  it('is of no use where it was lost sight of meanwhile, or the event is none of its own', () => {
    const told = heard.asked(10_000);
    heard.broke();
    told({ stream: 'btcusdt@trade', place: at(3), event: tradeAt(5, at(3)) });
    for (const event of ['', textOf(feed, at(3)), textOf(unknown(1), at(3)), textOf(diff(1, 2), at(3))])
      tell({ place: at(3), event });
    expect([heard.mark, isSure()]).toEqual([undefined, false]);
  });

  it('does not take away what was heard of an older term, of which he knows less', () => {
    hear(tradeAt(5, at(9)));
    tell({ place: at(1, 8) });
    expect(heard.mark).toMatchObject({ place: at(1, 8), event: { id: 5 } });
    tell({ place: at(2, 8), event: tradeAt(4, at(8)) });
    expect(heard.mark).toMatchObject({ place: at(2, 8), event: { id: 5 } });
    tell({ place: at(3, 8), event: tradeAt(6, at(3, 8)) });
    expect(heard.mark).toMatchObject({ place: at(3, 8), event: { id: 6 } });
  });
});

describe('a stream of which a new term goes on behind an earlier message than was heard', () => {
  const goOnBehind = (place: Place): void => hear(textOf({ ...feed, follows: place }, at(1, 8)));
  beforeEach(() => {
    for (const id of [1, 2, 3]) hear(tradeAt(id, at(id)));
    expect(isSure()).toBe(true);
  });

  it('is not surely known before that is said again: what lies between was given up here', () => {
    goOnBehind(at(1));
    expect(isSure()).toBe(false);
    hear(tradeAt(2, at(2, 8)));
    expect(isSure()).toBe(false);
    hear(tradeAt(3, at(3, 8)));
    expect(isSure()).toBe(true);
  });

  it('is known also where somebody who is asked says that it has come so far, or further', () => {
    goOnBehind(at(1));
    heard.asked(12_000)({ stream: 'btcusdt@trade', place: at(2, 8), event: tradeAt(2, at(2, 8)) });
    expect(isSure()).toBe(false);
    heard.asked(12_000)({ stream: 'btcusdt@trade', place: at(3, 8), event: tradeAt(4, at(3, 8)) });
    expect(isSure()).toBe(true);
  });

  it('of diffs is known behind the next one after a book', () => {
    heard = new HeardStream(streamOf('btcusdt@depth'));
    hear(textOf(diff(1, 2), at(1)));
    hear(textOf(bookAt(9), at(2)));
    hear(textOf({ ...feed, stream: 'btcusdt@depth', follows: at(1) }, at(1, 8)));
    hear(textOf(diff(3, 9), at(2, 8)));
    expect(isSure()).toBe(false);
    hear(textOf(diff(10, 11), at(3, 8)));
    expect(isSure()).toBe(true);
  });

  it('is known at once where the term goes on behind all of it', () => {
    goOnBehind(at(3));
    expect(isSure()).toBe(true);
  });
});
