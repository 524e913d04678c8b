import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FrameCounter } from './frame-counter.js';

const TEXT = 0x1;
const PING = 0x9;
const PONG = 0xa;

function frame(opcode: number, size: number): Buffer {
  const head = [0x80 | opcode];
  if (size < 126) return Buffer.concat([Buffer.from([...head, size]), Buffer.alloc(size, 0x81)]);
  const header = Buffer.alloc(size < 65_536 ? 4 : 10);
  header[0] = 0x80 | opcode;
  header[1] = size < 65_536 ? 126 : 127;
  if (size < 65_536) header.writeUInt16BE(size, 2);
  else header.writeBigUInt64BE(BigInt(size), 2);
  return Buffer.concat([header, Buffer.alloc(size, 0x81)]);
}

describe('FrameCounter', () => {
  it('counts every frame once, wherever the network cuts the bytes', () => {
    const size = fc.constantFrom(0, 1, 125, 126, 180, 65_535, 65_536);
    const frames = fc.array(fc.record({ opcode: fc.constantFrom(TEXT, PING, PONG), size }), { maxLength: 8 });
    fc.assert(
      fc.property(frames, fc.array(fc.integer({ min: 1, max: 3_000 }), { minLength: 1 }), (sent, cuts) => {
        const bytes = Buffer.concat(sent.map(({ opcode, size: length }) => frame(opcode, length)));
        const counter = new FrameCounter();
        for (let at = 0, cut = 0; at < bytes.length; cut += 1) {
          const end = Math.min(bytes.length, at + (cuts[cut % cuts.length] ?? 1));
          counter.take(bytes, at, end);
          at = end;
        }
        expect(counter.data).toBe(sent.filter(({ opcode }) => opcode === TEXT).length);
        const lastPing = sent.findLast(({ opcode }) => opcode === PING);
        expect(counter.lastPing.length).toBe(lastPing?.size ?? 0);
        expect(counter.pings).toBe(sent.filter(({ opcode }) => opcode === PING).length);
      }),
      { numRuns: 60 },
    );
  });

  it('does not count a frame whose last byte has not come', () => {
    const bytes = frame(TEXT, 180);
    const counter = new FrameCounter();
    counter.take(bytes, 0, bytes.length - 1);
    expect(counter.data).toBe(0);
    counter.take(bytes, bytes.length - 1, bytes.length);
    expect(counter.data).toBe(1);
  });
});
