import { beforeEach, describe, expect, it } from 'vitest';
import { FakeClock } from '../../../../../test/support/fake-clock.js';
import { type AnswerReader, type SlowReading, UntakenAnswers } from './untaken-answers.js';

const MOST = 10_000_000;
let clock: FakeClock;
let untaken: UntakenAnswers;
let counted: SlowReading[];
let cut: string[];
beforeEach(() => {
  clock = new FakeClock();
  counted = [];
  cut = [];
  untaken = new UntakenAnswers({ mostBytes: MOST, clock, count: (how) => counted.push(how) });
});

const body = (bytes: number): Buffer => Buffer.alloc(bytes);
function read(who: string, what: Buffer, name = who): AnswerReader {
  const reader: AnswerReader = { who, body: what, cut: () => void cut.push(name) };
  untaken.add(reader);
  return reader;
}

describe('answers that are not read', () => {
  it('are counted once however many read them, and until the last of these is done', () => {
    const shared = body(1_000_000);
    const readers = Array.from({ length: 5 }, (_, at) => read(`reader ${at}`, shared));
    expect([untaken.bytes, untaken.size]).toEqual([1_010_000, 5]);
    for (const reader of readers.slice(1)) untaken.over(reader);
    expect(untaken.bytes).toBe(1_002_000);
    for (const reader of readers) untaken.over(reader);
    expect([untaken.bytes, untaken.size, clock.pending]).toEqual([0, 0, 0]);
  });

  it('of one client leave as much to the others', () => {
    read('greedy', body(4_000_000));
    expect(untaken.admits('greedy', body(2_000_000))).toBe(false);
    expect(untaken.admits('other', body(5_000_000))).toBe(true);
    read('other', body(5_000_000));
    expect(untaken.admits('third', body(2_000_000))).toBe(false);
    expect(counted).toEqual(['refused', 'refused']);
  });

  it('are given to as many more as there is room for readers, for the body is there', () => {
    const shared = body(5_900_000);
    read('one', shared);
    for (let more = 0; more < 100; more += 1) {
      expect(untaken.admits('one', shared)).toBe(true);
      read('one', shared);
    }
    expect([untaken.admits('one', body(100_000)), untaken.admits('other', body(100_000))]).toEqual([false, true]);
    while (untaken.admits('one', shared)) read('one', shared);
    expect(untaken.admits('other', shared)).toBe(true);
  });

  it('may be larger than all the room where nobody else reads', () => {
    expect(untaken.admits('one', body(MOST + 1))).toBe(true);
    read('one', body(MOST + 1));
    expect(untaken.admits('two', body(16_385))).toBe(false);
  });

  it('keep nobody from a small one, which counts like any other where it is not taken', () => {
    const large = read('one', body(MOST + 1));
    expect([untaken.admits('one', body(16_384)), untaken.admits('two', body(16_384))]).toEqual([true, true]);
    read('two', body(16_384));
    untaken.over(large);
    expect(untaken.bytes).toBe(18_384);
    expect([counted, cut]).toEqual([[], []]);
  });

  it('and have not moved for 5 s give way to others, the longest stuck first; those that move do not', () => {
    read('stuck', body(4_000_000));
    clock.advance(1_000);
    read('stuck too', body(3_000_000));
    const moving = read('moving', body(2_000_000));
    clock.advance(4_000);
    untaken.moved(moving, 1_000_000);
    expect(untaken.admits('new', body(4_000_000))).toBe(true);
    expect([cut, counted]).toEqual([['stuck'], ['stuck']]);
    expect(untaken.admits('new', body(7_000_000))).toBe(false);
    clock.advance(1_000);
    expect(untaken.admits('new', body(7_000_000))).toBe(true);
    expect(cut).toEqual(['stuck', 'stuck too']);
  });

  it('are cut off where less than 32 kB of them is taken in a second, after the first 10 s', () => {
    const [drip, good] = [read('drip', body(1_000_000)), read('good', body(1_000_000))];
    for (let second = 1; second <= 20; second += 1) {
      clock.advance(1_000);
      untaken.moved(drip, second * 10_000);
      untaken.moved(good, second * 40_000);
    }
    expect([cut, counted, untaken.size]).toEqual([['drip'], ['too-slow'], 1]);
  });

  it('are over for good by then, whoever reads them how', () => {
    const reader = read('burst', body(3_200_000));
    untaken.moved(reader, 3_199_999);
    clock.advance(109_000);
    expect(cut).toEqual([]);
    clock.advance(1_000);
    expect([cut, clock.pending]).toEqual([['burst'], 0]);
  });
});
