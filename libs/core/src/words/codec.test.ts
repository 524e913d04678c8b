import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decode, encode, frontOf, readPlace } from './codec.js';
import { decodeDemand } from './demand.js';
import type { FeedEvent, Trade } from './event.js';
import { decodeHeartbeat } from './heartbeat.js';

const trade = (place: { epoch: number; seq: number }, stream: string): Trade => ({
  type: 'trade',
  stream,
  ...place,
  symbol: 'BTCUSDT',
  id: 12_345,
  price: '0.00100000',
  quantity: '100.00000000',
  taker: 'buy',
  tradedAt: 1_672_515_782_136,
  receivedAt: 1_672_515_782_140,
});

const FRONT = frontOf('trade', 'a@trade');

const places = fc.record({ epoch: fc.maxSafeNat(), seq: fc.maxSafeNat() });
const streams = fc.string({ unit: 'grapheme', maxLength: 40 });

describe('codec', () => {
  it('decodes what it encoded', () => {
    fc.assert(
      fc.property(places, streams, (place, stream) => {
        const event = trade(place, stream);
        expect(decode(encode(event))).toEqual({ ok: true, value: event });
      }),
    );
  });

  it.each([
    'null',
    'true',
    '1',
    '"trade"',
    '[]',
    '{}',
    '{"type":1,"stream":"a@trade","epoch":1,"seq":1}',
    '{"type":"trade","stream":1,"epoch":1,"seq":1}',
    '{"type":"trade","stream":"a@trade","epoch":1,"seq":"1"}',
  ])('says of %s, which is JSON, that it is no event', (text) => {
    expect(decode(text)).toEqual({
      ok: false,
      problem: 'not an event: expected an object with type, stream, epoch and seq',
    });
  });

  it('reads the place of any event it encoded, whatever the stream is called', () => {
    fc.assert(
      fc.property(places, streams, (place, stream) => {
        expect(readPlace(encode(trade(place, stream)), frontOf('trade', stream))).toEqual(place);
      }),
    );
  });

  it('reads the place of a feed event', () => {
    const feed: FeedEvent = {
      type: 'feed',
      stream: '币安人生usdt@trade',
      epoch: 7,
      seq: 1,
      state: 'live',
      since: 5,
      cause: 'first-event',
      by: 'upstream',
    };
    expect(readPlace(encode(feed), frontOf('feed', feed.stream))).toEqual({ epoch: 7, seq: 1 });
  });

  it('says why a text is not an event, and never throws', () => {
    expect(decode('{')).toMatchObject({ ok: false, problem: expect.stringContaining('not JSON') as string });
    expect(decode('[]')).toMatchObject({ ok: false, problem: expect.stringContaining('not an event') as string });
    expect(decode('{"type":"trade","stream":"x","epoch":1.5,"seq":1}').ok).toBe(false);
    fc.assert(
      fc.property(fc.string(), (text) => typeof decode(text).ok === 'boolean' && readPlace(text, FRONT) === undefined),
    );
  });

  it('never throws, whatever comes, and neither do the other words of the bus', () => {
    const halfEvents = fc
      .record(
        {
          type: fc.jsonValue({ maxDepth: 1 }),
          stream: fc.jsonValue({ maxDepth: 1 }),
          epoch: fc.jsonValue({ maxDepth: 1 }),
          seq: fc.jsonValue({ maxDepth: 1 }),
          x: fc.jsonValue({ maxDepth: 1 }),
        },
        { requiredKeys: [] },
      )
      .map((made) => JSON.stringify(made));
    const deep = fc.constantFrom('['.repeat(2_000), '{"a":'.repeat(2_000));
    const cut = fc.tuple(halfEvents, fc.nat()).map(([text, at]) => text.slice(0, at % (text.length + 1)));
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.json(), halfEvents, deep, cut), (text) => {
        const read = decode(text);
        if (read.ok) expect(Number.isSafeInteger(read.value.epoch)).toBe(true);
        else expect(read.problem).not.toBe('');
        readPlace(text, FRONT);
        decodeDemand(text);
        decodeHeartbeat(text);
      }),
      { numRuns: 300 },
    );
  });

  it('reads a place with nothing behind it', () => {
    expect(readPlace('{"type":"trade","stream":"a@trade","epoch":7,"seq":1}', FRONT)).toEqual({
      epoch: 7,
      seq: 1,
    });
  });

  it.each([
    ['of another type', '{"type":"aggTrade","stream":"a@trade","epoch":7,"seq":1}'],
    ['of another stream', '{"type":"trade","stream":"b@trade","epoch":7,"seq":1}'],
    ['of a stream whose name goes on', '{"type":"trade","stream":"a@trade2","epoch":7,"seq":1}'],
    ['with its fields in another order', '{"stream":"a@trade","type":"trade","epoch":7,"seq":1}'],
    ['that says its stream only later', '{"type":"trade","x":1,"stream":"a@trade","epoch":7,"seq":1}'],
    ['without an epoch', '{"type":"trade","stream":"a@trade","epoch":,"seq":1}'],
    ['whose epoch is a text', '{"type":"trade","stream":"a@trade","epoch":"7","seq":1}'],
    ['whose epoch goes on in letters', '{"type":"trade","stream":"a@trade","epoch":7a,"seq":1}'],
    ['whose seq goes on in letters', '{"type":"trade","stream":"a@trade","epoch":7,"seq":1a}'],
    ['whose seq is no whole number', '{"type":"trade","stream":"a@trade","epoch":7,"seq":1.5}'],
    ['whose epoch is below zero', '{"type":"trade","stream":"a@trade","epoch":-7,"seq":1}'],
    ['whose seq no double holds', '{"type":"trade","stream":"a@trade","epoch":7,"seq":9007199254740993}'],
    ['without a seq', '{"type":"trade","stream":"a@trade","epoch":7}'],
    ['whose seq is nothing', '{"type":"trade","stream":"a@trade","epoch":7,"seq":}'],
    ['that was cut off', '{"type":"trade","stream":"a@trade","epoch":7,"seq":1,"symbol":"BTC'],
    ['that goes on after its end', '{"type":"trade","stream":"a@trade","epoch":7,"seq":1} '],
  ])('reads no place off a text %s', (_what, text) => {
    expect(readPlace(text, FRONT)).toBeUndefined();
  });
});
