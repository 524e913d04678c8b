import { describe, expect, it } from 'vitest';
import { seeded } from '../../test/support/seeded.js';
import { mixedNames } from './orders.js';
import { recordedPace } from './pace.js';

const SECONDS = 200;

describe('the pace of recorded streams', () => {
  const due = recordedPace(mixedNames(300), SECONDS, seeded(1));
  const perSecond = (stream: string): number =>
    due.reduce((sum, group) => sum + (group.stream === stream ? group.frames : 0), 0) / SECONDS;

  it.each([
    ['c0000usdt@bookTicker', 81.9],
    ['c0000usdt@trade', 21.2],
    ['c0000usdt@depth@100ms', 10],
    ['c0001usdt@bookTicker', 115.3],
    ['c0001usdt@trade', 25.7],
  ])('%s has as many frames a second as were recorded', (stream, recorded) => {
    expect(Math.abs(perSecond(stream) / recorded - 1)).toBeLessThan(0.12);
  });

  it('is 1,500 frames a second of 300 streams, in the order of time', () => {
    const all = due.reduce((sum, { frames }) => sum + frames, 0) / SECONDS;
    expect(Math.abs(all / 1_522 - 1)).toBeLessThan(0.05);
    expect(due.every(({ at }, index) => at >= (due[index - 1]?.at ?? 0))).toBe(true);
  });

  it('sends most groups alone and some large ones', () => {
    const groups = due.filter(({ stream }) => stream === 'c0000usdt@bookTicker').map(({ frames }) => frames);
    expect(groups.filter((frames) => frames === 1).length / groups.length).toBeCloseTo(0.73, 1);
    expect(Math.max(...groups)).toBeGreaterThan(10);
  });
});
