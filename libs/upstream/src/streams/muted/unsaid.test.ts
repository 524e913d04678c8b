import { describe, expect, it } from 'vitest';
import type { MarketEvent } from '#libs/core';
import { bookAt, streamOf } from '../../../../../test/support/series-rig.js';
import { eventsOf } from './follower.rig.js';
import { ARRAYS, CANDLES, DIFFS, type FrameKind, KINDS, SYMBOLS, TRADES, UNKNOWNS } from './kinds.rig.js';
import { type SaidSoFar, isBehindUnknown, textOf, unknownsAhead, unsaidOf } from './unsaid.js';

const place = { epoch: 7, seq: 70 };

const one = (kind: FrameKind, number: number, element = 0): MarketEvent => {
  const event = kind.frame(number)[element];
  if (!event) throw new Error('no such element');
  return event;
};
const raws = (...numbers: number[]): string[] => numbers.map((number) => textOf(one(UNKNOWNS, number)) ?? '');
const unsaid = ({ name }: FrameKind, events: readonly MarketEvent[], said: Partial<SaidSoFar>): MarketEvent[] =>
  unsaidOf(streamOf(name), events, { place, ...said });

describe('what somebody else has not said', () => {
  it.each(KINDS)('of $name is what comes behind his newest event', (kind) => {
    const ours = eventsOf(kind, 3, 9);
    expect(unsaid(kind, ours, { event: one(kind, 5) })).toEqual(eventsOf(kind, 6, 9));
    expect(unsaid(kind, ours, { event: one(kind, 2) })).toEqual(ours);
    expect(unsaid(kind, ours, { event: one(kind, 9) })).toEqual([]);
    expect(unsaid(kind, ours, { event: one(kind, 12) })).toEqual([]);
  });

  it.each(KINDS)('of $name is all where he has said nothing', (kind) => {
    expect(unsaid(kind, eventsOf(kind, 1, 4), {})).toEqual(eventsOf(kind, 1, 4));
  });

  it('of diffs is what goes further than his book', () => {
    expect(unsaid(DIFFS, eventsOf(DIFFS, 1, 4), { event: bookAt(25) })).toEqual(eventsOf(DIFFS, 3, 4));
  });

  it('of a candle is its end, whatever another server’s clock says', () => {
    const end = { ...one(CANDLES, 3), eventAt: 1 } as MarketEvent;
    expect(unsaid(CANDLES, [end, one(CANDLES, 4)], { event: one(CANDLES, 2) })).toEqual([end, one(CANDLES, 4)]);
    expect(unsaid(CANDLES, [end, one(CANDLES, 4)], { event: end })).toEqual([one(CANDLES, 4)]);
  });
});

describe('what he has not said of arrays', () => {
  const ours = eventsOf(ARRAYS, 3, 5);

  it.each([0, 1, 2, 3])('is what stands behind the element that he has said last, number %i of one', (element) => {
    const cut = SYMBOLS + element + 1;
    const rest = unsaid(ARRAYS, ours, { event: one(ARRAYS, 4, element) });
    expect(rest).toEqual(ours.slice(cut));
    expect(rest.map(({ part }) => part)).toEqual(ours.slice(cut).map(({ part }) => part));
  });

  it('is whole arrays that are newer where none of ours holds that element', () => {
    const elsewhere = { ...one(ARRAYS, 4, 3), symbol: 'OTHER' } as MarketEvent;
    expect(unsaid(ARRAYS, ours, { event: elsewhere })).toEqual(eventsOf(ARRAYS, 5, 5));
    const early = { ...one(ARRAYS, 4, 1), symbol: 'OTHER' } as MarketEvent;
    expect(unsaid(ARRAYS, ours, { event: early })).toEqual(eventsOf(ARRAYS, 4, 5));
    expect(unsaid(ARRAYS, ours, { event: one(ARRAYS, 2, 3) })).toEqual(ours);
    expect(unsaid(ARRAYS, ours, { event: one(ARRAYS, 6, 3) })).toEqual([]);
  });

  it('is the rest of one of which the beginning is not there any more', () => {
    expect(unsaid(ARRAYS, ours.slice(6), { event: one(ARRAYS, 2, 3) })).toEqual(ours.slice(6));
    expect(unsaid(ARRAYS, ours.slice(6), { event: { ...one(ARRAYS, 4, 3), symbol: 'X' } as MarketEvent })).toEqual(
      ours.slice(8),
    );
  });
});

describe('what nobody has a word for', () => {
  const ours = eventsOf(UNKNOWNS, 3, 6);

  it('is unsaid behind the newest one that he was heard to say', () => {
    expect(unsaid(UNKNOWNS, ours, { unknowns: raws(2, 3, 4) })).toEqual(eventsOf(UNKNOWNS, 5, 6));
    expect(unsaid(UNKNOWNS, ours, { unknowns: raws(5, 6, 7) })).toEqual([]);
    expect(unsaid(UNKNOWNS, ours, { unknowns: raws(1, 2) })).toEqual(ours);
    expect(unsaid(UNKNOWNS, ours, {})).toEqual(ours);
  });

  it('stands for itself among events of the stream’s own type', () => {
    const mixed = [one(TRADES, 1), one(UNKNOWNS, 3), one(TRADES, 2), one(UNKNOWNS, 4), one(TRADES, 3)];
    const rest = unsaid(TRADES, mixed, { event: one(TRADES, 1), unknowns: raws(3) });
    expect(rest).toEqual([one(TRADES, 2), one(UNKNOWNS, 4), one(TRADES, 3)]);
    expect(unsaid(TRADES, mixed, { event: one(TRADES, 3) })).toEqual([one(UNKNOWNS, 3), one(UNKNOWNS, 4)]);
  });

  it('may still come on our own lines where he is ahead of them', () => {
    expect(unknownsAhead(ours, raws(5, 6, 7, 8))).toEqual(raws(7, 8));
    expect(unknownsAhead(ours, raws(4))).toEqual([]);
    expect(unknownsAhead(ours, raws(9))).toEqual(raws(9));
    expect(unknownsAhead(ours)).toEqual([]);
  });

  it('orders nothing: who knows of such a one alone does not know where the stream is', () => {
    const stream = streamOf(TRADES.name);
    expect(isBehindUnknown(stream, { place, event: one(UNKNOWNS, 1) })).toBe(true);
    expect(isBehindUnknown(stream, { place, isEventLost: true })).toBe(true);
    expect(isBehindUnknown(stream, { place })).toBe(false);
    expect(isBehindUnknown(stream, { place, event: one(TRADES, 1) })).toBe(false);
    expect(unsaid(TRADES, eventsOf(TRADES, 1, 2), { event: one(UNKNOWNS, 1) })).toEqual(eventsOf(TRADES, 1, 2));
  });
});
