import { Buffer } from 'node:buffer';
import { describe, expect, it } from 'vitest';
import { KINDS, SMALL, allOfBinance, linesOf } from '../../../test/support/recordings.js';
import { decode, encode, isMarketEvent } from '#libs/core';
import { type MarketFrame, type UnknownFrame, combined, normalizeFrame, spot } from './index.js';

const recordings = [SMALL, KINDS, ...allOfBinance()];

/** Which stream the payloads without an envelope belong to, in files recorded in raw form. */
const RAW: Record<string, string> = {
  kline: 'btcusdt@kline_1m',
  depthUpdate: 'btcusdt@depth',
  lastUpdateId: 'btcusdt@depth5',
  retired: '!ticker@arr',
};

function rawStream(line: string): string | undefined {
  const word = Object.keys(RAW).find((kind) => line.includes(`"${kind}"`)) ?? '';
  if (line.startsWith('[{"e":"24hrTicker"')) return RAW.retired;
  return RAW[word];
}

function frameOf(line: string): MarketFrame | UnknownFrame {
  const decoded = spot.decode(Buffer.from(line), false, line.startsWith('{"stream"') ? undefined : rawStream(line));
  if (!decoded.ok) throw new Error(`${JSON.stringify(decoded.problem)}: ${line.slice(0, 200)}`);
  if (decoded.value.kind !== 'market' && decoded.value.kind !== 'unknown') throw new Error(`not data: ${line}`);
  return decoded.value;
}

/** The whole way there and back, through the text that travels. */
function thereAndBack(frame: MarketFrame | UnknownFrame): string {
  const events = normalizeFrame(frame, 1_700_000_000_000).map((event) => {
    const read = decode(encode(event));
    if (!read.ok || !isMarketEvent(read.value)) throw new Error('the codec lost an event');
    return read.value;
  });
  const isArray = frame.kind === 'market' && frame.name.isArray;
  return JSON.stringify(isArray ? spot.rebuildArray(events) : events.map((event) => spot.rebuild(event))[0]);
}

describe('recorded frames', () => {
  it.each(recordings)('of $name come back byte for byte after normalizing and encoding', (recording) => {
    const lines = linesOf(recording);
    expect(lines.length).toBeGreaterThan(0);
    for (const line of lines) {
      if (line.includes('"stream":"!serverShutdown"')) continue;
      const frame = frameOf(line);
      const back = thereAndBack(frame);
      expect(line.startsWith('{"stream"') ? combined(frame.stream, JSON.parse(back)) : back).toBe(line);
    }
  });

  it('passes on a retired stream as unknown, and says that it is retired', () => {
    const frame = frameOf('{"stream":"!ticker@arr","data":[{"e":"24hrTicker","E":1,"s":"BTCUSDT"}]}');
    expect(frame).toMatchObject({ kind: 'unknown', drift: [{ what: 'retired-stream', where: '!ticker@arr' }] });
  });
});
