import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type MarketEvent, encode } from '#libs/core';
import { driftingFrames, framesOf, textOf } from '../../../../test/support/binance-frames.js';
import { sampleStreams, spot } from '../index.js';
import { normalizeFrame } from '../normalize.js';

const AT = 1_700_000_000_000.5;

/** The events that a frame becomes; none where it is no frame of the market's. */
function eventsOf(frame: string): MarketEvent[] {
  const read = spot.decode(Buffer.from(frame), false);
  if (!read.ok || (read.value.kind !== 'market' && read.value.kind !== 'unknown')) return [];
  return normalizeFrame(read.value, AT).map((event, at) => Object.assign(event, { epoch: AT - 0.5, seq: at + 9 }));
}

const cut = (type: MarketEvent['type'], event: string): string | undefined =>
  spot.types.find((known) => known.type === type)?.cut?.(event);

const cuttable = sampleStreams(spot).filter(({ stream }) => stream.known.cut !== undefined);

/** The same frame with another number in each place. Texts that a declaration says no more of are as Binance has them. */
function allDifferent(frame: string): string {
  let at = 0;
  return frame
    .replace(/\d{13}/g, () => `${1_700_000_000_000 + (at += 1)}`)
    .replace(/\d{5}\.\d+/g, () => `${(at += 1)}.50`)
    .replace('"B":"BTCUSDT"', '"B":"0"')
    .replace('"i":"BTCUSDT"', '"i":"5m"');
}

it('every type is cut but diffs, which the edge reads for its book', () => {
  const types = spot.types.map(({ type }) => type).filter((type) => type !== 'depth');
  expect(cuttable.map(({ stream }) => stream.type).toSorted()).toEqual(types.toSorted());
});

/** Whatever is cut is what reading the event would give. */
function judge(frames: fc.Arbitrary<Parameters<typeof textOf>[0]>): void {
  fc.assert(
    fc.property(frames, (frame) => {
      for (const event of eventsOf(textOf(frame))) {
        const found = cut(event.type, encode(event));
        if (found === undefined) continue;
        expect(found).toBe(JSON.stringify(spot.rebuild(event)));
      }
    }),
  );
}

it.each(cuttable)(
  'what is cut from an event is Binance’s payload, letter by letter: $stream.type',
  ({ stream, frame }) => {
    judge(framesOf(stream.known));
    for (const count of [1, 2]) {
      const text = allDifferent(frame(count));
      const [event] = eventsOf(text);
      if (!event) throw new Error(text);
      expect(`{"stream":"${stream.name}","data":${cut(stream.type, encode(event))}}`).toBe(text);
    }
  },
);

it('so it is with what Binance’s documentation does not know in a frame', () => {
  expect(() => judge(driftingFrames)).not.toThrow();
});

describe.each(['trade', 'bookTicker'] as const)('from an event of %s', (type) => {
  it('nothing is cut where it has more, less or something else: that is read', () => {
    const sample = cuttable.find(({ stream }) => stream.type === type);
    const [made] = eventsOf(sample?.frame(7) ?? '');
    const event = made ? encode(made) : '';
    expect(cut(type, event)).toBeDefined();
    const field = /"(?:bestMatch|askQuantity)":[^,]+,/;
    for (const other of [
      event.replace(/\}$/, ',"wire":{"fields":{"x":1}}}'),
      event.replace(/\}$/, ',"backfilled":true}'),
      event.replace(/\}$/, ',"timeUnit":"MICROSECOND"}'),
      event.replace(field, ''),
      event.replace('"BTCUSDT"', '"BTC\\u0055SDT"'),
      event.replace('"BTCUSDT"', '"币安"'),
      event.replace(/"(id|updateId)":\d+/, '"$1":9007199254740993'),
      event.replace(/"(id|updateId)":\d+/, '"$1":-1'),
      event.replace(/"(price|bid)":"[^"]+"/, '"$1":"1e5"'),
      event.replace(/"type":"\w+"/, '"type":"aggTrade"'),
      ` ${event}`,
      `${event} `,
      'x',
      '',
    ])
      expect(cut(type, other), other).toBeUndefined();
  });
});
