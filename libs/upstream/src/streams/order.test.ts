import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Rise } from './rise.js';
import { Sequence } from './sequence.js';

function setUp() {
  const said: (number | string)[] = [];
  const sequence = new Sequence<number>({
    emit: (id) => void said.push(id),
    gap: (from, to) => void said.push(`gap ${from}-${to}`),
    repeated: () => undefined,
    restarted: (last, first) => void said.push(`restarted ${last}-${first}`),
  });
  return { said, sequence };
}

const ids = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, at) => from + at);

describe('a sequence fed by one line', () => {
  const lines = new Set([1]);

  it('announces a hole at once and goes on behind it', () => {
    const { said, sequence } = setUp();
    for (const id of [5, 6, 9, 10]) sequence.accept(id, id, id, 1, lines, 0);
    expect(said).toEqual([5, 6, 'gap 7-8', 9, 10]);
  });

  it('passes nothing twice', () => {
    const { said, sequence } = setUp();
    for (const id of [5, 6, 6, 5, 7, 7]) sequence.accept(id, id, id, 1, lines, 0);
    expect(said).toEqual([5, 6, 7]);
  });

  it('passes a range that overlaps what came before: the part that is new must not be lost', () => {
    const { said, sequence } = setUp();
    sequence.accept(10, 8, 10, 1, lines, 0);
    sequence.accept(12, 9, 12, 1, lines, 0);
    sequence.accept(13, 13, 13, 1, lines, 0);
    expect(said).toEqual([10, 12, 13]);
  });

  it('sees that the count has begun again, but not in a short burst of repetitions', () => {
    const { said, sequence } = setUp();
    sequence.accept(1_000, 1_000, 1_000, 1, lines, 0);
    for (const id of ids(1, 500)) sequence.accept(id, id, id, 1, lines, 100);
    expect(said).toEqual([1_000]);
    for (const id of ids(501, 502)) sequence.accept(id, id, id, 1, lines, 60_000);
    expect(said).toEqual([1_000, 'restarted 1000-501', 501, 502]);
  });
});

describe('a sequence fed by two lines', () => {
  const lines = new Set([1, 2]);

  it('puts any two interleavings of one history together to exactly that history', () => {
    const split = fc.record({
      length: fc.integer({ min: 1, max: 60 }),
      secondFrom: fc.nat({ max: 59 }),
      choices: fc.array(fc.boolean(), { minLength: 120, maxLength: 120 }),
    });
    fc.assert(
      fc.property(split, ({ length, secondFrom, choices }) => {
        const { said, sequence } = setUp();
        // The second line begins later in the history; each delivers in order, at its own speed.
        const queues = [ids(1, length), ids(Math.min(secondFrom + 1, length), length)];
        sequence.accept(0, 0, 0, 1, new Set([1]), 0);
        for (const choice of choices) {
          const line = queues[choice ? 1 : 0]?.length ? (choice ? 1 : 0) : choice ? 0 : 1;
          const id = queues[line]?.shift();
          if (id !== undefined) sequence.accept(id, id, id, line + 1, lines, 0);
        }
        expect(said).toEqual(ids(0, length));
      }),
      { numRuns: 500 },
    );
  });

  it('holds back what is ahead until the slower line has delivered what comes before', () => {
    const { said, sequence } = setUp();
    sequence.accept(1, 1, 1, 1, new Set([1]), 0);
    for (const id of [4, 5]) sequence.accept(id, id, id, 2, lines, 0);
    expect(said).toEqual([1]);
    for (const id of [2, 3]) sequence.accept(id, id, id, 1, lines, 0);
    expect(said).toEqual([1, 2, 3, 4, 5]);
    expect(sequence.isHolding).toBe(false);
  });

  it('declares the gap as soon as both lines are past it', () => {
    const { said, sequence } = setUp();
    sequence.accept(1, 1, 1, 1, new Set([1]), 0);
    sequence.accept(4, 4, 4, 2, lines, 0);
    sequence.accept(5, 5, 5, 1, lines, 0);
    expect(said).toEqual([1, 'gap 2-3', 4, 5]);
  });

  it('declares the gap when the line that could have filled it is gone', () => {
    const { said, sequence } = setUp();
    sequence.accept(1, 1, 1, 1, new Set([1]), 0);
    sequence.accept(4, 4, 4, 2, lines, 0);
    sequence.release(new Set([2]));
    expect(said).toEqual([1, 'gap 2-3', 4]);
  });

  it('loses nothing when the quicker line goes and the slower one, which has everything, is still behind', () => {
    const fate = fc.record({ quick: fc.integer({ min: 1, max: 30 }), lag: fc.integer({ min: 1, max: 30 }) });
    fc.assert(
      fc.property(fate, ({ quick, lag }) => {
        const { said, sequence } = setUp();
        sequence.accept(0, 0, 0, 1, new Set([1]), 0);
        for (const id of ids(lag + 1, lag + quick)) sequence.accept(id, id, id, 2, lines, 0);
        sequence.release(new Set([1]));
        for (const id of ids(1, lag + quick + 5)) sequence.accept(id, id, id, 1, new Set([1]), 0);
        expect(said).toEqual(ids(0, lag + quick + 5));
      }),
    );
  });

  it('declares the gap when the slower line, left alone, turns out to have it too', () => {
    const { said, sequence } = setUp();
    sequence.accept(1, 1, 1, 1, new Set([1]), 0);
    sequence.accept(5, 5, 5, 2, lines, 0);
    sequence.release(new Set([1]));
    sequence.accept(2, 2, 2, 1, new Set([1]), 0);
    expect(said).toEqual([1, 2]);
    for (const id of [4, 5, 6]) sequence.accept(id, id, id, 1, new Set([1]), 0);
    expect(said).toEqual([1, 2, 'gap 3-3', 4, 5, 6]);
  });

  it('declares the gap when patience ends', () => {
    const { said, sequence } = setUp();
    sequence.accept(1, 1, 1, 1, new Set([1]), 0);
    sequence.accept(4, 4, 4, 2, lines, 1_000);
    sequence.expire(999);
    expect(said).toEqual([1]);
    sequence.expire(1_000);
    expect(said).toEqual([1, 'gap 2-3', 4]);
  });

  it('holds back only so much', () => {
    const { said, sequence } = setUp();
    sequence.accept(1, 1, 1, 1, new Set([1]), 0);
    for (const id of ids(3, 2_004)) sequence.accept(id, id, id, 2, lines, 0);
    expect(said.slice(0, 3)).toEqual([1, 'gap 2-2', 3]);
    expect(said).toHaveLength(2_004);
  });

  it('keeps one order when lines also lose ids: every id is passed once or announced once', () => {
    const fate = fc.array(fc.record({ first: fc.boolean(), second: fc.boolean(), ahead: fc.boolean() }), {
      maxLength: 80,
    });
    fc.assert(
      fc.property(fate, (fates) => {
        const { said, sequence } = setUp();
        sequence.accept(0, 0, 0, 1, new Set([1]), 0);
        const late: number[] = [];
        fates.forEach(({ first, second, ahead }, at) => {
          const id = at + 1;
          if (second) sequence.accept(id, id, id, 2, lines, 0);
          if (first && ahead) late.push(id);
          if (ahead) return;
          for (const other of late.splice(0)) sequence.accept(other, other, other, 1, lines, 0);
          if (first) sequence.accept(id, id, id, 1, lines, 0);
        });
        for (const other of late) sequence.accept(other, other, other, 1, lines, 0);
        sequence.release(new Set([2]));
        while (sequence.isHolding) sequence.expire(0);
        let next = 0;
        for (const one of said) {
          const [from, to] = typeof one === 'number' ? [one, one] : one.replace('gap ', '').split('-').map(Number);
          expect(from).toBe(next);
          next = (to ?? 0) + 1;
        }
        const delivered = new Set(fates.flatMap(({ first, second }, at) => (first || second ? [at + 1] : [])));
        for (const id of delivered) expect(said).toContain(id);
      }),
    );
  });
});

describe('a rise', () => {
  it('passes what is above what came before, the candle before its state, and nothing twice', () => {
    const rise = new Rise();
    const marks: [major: number, mark: number][] = [
      [60, 1],
      [60, 2],
      [60, 2],
      [60, 1],
      [120, 1],
      [60, 9],
      [120, 2],
    ];
    expect(marks.map(([major, mark]) => rise.accept(major, mark, 0))).toEqual([
      true,
      true,
      false,
      false,
      true,
      false,
      true,
    ]);
  });

  it('follows a count that began again, but not one of two lines that is behind', () => {
    const restarted = new Rise();
    restarted.accept(0, 1_000_000, 0);
    const passed = ids(1, 100).filter((id) => restarted.accept(0, id, id * 1_000));
    expect(passed[0]).toBe(20);
    expect(passed).toHaveLength(81);
    const two = new Rise();
    for (let now = 0; now < 60_000; now += 100) {
      expect(two.accept(0, now + 5_000, now)).toBe(true);
      expect(two.accept(0, now, now)).toBe(false);
    }
  });
});
