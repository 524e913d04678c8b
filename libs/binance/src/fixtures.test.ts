import { Buffer } from 'node:buffer';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { MarketEvent } from '#libs/core';
import { combined, normalizeFrame, spot } from './index.js';

interface Fixture {
  /** Where the frame comes from, and when. */
  source: string;
  frame: { stream: string; data: unknown };
  /** What normalizing must make of it, received at `RECEIVED_AT`. */
  event: MarketEvent;
}

const RECEIVED_AT = 1_700_000_000_000;

const known = (type: string) => {
  const found = spot.types.find((one) => one.type === type);
  if (!found) throw new Error(type);
  return found;
};

/** Every type must have one: `fixtures/<type>.json`. */
const fixtures = spot.types.map(({ type }) => {
  const file = new URL(`./fixtures/${type}.json`, import.meta.url);
  return [type, JSON.parse(readFileSync(file, 'utf8')) as Fixture] as const;
});

describe.each(fixtures)('a documented frame of %s', (type, { frame, event }) => {
  it('becomes the event beside it, and the frame again', () => {
    const text = JSON.stringify(frame);
    const decoded = spot.decode(Buffer.from(text));
    if (!decoded.ok || decoded.value.kind !== 'market') throw new Error(JSON.stringify(decoded));
    const [made] = normalizeFrame(decoded.value, RECEIVED_AT);
    expect(JSON.stringify(made)).toBe(JSON.stringify(event));
    expect(combined(frame.stream, spot.rebuild(event))).toBe(text);
  });

  it('says what a newcomer needs', () => {
    const { ordering, newcomer } = known(type);
    // A newcomer gets the newest state; of what is counted one by one, the newest alone would be a hole.
    expect(ordering.rule === 'chain' && newcomer === 'newest').toBe(false);
  });
});

describe('the order of events', () => {
  const at = (type: string): Fixture['event'] => {
    const found = fixtures.find(([name]) => name === type);
    if (!found) throw new Error(type);
    return found[1].event;
  };

  it('is told by the ids Binance gives, as the reference has them', () => {
    const marks = fixtures.map(([type]) => {
      const { ordering } = known(type);
      const event = at(type);
      return ordering.rule === 'chain'
        ? [type, 'chain', ordering.last(event), ordering.happenedAt?.(event)]
        : [type, 'rising', ordering.mark(event), ordering.major?.(event)];
    });
    expect(marks).toEqual([
      ['trade', 'chain', 12345, 1672515782136],
      ['aggTrade', 'chain', 12345, 1672515782136],
      ['blockTrade', 'rising', 582, undefined],
      ['kline', 'rising', 1672515782136, 1672515780000],
      ['miniTicker', 'rising', 1672515782136, undefined],
      ['ticker', 'rising', 1672515782136, undefined],
      ['rollingTicker', 'rising', 1672515782136, undefined],
      ['bookTicker', 'rising', 400900217, undefined],
      ['avgPrice', 'rising', 1693907033000, undefined],
      ['partialDepth', 'rising', 160, undefined],
      ['depth', 'chain', 160, undefined],
      ['referencePrice', 'rising', 1770313263917, undefined],
    ]);
  });
});
