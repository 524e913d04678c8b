import { Buffer } from 'node:buffer';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type MarketEvent, decode, encode, isMarketEvent } from '#libs/core';
import { driftingFrames, frames, textOf, type WireFrame } from '../../../../test/support/binance-frames.js';
import { brokenFrames } from '../../../../test/support/broken-frames.js';
import { parsedStream } from '../../../../test/support/parsed-stream.js';
import { exactly } from '../../../../test/support/exact-json.js';
import { Catalogue } from '../catalogue.js';
import { type Frame, combined, inUnit, normalizeFrame, spot } from '../index.js';
import { readVerbatim } from './verbatim.js';

const RECEIVED_AT = 1_700_000_000_000.335;

/** Through everything: decode, normalize, the text that travels, and back to Binance's payload. */
function thereAndBack(frame: Frame): unknown {
  if (frame.kind !== 'market' && frame.kind !== 'unknown') throw new Error(`not data: ${frame.kind}`);
  const events = normalizeFrame(frame, RECEIVED_AT).map((event): MarketEvent => {
    const read = decode(encode(event));
    if (!read.ok || !isMarketEvent(read.value)) throw new Error('the codec lost an event');
    return read.value;
  });
  const isArray = frame.kind === 'market' && frame.name.isArray;
  return isArray ? spot.rebuildArray(events) : events.map((event) => spot.rebuild(event))[0];
}

function decoded(text: string): Frame {
  const result = spot.decode(Buffer.from(text));
  if (!result.ok) throw new Error(`${JSON.stringify(result.problem)} in ${text}`);
  return result.value;
}

const textAgain = (frame: WireFrame): string => combined(frame.stream, thereAndBack(decoded(textOf(frame))));

describe('a frame as documented', () => {
  it('comes back byte for byte, of every type, in milliseconds and microseconds', () => {
    fc.assert(
      fc.property(frames, (frame) => {
        expect(textAgain(frame)).toBe(textOf(frame));
      }),
      { numRuns: 500 },
    );
  });

  it('comes back equal when it was written with white space', () => {
    const spaced = frames.map((frame) => JSON.stringify(frame, null, 1));
    fc.assert(
      fc.property(spaced, (text) => {
        expect(JSON.stringify(thereAndBack(decoded(text)))).toBe(JSON.stringify((JSON.parse(text) as WireFrame).data));
      }),
    );
  });
});

describe('a documented frame', () => {
  const catalogue = new Catalogue(spot.types);
  const hasAll = ({ stream, data }: WireFrame): boolean => {
    const { keys, inside } = parsedStream(stream).known.compiled;
    return [data].flat().every((payload) => {
      const fields = payload as Record<string, object>;
      const within = Object.entries(inside).every(([key, below]) => below.every((one) => one in fields[key]!));
      return within && keys.every((key) => key in fields);
    });
  };

  it('of all symbols is read in one pass', () => {
    const mini = '{"e":"24hrMiniTicker","E":1,"s":"A","c":"1","o":"1","h":"1","l":"1","v":"1","q":"1"}';
    const read = readVerbatim(catalogue, Buffer.from(`{"stream":"!miniTicker@arr","data":[${mini},${mini},${mini}]}`));
    expect(read?.data).toHaveLength(3);
  });

  it('with all its fields is read in one pass, of every type, also where it is an array', () => {
    fc.assert(
      fc.property(frames.filter(hasAll), (frame) => {
        const bytes = Buffer.from(textOf(frame));
        const inOnePass = readVerbatim(catalogue, bytes);
        expect(inOnePass).toMatchObject({ kind: 'market', stream: frame.stream });
        expect(JSON.stringify(inOnePass?.data)).toBe(JSON.stringify(frame.data));
      }),
    );
  });
});

describe('a frame, documented or broken', () => {
  it('is the same whether it is read in one pass or, because a space stands behind it, the careful way', () => {
    const space = Buffer.from(' ');
    const documented = frames.map((frame) => Buffer.from(textOf(frame)));
    fc.assert(
      fc.property(fc.oneof(documented, brokenFrames), (bytes) => {
        const read = spot.decode(bytes);
        const again = read.ok ? spot.decode(Buffer.concat([bytes, space])) : read;
        expect(again).toEqual(read);
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('the events of a frame', () => {
  it('have whole instants in one unit, and are turned into the other unit and back without loss of what was there', () => {
    fc.assert(
      fc.property(frames, (frame) => {
        const read = decoded(textOf(frame));
        if (read.kind !== 'market') throw new Error(read.kind);
        for (const event of normalizeFrame(read, RECEIVED_AT)) {
          const instants = Object.entries(event).filter(([field]) => field.endsWith('At'));
          expect(instants.every(([, instant]) => Number.isSafeInteger(instant))).toBe(true);
          expect(event.receivedAt).toBe(event.timeUnit ? 1_700_000_000_000_335 : 1_700_000_000_000);
          const millis = inUnit(event, 'MILLISECOND');
          const micros = inUnit(event, 'MICROSECOND');
          expect([millis.timeUnit, micros.timeUnit]).toEqual([undefined, 'MICROSECOND']);
          expect(event.timeUnit ? micros : millis).toBe(event);
          expect(inUnit(micros, 'MILLISECOND')).toEqual(millis);
        }
      }),
    );
  });
});

describe('a frame that has drifted', () => {
  it('comes back byte for byte with unknown fields and in any order of keys', () => {
    fc.assert(
      fc.property(driftingFrames, (frame) => {
        expect(textAgain(frame)).toBe(textOf(frame));
      }),
      { numRuns: 500 },
    );
  });

  it('names each unknown field once', () => {
    fc.assert(
      fc.property(driftingFrames, (frame) => {
        const read = decoded(textOf(frame));
        const where = read.kind === 'market' ? (read.drift ?? []).map((drift) => drift.where) : [];
        expect(where.length).toBeGreaterThan(0);
        expect(new Set(where).size).toBe(where.length);
      }),
    );
  });
});

describe('a broken frame', () => {
  it('never throws, and is either a frame or a problem with a place', () => {
    fc.assert(
      fc.property(brokenFrames, (bytes) => {
        const result = spot.decode(bytes);
        if (result.ok) return;
        expect(result.problem.message).not.toBe('');
        expect(result.problem.at).toBeDefined();
      }),
      { numRuns: 1_000 },
    );
  });

  it('that passes all the same still comes back equal', () => {
    fc.assert(
      fc.property(brokenFrames, (bytes) => {
        const result = spot.decode(bytes);
        if (!result.ok || (result.value.kind !== 'market' && result.value.kind !== 'unknown')) return;
        const { data } = JSON.parse(bytes.toString()) as { data?: unknown };
        const drifted = 'drift' in result.value && result.value.drift?.some(({ what }) => what === 'envelope');
        if (data === undefined || drifted) return;
        expect(exactly(combined(result.value.stream, thereAndBack(result.value)))).toBe(exactly(bytes.toString()));
      }),
      { numRuns: 1_000 },
    );
  });

  it('does not change how the next frame is read', () => {
    fc.assert(
      fc.property(brokenFrames, frames, (broken, frame) => {
        const before = decoded(textOf(frame));
        spot.decode(broken);
        expect(decoded(textOf(frame))).toEqual(before);
      }),
    );
  });

  it('with a key that stands twice is always noticed, wherever it stands', () => {
    const single = frames.filter(({ data }) => !Array.isArray(data));
    fc.assert(
      fc.property(single, fc.nat(), fc.constantFrom('1', '1e3', '"x"', 'null'), (frame, choice, value) => {
        const keys = Object.keys(frame.data as object);
        const key = keys[choice % keys.length] ?? '';
        const text = textOf(frame).replace('"data":{', `"data":{"${key}":${value},`);
        expect(spot.decode(Buffer.from(text))).toMatchObject({ ok: false, problem: { code: 'duplicate-key' } });
      }),
      { numRuns: 500 },
    );
  });

  it('with a key that stands twice is noticed when exponents make up for its length', () => {
    const plain =
      '{"stream":"btcusdt@trade","data":{"e":"trade","E":1700000000000,"s":"BTCUSDT","t":12,"p":"1.0","q":"1.0","T":1700000000001,"m":true,"M":true}}';
    const hiding = plain.replace('1700000000000', '17e11').replace('"t":12', '"t":10,"t":12');
    expect(hiding.length).toBe(plain.length - 1);
    for (const text of [hiding, hiding.replace('17e11', '170e10')]) {
      expect(spot.decode(Buffer.from(text))).toMatchObject({ ok: false, problem: { code: 'duplicate-key' } });
    }
  });
});
