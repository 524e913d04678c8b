import { Buffer } from 'node:buffer';
import { describe, expect, it } from 'vitest';
import type { MarketEvent } from '#libs/core';
import { combined, inUnit, normalizeFrame, spot } from './index.js';

const RECEIVED_AT = 1_700_000_000_000.335;

function eventsOf(text: string): MarketEvent[] {
  const read = spot.decode(Buffer.from(text));
  if (!read.ok || (read.value.kind !== 'market' && read.value.kind !== 'unknown')) throw new Error(text);
  return normalizeFrame(read.value, RECEIVED_AT);
}

const TRADE =
  '{"stream":"btcusdt@trade","data":{"e":"trade","E":1700000000000123,"s":"BTCUSDT","t":1700000000000,"p":"1","q":"1","T":1700000000000045,"m":true,"M":true}}';
const mini = (symbol: string): string =>
  `{"e":"24hrMiniTicker","E":1700000000000,"s":"${symbol}","c":"1","o":"1","h":"1","l":"1","v":"1","q":"1"}`;
const MINIS = `{"stream":"!miniTicker@arr","data":[${['A', 'B', 'C'].map(mini).join(',')}]}`;

describe('an event', () => {
  it('in microseconds says so, and has all its instants in them', () => {
    expect(eventsOf(TRADE)).toMatchObject([
      {
        timeUnit: 'MICROSECOND',
        eventAt: 1_700_000_000_000_123,
        tradedAt: 1_700_000_000_000_045,
        receivedAt: 1_700_000_000_000_335,
      },
    ]);
    const [inMillis] = eventsOf(MINIS);
    expect(inMillis).toMatchObject({ eventAt: 1_700_000_000_000, receivedAt: 1_700_000_000_000 });
    expect(inMillis).not.toHaveProperty('timeUnit');
  });

  it('is told in the other unit with every instant in it, and nothing else changed', () => {
    const [micros] = eventsOf(TRADE);
    const millis = inUnit(micros!, 'MILLISECOND');
    const { timeUnit: _, ...rest } = micros!;
    expect(millis).toStrictEqual({
      ...rest,
      eventAt: 1_700_000_000_000,
      tradedAt: 1_700_000_000_000,
      receivedAt: 1_700_000_000_000,
    });
    expect(inUnit(millis, 'MICROSECOND')).toStrictEqual({
      ...millis,
      timeUnit: 'MICROSECOND',
      eventAt: 1_700_000_000_000_000,
      tradedAt: 1_700_000_000_000_000,
      receivedAt: 1_700_000_000_000_000,
    });
  });
});

describe('the events of an array', () => {
  it('say which of how many each was, and make the same array in whatever order they come', () => {
    const events = eventsOf(MINIS);
    expect(events.map(({ part }) => part)).toEqual([
      [0, 3],
      [1, 3],
      [2, 3],
    ]);
    const [a, b, c] = events as [MarketEvent, MarketEvent, MarketEvent];
    for (const order of [
      [a, b, c],
      [c, a, b],
      [c, b, a],
    ]) {
      expect(combined('!miniTicker@arr', spot.rebuildArray(order))).toBe(MINIS);
    }
  });

  it('are none where it has none', () => {
    expect(eventsOf('{"stream":"!miniTicker@arr","data":[]}')).toEqual([]);
  });
});

it('what nobody has a word for is the same again', () => {
  const text = '{"stream":"btcusdt@newThing","data":{"x":[1,"1"]}}';
  const [event] = eventsOf(text);
  expect(combined('btcusdt@newThing', spot.rebuild(event!))).toBe(text);
});
