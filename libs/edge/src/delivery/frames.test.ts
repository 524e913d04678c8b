import { Buffer } from 'node:buffer';
import { describe, expect, it } from 'vitest';
import { normalizeFrame, spot } from '#libs/binance';
import { encode } from '#libs/core';
import { parsedStream } from '../../../../test/support/parsed-stream.js';
import { newEdgeCounts } from '../metrics/edge-counts.js';
import { Audience } from './audience.js';
import { Frames } from './frames.js';
import type { BinanceRendition } from './rendition.js';

const TRADE = 'btcusdt@trade';

/** What a client with this rendition gets of a frame that Binance sent. */
function delivered(frame: string, rendition: BinanceRendition): string | undefined {
  const stream = parsedStream(TRADE);
  const audience = new Audience('spot', TRADE);
  audience.add(rendition);
  let sent: string | undefined;
  const publish = (_topic: string, text: string) => void (sent = text);
  const frames = new Frames(spot, stream, audience, { publish, counts: newEdgeCounts() });
  const read = spot.decode(Buffer.from(frame));
  if (!read.ok || (read.value.kind !== 'market' && read.value.kind !== 'unknown'))
    throw new Error(JSON.stringify(read));
  for (const event of normalizeFrame(read.value, 1)) frames.write(encode(event));
  return sent;
}

const payload = (more: string) =>
  `{"e":"trade","E":1672515782136,"s":"BTCUSDT","t":1,"p":"1","q":"1","T":1672515782136,"m":true,"M":true${more}}`;

it.each([
  ['an unknown number of 64 bits', payload(',"N":1770123456789123457')],
  ['unknown numbers in other letters than ours', payload(',"N":[1.0,{"x":-0},1e400]')],
  ['an event type that is unknown, with such numbers', '{"e":"tradeV2","N":1770123456789123457,"x":1.0}'],
])('a frame with %s reaches a Binance client byte for byte', (_what, data) => {
  expect(delivered(`{"stream":"${TRADE}","data":${data}}`, 'combined')).toBe(`{"stream":"${TRADE}","data":${data}}`);
  expect(delivered(`{"stream":"${TRADE}","data":${data}}`, 'raw')).toBe(data);
});

it.each<[BinanceRendition, string]>([
  ['raw', '{"e":"trade","E":2,"s":"BTCUSDT","t":1,"p":"1.50","q":"0.10","T":1,"m":false,"M":true}'],
  ['raw-us', '{"e":"trade","E":2000,"s":"BTCUSDT","t":1,"p":"1.50","q":"0.10","T":1000,"m":false,"M":true}'],
])('a usual trade is the same for a %s client whether others want another unit of time or not', (rendition, text) => {
  const frame = '{"e":"trade","E":2,"s":"BTCUSDT","t":1,"p":"1.50","q":"0.10","T":1,"m":false,"M":true}';
  expect(delivered(`{"stream":"${TRADE}","data":${frame}}`, rendition)).toBe(text);
  const [sent, audience] = [[] as string[], new Audience('spot', TRADE)];
  for (const each of ['raw', 'raw-us'] as const) audience.add(each);
  const outlet = { publish: (_topic: string, one: string) => void sent.push(one), counts: newEdgeCounts() };
  new Frames(spot, parsedStream(TRADE), audience, outlet).write(
    `{"type":"trade","stream":"${TRADE}","epoch":7,"seq":1,"symbol":"BTCUSDT","id":1,"price":"1.50","quantity":"0.10","taker":"buy","tradedAt":1,"eventAt":2,"bestMatch":true,"receivedAt":1}`,
  );
  expect(sent).toHaveLength(2);
  expect(sent).toContain(text);
});

describe('frames', () => {
  const counts = newEdgeCounts();
  const sent: [string, string][] = [];
  const framesOf = (name: string, ...renditions: BinanceRendition[]): Frames => {
    const audience = new Audience('spot', name);
    for (const rendition of renditions) audience.add(rendition);
    sent.length = 0;
    Object.assign(counts, newEdgeCounts());
    const publish = (topic: string, text: string) => void sent.push([topic, text]);
    return new Frames(spot, parsedStream(name), audience, { publish, counts });
  };
  const trade = `{"type":"trade","stream":"${TRADE}","epoch":7,"seq":1,"symbol":"BTCUSDT","receivedAt":1,"id":1,"price":"1","quantity":"1","taker":"buy","tradedAt":1,"eventAt":1,"bestMatch":true}`;
  const ticker = (part: unknown, more = ''): string =>
    `{"type":"miniTicker","stream":"!miniTicker@arr","epoch":7,"seq":1,"symbol":"A","open":"1","high":"1","low":"1","last":"1","volume":"1","quoteVolume":"1","eventAt":1,"receivedAt":1,"part":${JSON.stringify(part)}${more}}`;

  it.each<[BinanceRendition[], string[]]>([
    [['raw', 'raw'], ['spot:raw:']],
    [['combined'], ['spot:combined:']],
    [['raw-us', 'raw-us'], ['spot:raw-us:']],
    [['combined-us'], ['spot:combined-us:']],
  ])('are written once for %j, and for nobody else', (renditions, topics) => {
    framesOf(TRADE, ...renditions).write(trade);
    expect(sent.map(([topic]) => topic)).toEqual(topics.map((topic) => topic + TRADE));
    expect(counts).toMatchObject({ renditions: 1, deliveries: renditions.length });
  });

  it('are counted for everybody who gets them', () => {
    framesOf(TRADE, 'raw', 'raw', 'combined', 'raw-us').write(trade);
    expect(counts).toMatchObject({ renditions: 2, deliveries: 4 });
  });

  it('are made of what nobody has a word for also in an array’s stream, whose arrays it does not break', () => {
    const frames = framesOf('!miniTicker@arr', 'raw');
    frames.write(ticker([0, 2]));
    frames.write('{"type":"unknown","stream":"!miniTicker@arr","epoch":7,"seq":1,"raw":{"e":"new"}}');
    frames.write(ticker([1, 2]));
    expect(sent.map(([, text]) => JSON.parse(text) as unknown)).toEqual([
      { e: 'new' },
      [{}, {}].map(() => expect.any(Object)),
    ]);
    expect(counts.brokenArrays).toBe(0);
  });

  it('are none of an array of which one element is none', () => {
    const frames = framesOf('!miniTicker@arr', 'raw');
    frames.write(ticker([0, 2]));
    frames.write(ticker([1, 2]).replace('"open":"1"', '"open":1'));
    expect([sent, counts.unreadable]).toEqual([[], 1]);
  });

  it.each([['x'], [[]], [[0]], [['0', 1]], [[0, '1']], [[0.5, 1]], [[0, 1.5]], [[-1, 1]], [[1, 1]]])(
    'are none of an element that says it is %j of an array',
    (part) => {
      framesOf('!miniTicker@arr', 'raw').write(ticker(part));
      expect([sent, counts.unreadable]).toEqual([[], 1]);
    },
  );
});
