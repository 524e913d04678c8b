import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { keyOfFrame, keyOfStream } from './frame-key.js';
import { Ring } from './ring.js';

const KEPT_MS = 10_000;
const MOST_BYTES = 1_024 * 1_024;
const CHUNK = 256 * 1_024;

const ring = (): Ring => new Ring({ keepMs: KEPT_MS, mostBytes: MOST_BYTES });
const read = (kept: Ring, key: string, now: number): string[] =>
  [...kept.backwards(key, now)].map(({ bytes }) => bytes.toString());

describe('a ring', () => {
  it('gives the frames of one key, the newest first, each with its time and byte for byte', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({ key: fc.constantFrom('a', 'b', 'c'), text: fc.string({ unit: 'binary' }), ms: fc.nat(50) }),
        ),
        (frames) => {
          const kept = ring();
          let now = 0;
          const said = frames.map(({ key, text, ms }) => {
            now += ms;
            kept.keep(key, Buffer.from(text), now);
            return { key, text: Buffer.from(text).toString('hex'), at: now };
          });
          for (const wanted of ['a', 'b', 'c', 'd']) {
            const found = [...kept.backwards(wanted, now)].map(({ bytes, at }) => ({
              text: bytes.toString('hex'),
              at,
            }));
            const expected = said.filter(({ key, at }) => key === wanted && at >= now - KEPT_MS);
            expect(found).toEqual(expected.toReversed().map(({ text, at }) => ({ text, at })));
          }
        },
      ),
      { numRuns: 30 },
    );
  });

  it('keeps copies: what becomes of the socket’s buffer is nothing to it', () => {
    const kept = ring();
    const bytes = Buffer.from('one');
    kept.keep('a', bytes, 1);
    bytes.fill('x');
    expect(read(kept, 'a', 1)).toEqual(['one']);
  });

  it('forgets what is too old, also where nothing comes after it', () => {
    const kept = ring();
    kept.keep('a', Buffer.from('old'), 0);
    kept.keep('a', Buffer.from('new'), 6_000);
    expect(read(kept, 'a', KEPT_MS)).toEqual(['new', 'old']);
    expect(read(kept, 'a', KEPT_MS + 1)).toEqual(['new']);
    expect(kept.bytes).toBe(CHUNK);
    kept.expire(6_000 + KEPT_MS);
    expect(kept.bytes).toBe(CHUNK);
    kept.expire(6_000 + KEPT_MS + 1);
    expect(read(kept, 'a', 6_000)).toEqual([]);
    expect(kept.bytes).toBe(0);
  });

  it('never holds more bytes than it may, however much comes at once, and has the newest of them', () => {
    const kept = ring();
    for (let at = 0; at < 40_000; at += 1) {
      kept.keep(`k${at % 10}`, Buffer.alloc(200, String(at % 10)), at / 100);
      expect(kept.bytes).toBeLessThanOrEqual(MOST_BYTES);
    }
    const found = read(kept, 'k3', 400);
    expect(found[0]).toBe('3'.repeat(200));
    expect(found.length).toBeGreaterThan(300);
    expect(found.length).toBeLessThan(600);
  });

  it('takes a frame that is longer than a piece of its memory', () => {
    const kept = ring();
    const long = 'y'.repeat(CHUNK * 2);
    kept.keep('a', Buffer.from('short'), 1);
    kept.keep('a', Buffer.from(long), 2);
    kept.keep('a', Buffer.from('after'), 3);
    expect(read(kept, 'a', 3)).toEqual(['after', long, 'short']);
  });

  it('finds every one of many short frames', () => {
    const kept = ring();
    const texts = Array.from({ length: 10_000 }, (_, at) => `${at}`);
    for (const text of texts) kept.keep(Number(text) % 2 === 0 ? 'even' : 'odd', Buffer.from(text), 1);
    const even = texts.filter((_, at) => at % 2 === 0);
    expect(read(kept, 'even', 1)).toEqual(even.toReversed());
  });

  it('takes no more memory for what comes when all before it is too old', () => {
    const kept = ring();
    kept.keep('a', Buffer.alloc(CHUNK - 1), 0);
    kept.keep('a', Buffer.alloc(CHUNK - 1), KEPT_MS + 1);
    expect(kept.bytes).toBe(CHUNK);
  });

  it('keeps the newest frame, though it alone is more than it may hold', () => {
    const kept = ring();
    kept.keep('a', Buffer.from('short'), 1);
    kept.keep('a', Buffer.alloc(MOST_BYTES + 1, 'y'), 2);
    expect(read(kept, 'a', 2).map(({ length }) => length)).toEqual([MOST_BYTES + 1]);
    kept.keep('a', Buffer.from('after'), 3);
    expect(read(kept, 'a', 3)).toEqual(['after']);
  });

  it('does not give what was there before under a place that was used again', () => {
    const kept = ring();
    kept.keep('rare', Buffer.from('gone'), 0);
    for (let at = 0; at < 20_000; at += 1) kept.keep('often', Buffer.alloc(200, 'z'), 1);
    expect(read(kept, 'rare', 1)).toEqual([]);
  });

  it('forgets the keys that are not retained', () => {
    const kept = ring();
    kept.keep('a', Buffer.from('one'), 1);
    kept.keep('b', Buffer.from('two'), 1);
    kept.retain(new Set(['b']));
    expect([read(kept, 'a', 1), read(kept, 'b', 1)]).toEqual([[], ['two']]);
  });
});

describe('the key of a frame', () => {
  it.each(['btcusdt@trade', '币安人生usdt@aggTrade', '!miniTicker@arr', 'btcusdt@kline_1d@+08:00'])(
    'is that of its stream: %s',
    (stream) => {
      const frame = Buffer.from(`{"stream":"${stream}","data":{"e":"x"}}`);
      expect(keyOfFrame(frame)).toBe(keyOfStream(stream));
    },
  );

  it.each(['{"result":null,"id":1}', '{"e":"trade"}', '{"stream":', '{"stream":"cut', '', '[]'])(
    'is absent where no stream is named: %s',
    (text) => {
      expect(keyOfFrame(Buffer.from(text))).toBeUndefined();
    },
  );
});
