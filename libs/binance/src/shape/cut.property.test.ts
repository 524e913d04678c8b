import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encode } from '#libs/core';
import { parsedStream } from '../../../../test/support/parsed-stream.js';
import { spot } from '../index.js';
import { normalizeFrame } from '../normalize.js';

const decimal = fc
  .tuple(fc.bigInt({ min: 0n, max: 10n ** 12n }), fc.stringMatching(/^\d{1,8}$/))
  .map(([whole, rest]) => `${whole}.${rest}`);
const whole = fc.integer({ min: 0, max: 999_999_999_999_999 });
const at = fc.integer({ min: 1_500_000_000_000, max: 1_900_000_000_000 });

const PAYLOADS = {
  'btcusdt@trade': fc.record({
    e: fc.constant('trade'),
    E: at,
    s: fc.constant('BTCUSDT'),
    t: whole,
    p: decimal,
    q: decimal,
    T: at,
    m: fc.boolean(),
    M: fc.boolean(),
  }),
  'btcusdt@bookTicker': fc.record({
    u: whole,
    s: fc.constant('BTCUSDT'),
    b: decimal,
    B: decimal,
    a: decimal,
    A: decimal,
  }),
};

type Name = keyof typeof PAYLOADS;
const names = Object.keys(PAYLOADS) as Name[];

/** The text of the event that this payload of the stream becomes. */
function eventOf(stream: Name, payload: string): string {
  const read = spot.decode(Buffer.from(`{"stream":"${stream}","data":${payload}}`), false);
  if (!read.ok || read.value.kind !== 'market') throw new Error(payload);
  const [event] = normalizeFrame(read.value, 1_700_000_000_000.5);
  if (!event) throw new Error(payload);
  event.epoch = 1_700_000_000_000;
  event.seq = 9;
  return encode(event);
}

const cut = (stream: Name, event: string): string | undefined => parsedStream(stream).known.cut?.(event);

describe.each(names)('what is cut from an event of %s', (stream) => {
  const payloads = PAYLOADS[stream] as fc.Arbitrary<object>;

  it('is Binance’s payload, letter by letter', () => {
    fc.assert(
      fc.property(payloads, (payload) => {
        const text = JSON.stringify(payload);
        expect(cut(stream, eventOf(stream, text))).toBe(text);
      }),
    );
  });

  it('is nothing where the event has more, less or something else: that is read', () => {
    const [sample] = fc.sample(payloads, { numRuns: 1, seed: 7 });
    const event = eventOf(stream, JSON.stringify(sample));
    expect(cut(stream, event)).toBeDefined();
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
      expect(cut(stream, other), other).toBeUndefined();
  });
});
