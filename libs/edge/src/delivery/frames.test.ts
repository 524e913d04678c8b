import { Buffer } from 'node:buffer';
import { expect, it } from 'vitest';
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
